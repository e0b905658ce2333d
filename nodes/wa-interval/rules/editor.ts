/** Editing the rules of an interval: hours, week days as chips, and on demand days, months and dates. */
import { element, listItems, type Translate } from '../../shared/red/editor.ts';
import { type IntervalRule, type RuleProblem, readRule, ruleProblem } from '../../shared/rule.ts';

export interface RulesEditor {
  value(): IntervalRule[];
  /** The first rule that cannot be right (counted from 1) and why, or null. */
  problem(): { number: number; why: RuleProblem } | null;
}

type RawRule = Record<string, unknown>;

/** Names of the week days and months in the browser's language; 2024-01-01 was a Monday. */
function names(count: number, part: 'weekday' | 'month', style: 'short' | 'long'): string[] {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
    [part]: style,
    timeZone: 'UTC',
  });
  return Array.from({ length: count }, (_entry, at) =>
    format.format(part === 'weekday' ? Date.UTC(2024, 0, 1 + at) : Date.UTC(2024, at, 1)),
  );
}

function chips(label: string, short: string[], long: string[], chosen: readonly number[]): HTMLElement {
  const group = element('div', { class: 'wa-chips', role: 'group', 'aria-label': label });
  short.forEach((name, at) => {
    const box = element('input', { type: 'checkbox', value: at + 1, 'aria-label': long[at] ?? name });
    box.checked = chosen.includes(at + 1);
    group.append(
      element(
        'label',
        { class: 'wa-chip', title: long[at] ?? name },
        box,
        element('span', { 'aria-hidden': 'true' }, name),
      ),
    );
  });
  return group;
}

const ticked = (group: Element | null): number[] =>
  [...(group?.querySelectorAll<HTMLInputElement>('input:checked') ?? [])].map((box) => Number(box.value));

const listed = (text: string): string[] => text.split(/[\s,;]+/).filter((entry) => entry !== '');

/** Turns the list element into an editable list of rules. */
export function makeRules(
  list: HTMLElement,
  value: readonly IntervalRule[],
  t: Translate,
  changed: () => void,
): RulesEditor {
  const rows = (): RawRule[] => listItems(list).map(readRow);

  $(list).editableList<IntervalRule>({
    addButton: t('rules.add'),
    sortable: true,
    removable: true,
    height: 'auto',
    removeItem: changed,
    sortItems: changed,
    addItem: (container, _index, rule) => {
      const isNew = Object.keys(rule).length === 0;
      container.append(ruleRow(isNew ? { from: '09:00', to: '17:59', weekDays: [1, 2, 3, 4, 5] } : rule, t, changed));
      changed();
    },
  });
  for (const rule of value) $(list).editableList('addItem', rule);

  return {
    value: () => rows().map(readRule),
    problem: () => {
      const all = rows();
      const at = all.findIndex((rule) => ruleProblem(rule) !== null);
      return at < 0 ? null : { number: at + 1, why: ruleProblem(all[at]!)! };
    },
  };
}

function ruleRow(rule: IntervalRule, t: Translate, changed: () => void): HTMLElement {
  const kind = element('select', { 'data-part': 'kind', 'aria-label': t('rules.kind'), style: 'width:auto' });
  kind.append(
    element('option', { value: 'hours' }, t('rules.hours')),
    element('option', { value: 'days' }, t('rules.days')),
  );
  kind.append(element('option', { value: 'always' }, t('rules.always')));
  kind.value = rule.always ? 'always' : rule.from || rule.to ? 'hours' : 'days';

  const from = element('input', { type: 'time', 'data-part': 'from', 'aria-label': t('rules.from') });
  const to = element('input', { type: 'time', 'data-part': 'to', 'aria-label': t('rules.to') });
  from.value = rule.from ?? '';
  to.value = rule.to ?? '';
  const overnight = element('span', { class: 'wa-note' });
  const hours = element('span', { class: 'wa-cols' }, from, element('span', {}, t('rules.until')), to, overnight);

  const week = chips(
    t('rules.weekDays'),
    names(7, 'weekday', 'short'),
    names(7, 'weekday', 'long'),
    rule.weekDays ?? [],
  );
  week.dataset.part = 'weekDays';

  const months = chips(t('rules.months'), names(12, 'month', 'short'), names(12, 'month', 'long'), rule.months ?? []);
  months.dataset.part = 'months';
  const monthDays = element('input', {
    type: 'text',
    'data-part': 'monthDays',
    placeholder: t('rules.monthDaysExample'),
  });
  monthDays.value = (rule.monthDays ?? []).join(', ');
  const dates = element('input', { type: 'text', 'data-part': 'dates', placeholder: t('rules.datesExample') });
  dates.value = (rule.dates ?? []).join(', ');
  const more = element(
    'div',
    { class: 'wa-more' },
    element('label', {}, t('rules.monthDays'), monthDays),
    element('label', {}, t('rules.dates'), dates),
    months,
  );
  const toggle = element('button', { type: 'button', class: 'wa-link' });
  const days = element('div', { class: 'wa-rule' }, week, element('div', {}, toggle), more);

  const showMore = (on: boolean): void => {
    more.hidden = !on;
    toggle.textContent = t(on ? 'rules.less' : 'rules.more');
    toggle.setAttribute('aria-expanded', String(on));
  };
  const show = (): void => {
    hours.hidden = kind.value !== 'hours';
    days.hidden = kind.value === 'always';
    overnight.textContent = from.value && to.value && from.value > to.value ? t('rules.overnight') : '';
  };
  toggle.addEventListener('click', () => showMore(more.hidden === true));
  for (const input of [kind, from, to]) input.addEventListener('input', show);
  kind.addEventListener('change', () => {
    show();
    changed();
  });
  showMore(Boolean(rule.monthDays ?? rule.months ?? rule.dates));
  show();
  return element('div', { class: 'wa-rule' }, element('div', { class: 'wa-cols' }, kind, hours), days);
}

function readRow(row: HTMLElement): RawRule {
  const part = (name: string): HTMLElement | null => row.querySelector(`[data-part="${name}"]`);
  const text = (name: string): string => (part(name) as HTMLInputElement | null)?.value.trim() ?? '';
  const kind = text('kind');
  if (kind === 'always') return { always: true };
  return {
    ...(kind === 'hours' ? { from: text('from') || ' ', to: text('to') || ' ' } : {}),
    weekDays: ticked(part('weekDays')),
    months: ticked(part('months')),
    monthDays: listed(text('monthDays')),
    dates: listed(text('dates')),
  };
}
