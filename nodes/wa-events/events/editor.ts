/** Choosing events: all, or those that are ticked, group by group. */
import { element, type Translate } from '../../shared/red/editor.ts';
import { type EventGroup, GROUPS, NAMES } from './groups.ts';

export interface EventPicker {
  /** The ticked names in the order of the groups; empty = all. */
  value(): string[];
  /** Only some are wanted, but none is ticked. */
  isUndecided(): boolean;
}

/** Builds the picker into `root`. Names that are not known are kept, so that opening a dialog changes nothing. */
export function makeEventPicker(
  root: HTMLElement,
  value: readonly string[],
  t: Translate,
  changed: () => void,
): EventPicker {
  const unknown = value.filter((name) => name !== '*' && !NAMES.includes(name));
  const chosen = new Set(value.filter((name) => NAMES.includes(name)));
  const boxes = new Map<string, HTMLInputElement>();
  const heads: { head: HTMLInputElement; group: EventGroup }[] = [];
  const every = element('input', { type: 'checkbox', id: 'wa-events-all' });
  every.checked = value.length === 0 || value.includes('*');

  const show = (): void => {
    for (const [name, box] of boxes) {
      box.checked = every.checked || chosen.has(name);
      box.disabled = every.checked;
    }
    for (const { head, group } of heads) {
      const ticked = group.events.filter((name) => chosen.has(name)).length;
      head.disabled = every.checked;
      head.checked = every.checked || ticked === group.events.length;
      head.indeterminate = !every.checked && ticked > 0 && ticked < group.events.length;
    }
    list.classList.toggle('wa-faded', every.checked);
  };
  const update = (): void => {
    show();
    changed();
  };
  const choose = (names: readonly string[], wanted: boolean): void => {
    for (const name of names) {
      if (wanted) chosen.add(name);
      else chosen.delete(name);
    }
    update();
  };

  const eventBox = (name: string): HTMLElement => {
    const box = element('input', { type: 'checkbox', value: name });
    box.addEventListener('change', () => choose([name], box.checked));
    boxes.set(name, box);
    return element('label', { title: name }, box, element('span', {}, t(`event.${name}`)));
  };
  const groupBox = (group: EventGroup): HTMLElement => {
    const head = element('input', { type: 'checkbox' });
    heads.push({ head, group });
    head.addEventListener('change', () => choose(group.events, head.checked));
    const title = t(`group.${group.name}`);
    return element(
      'section',
      { role: 'group', 'aria-label': title },
      element('label', { class: 'wa-title' }, head, element('span', {}, title)),
      element('div', {}, ...group.events.map(eventBox)),
    );
  };

  const list = element('div', { class: 'wa-choices' }, ...GROUPS.map(groupBox));
  every.addEventListener('change', update);
  root.replaceChildren(
    element(
      'p',
      { class: 'wa-line' },
      element('label', { for: 'wa-events-all' }, every, element('span', {}, t('label.all'))),
    ),
    list,
  );
  show();

  const ticked = (): string[] => [...NAMES.filter((name) => chosen.has(name)), ...unknown];
  return {
    value: () => (every.checked ? [] : ticked()),
    isUndecided: () => !every.checked && ticked().length === 0,
  };
}
