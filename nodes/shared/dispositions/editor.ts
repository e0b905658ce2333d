/** Editing outcomes as an outline: Enter adds below, Tab goes deeper, Shift Tab up, drag moves a line with what belongs to it. */
import { type Disposition, readDispositions } from '../disposition.ts';
import * as outline from '../outline.ts';
import { button, configNodes, element, iconButton, type Translate } from '../red/editor.ts';

export interface OutlineEditor {
  value(): Disposition[];
  /** True if two outcomes beside each other have one name. */
  hasRepetition(): boolean;
}

export interface OutlineOptions {
  root: HTMLElement;
  value: readonly Disposition[];
  /** Id of the account that is edited, if it is one: the others can be copied from. */
  account?: string;
  t: Translate;
  changed: () => void;
}

/** Builds the outline into `root`. */
export function makeOutline({ root, value, account, t, changed }: OutlineOptions): OutlineEditor {
  let lines = outline.flatten(value);
  const list = element('ul', { class: 'wa-list wa-outline' });
  const add = button('plus', t('dispositions.add'), () => change(outline.insert(lines, lines.length, 1), lines.length));
  const source = element('select', { 'aria-label': t('dispositions.copy'), style: 'width:auto;max-width:270px' });
  source.append(element('option', { value: '' }, t('dispositions.copy')));
  const others = configNodes('whatsapp-account', account).filter(
    (node) => readDispositions(node.dispositions).length > 0,
  );
  source.append(
    ...others.map((node) => element('option', { value: node.id }, String(node.name || node.key || node.id))),
  );
  source.hidden = others.length === 0;
  source.addEventListener('change', () => {
    const from = others.find((node) => node.id === source.value);
    source.value = '';
    if (from) change([...lines, ...outline.flatten(readDispositions(from.dispositions))]);
  });

  root.replaceChildren(
    list,
    element('p', { class: 'wa-buttons' }, add, source),
    element('p', { class: 'wa-note', style: 'margin:10px 0 12px' }, t('dispositions.keys')),
    element('p', { class: 'wa-tip' }, t('dispositions.tip')),
  );

  const change = (next: outline.OutlineLine[], focus?: number): void => {
    lines = next;
    render();
    changed();
    if (focus !== undefined) list.querySelectorAll('input')[focus]?.focus();
  };

  const render = (): void => {
    const bad = outline.repeated(lines);
    list.replaceChildren(
      element('li', { class: 'wa-title' }, t('dispositions.title')),
      ...lines.map((line, at) => lineRow(line, at, bad.includes(at))),
    );
    if (lines.length === 0) list.append(element('li', { class: 'wa-none' }, t('dispositions.none')));
  };

  const lineRow = (line: outline.OutlineLine, at: number, bad: boolean): HTMLElement => {
    const input = element('input', {
      type: 'text',
      dir: 'auto',
      'aria-label': t('dispositions.name', { level: line.level }),
    });
    input.value = line.name;
    input.placeholder = t('dispositions.placeholder');
    input.addEventListener('input', () => {
      line.name = input.value;
      markRepetitions();
      changed();
    });
    input.addEventListener('keydown', (event) => onKey(event, at, line));
    const deeper = iconButton('plus', t('dispositions.below', { name: line.name }), () =>
      change(outline.insert(lines, outline.endOf(lines, at), line.level + 1), outline.endOf(lines, at)),
    );
    deeper.disabled = line.level >= 3;
    const remove = iconButton('times', t('dispositions.remove', { name: line.name }), () =>
      change(outline.remove(lines, at)),
    );
    const row = element(
      'li',
      { 'data-level': line.level, 'data-at': at, style: `--wa-indent:${line.level - 1}`, class: bad && 'wa-problem' },
      element('i', { class: 'fa fa-ellipsis-v wa-grip', 'aria-hidden': 'true' }),
      input,
      deeper,
      remove,
    );
    if (bad) row.title = t('dispositions.repeated');
    return row;
  };

  const markRepetitions = (): void => {
    const bad = outline.repeated(lines);
    list.querySelectorAll<HTMLElement>('[data-at]').forEach((row) => {
      const problem = bad.includes(Number(row.dataset.at));
      row.classList.toggle('wa-problem', problem);
      row.title = problem ? t('dispositions.repeated') : '';
    });
  };

  const onKey = (event: KeyboardEvent, at: number, line: outline.OutlineLine): void => {
    const handled = (next: outline.OutlineLine[], focus: number): void => {
      event.preventDefault();
      // The field is redrawn; the editor's own shortcuts must not look for one that is gone.
      event.stopPropagation();
      change(next, focus);
    };
    if (event.key === 'Enter') {
      if (line.name.trim() === '') handled(outline.shift(lines, at, -1), at);
      else handled(outline.insert(lines, outline.endOf(lines, at), line.level), outline.endOf(lines, at));
    } else if (event.key === 'Tab') {
      const by = event.shiftKey ? -1 : 1;
      // Where the line cannot move, Tab stays what it is everywhere: the way out of the field.
      if (outline.canShift(lines, at, by)) handled(outline.shift(lines, at, by), at);
    } else if (event.key === 'Backspace' && line.name === '') {
      handled(outline.remove(lines, at), Math.max(0, at - 1));
    }
  };

  render();
  $(list).sortable({
    items: '> li[data-at]',
    handle: '.wa-grip',
    axis: 'y',
    placeholder: 'wa-place',
    update: (_event: unknown, ui: { item: JQuery }) => {
      const from = Number(ui.item.attr('data-at'));
      const next = ui.item.nextAll('[data-at]').first().attr('data-at');
      // The list is drawn from the lines, not from where the element was dropped.
      setTimeout(() => change(outline.move(lines, from, next === undefined ? lines.length : Number(next))), 0);
    },
  });

  return { value: () => outline.nest(lines), hasRepetition: () => outline.repeated(lines).length > 0 };
}
