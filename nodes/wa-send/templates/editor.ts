/** The template of a wa-send: chosen from the account's list, its variables filled in, and how it will read. */
import { admin } from '../../shared/admin/editor.ts';
import { button, element, type Translate } from '../../shared/red/editor.ts';
import { makePairList } from '../lists/editor.ts';
import {
  canSend,
  findTemplates,
  isPath,
  type ListedTemplate,
  piecesOf,
  readValue,
  templateOf,
  type ValueKind,
  writeValue,
} from './choice.ts';

export interface TemplatesOptions {
  /** Where the id or the name stands. */
  field: HTMLInputElement;
  /** Takes the list, the state, the variables and the preview. */
  root: HTMLElement;
  /** As saved. */
  values: Record<string, string>;
  /** The account node whose list is shown, '' if it is not known which. */
  account: () => string;
  t: Translate;
  changed: () => void;
}

export interface Templates {
  values(): Record<string, string>;
  /** Another account was chosen, or templates are now what is sent. */
  load(): void;
}

interface TemplateList {
  templates: ListedTemplate[];
  listedAt: string | null;
  error: string | null;
}

/** ms; the provider is asked first. */
const TIMEOUT = 30_000;

export function makeTemplates({ field, root, values, account, t, changed }: TemplatesOptions): Templates {
  const kept: Record<string, string> = { ...values };
  let listed: TemplateList | null = null;
  let loadedFor = '';
  let failure = '';
  let open = false;
  let search = '';
  /** How the variables that are shown now are read. */
  let read: () => Record<string, string> = () => kept;
  /** Which template's variables they are. */
  let shown: string | null = null;

  const list = element('div', { class: 'wa-templates' });
  const about = element('p', { class: 'wa-note' });
  const variables = element('div');
  const preview = element('div', { class: 'wa-preview', dir: 'auto' });
  const choose = button('list-ul', t('template.choose'), () => {
    open = !open;
    draw();
    if (open) list.querySelector('input')?.focus();
  });
  field.after(choose);
  field.parentElement?.classList.add('wa-with-button');
  root.replaceChildren(list, about, variables, preview);

  const current = (): ListedTemplate | undefined => templateOf(listed?.templates ?? [], field.value);

  const keep = (): void => {
    Object.assign(kept, read());
  };

  const pick = (template: ListedTemplate): void => {
    field.value = template.id;
    open = false;
    $(field).trigger('change');
    draw();
    choose.focus();
  };

  const draw = (): void => {
    choose.setAttribute('aria-expanded', String(open));
    list.hidden = !open;
    if (open) drawList();
    drawState();
    drawVariables();
    drawPreview();
  };

  const drawList = (): void => {
    const input = element('input', {
      type: 'text',
      placeholder: t('template.search', { count: listed?.templates.length ?? 0 }),
      'aria-label': t('template.searchLabel'),
    });
    input.value = search;
    const found = element('ul', { class: 'wa-list', 'aria-label': t('template.list') });
    const fill = (): void => {
      search = input.value;
      const rows = findTemplates(listed?.templates ?? [], search).map(row);
      found.replaceChildren(...(rows.length > 0 ? rows : [element('li', { class: 'wa-none' }, noneText())]));
    };
    input.addEventListener('input', fill);
    fill();
    list.replaceChildren(input, found);
  };

  const noneText = (): string => {
    if (account() === '') return t('template.noAccount');
    if (failure) return failure;
    if (!listed) return t('template.loading');
    if (listed.error) return listed.error;
    return listed.templates.length > 0 ? t('template.nothing') : t('template.none');
  };

  const row = (template: ListedTemplate): HTMLElement => {
    const made = element(
      'button',
      { type: 'button', 'aria-pressed': String(current()?.id === template.id) },
      element('b', { dir: 'auto' }, template.name),
      element('small', {}, [template.language, template.category].filter(Boolean).join(' · ')),
      element(
        'span',
        { class: `wa-state ${canSend(template) ? 'wa-ok' : 'wa-fail'}` },
        t(`template.state.${template.state}`),
      ),
      element('span', { class: 'wa-excerpt', dir: 'auto' }, template.text.replace(/\s+/g, ' ')),
    );
    made.addEventListener('click', () => pick(template));
    return element('li', {}, made);
  };

  const drawState = (): void => {
    const template = current();
    const written = field.value.trim();
    about.className = 'wa-note';
    about.hidden = false;
    if (template) {
      const state = t(`template.state.${template.state}`);
      const why = template.unsupported ? t('template.unsupported', { what: template.unsupported }) : template.reason;
      about.className = canSend(template) ? 'wa-ok' : 'wa-fail';
      about.textContent = `${template.name} · ${template.language} · ${state}${why ? `: ${why}` : ''}`;
    } else if (written !== '' && !written.includes('{{') && listed && !listed.error) {
      about.className = 'wa-fail';
      about.textContent = t('template.unknown');
    } else if (failure || listed?.error) about.textContent = t('template.noList', { reason: failure || listed?.error });
    else about.hidden = true;
  };

  /** A row for each variable of a known template; of any other the names are written by hand. */
  const drawVariables = (): void => {
    const template = current();
    const key = template ? `${template.id} ${template.variables.join(' ')}` : '';
    if (key === shown) return;
    keep();
    shown = key;
    variables.replaceChildren();
    if (template) read = drawKnown(template);
    else {
      const rows = element('ol');
      variables.append(element('p', { class: 'wa-note' }, t('label.variables')), rows);
      read = pairs(rows);
    }
  };

  const pairs = (rows: HTMLElement): (() => Record<string, string>) => {
    const entries = makePairList({
      list: rows,
      rows: Object.entries(kept),
      first: t('label.variable'),
      second: t('label.value'),
      add: t('label.addVariable'),
      changed,
    });
    // What is taken out here is out.
    for (const name of Object.keys(kept)) delete kept[name];
    return () => Object.fromEntries(entries().filter(([name]) => name !== ''));
  };

  const drawKnown = (template: ListedTemplate): (() => Record<string, string>) => {
    const inputs = template.variables.map((name) => {
      const input = element('input', { type: 'text', 'aria-label': name });
      const row = element('div', { class: 'wa-row' }, element('label', {}, labelOf(name)), input);
      variables.append(row);
      const saved = readValue(kept[name] ?? '');
      $(input).typedInput({
        default: saved.kind,
        types: [
          { value: 'text', label: t('template.text'), icon: 'fa fa-font' },
          { value: 'msg', label: 'msg.', validate: (path) => path === '' || isPath(path) },
        ],
      });
      $(input).typedInput('type', saved.kind);
      $(input).typedInput('value', saved.value);
      // The field says "change" when it is left only.
      row.addEventListener('input', drawPreview);
      $(input).on('change', () => {
        drawPreview();
        changed();
      });
      return { name, input };
    });
    return () =>
      Object.fromEntries(
        inputs.map(({ name, input }) => [
          name,
          writeValue($(input).typedInput('type') as ValueKind, $(input).typedInput('value')),
        ]),
      );
  };

  const labelOf = (name: string): HTMLElement => {
    const [, place, rest] = /^(header|button)\.(.+)$/.exec(name) ?? [];
    if (place) return element('span', {}, t(`template.place.${place}`, { name: rest }));
    return element('code', {}, `{{${name}}}`);
  };

  const drawPreview = (): void => {
    const template = current();
    preview.hidden = !template;
    if (!template) return;
    const pieces = piecesOf(template.text, read()).map((piece) =>
      piece.variable === undefined ? piece.text : element('mark', { title: piece.variable }, piece.text),
    );
    preview.replaceChildren(...pieces);
  };

  field.addEventListener('input', () => draw());
  return {
    values() {
      const template = current();
      // Values of variables that another template had do not go along.
      const all = read();
      const entries = Object.entries(all).filter(([name]) => !template || template.variables.includes(name));
      return Object.fromEntries(entries.filter(([, value]) => value !== ''));
    },
    load() {
      const wanted = account();
      if (wanted === loadedFor && (listed || wanted === '')) {
        draw();
        return;
      }
      loadedFor = wanted;
      listed = null;
      failure = '';
      draw();
      if (wanted === '') return;
      void admin<TemplateList>('GET', `accounts/${encodeURIComponent(wanted)}/templates`, undefined, TIMEOUT).then(
        (answer) => {
          if (loadedFor !== wanted || !root.isConnected) return;
          if (answer.ok) listed = answer.data;
          else failure = answer.failure.status === 404 ? t('template.notDeployed') : answer.failure.message;
          draw();
          changed();
        },
      );
    },
  };
}
