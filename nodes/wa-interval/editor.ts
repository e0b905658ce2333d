/** The wa-interval edit dialog: rules of its own, or a calendar kept in the administration. */
import { isEnvironment } from '../shared/checks.ts';
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { byId, suggest, translator } from '../shared/red/editor.ts';
import { ruleProblem } from '../shared/rule.ts';
import { defaults as base, type IntervalRule } from './config.ts';
import { makeRules, type RulesEditor } from './rules/editor.ts';

const t = translator('wa-interval');

let rules: RulesEditor | null = null;

const dialog = liveDialog(t, (values) => {
  const problems: Problem[] = [];
  const timezone = String(values.timezone ?? '').trim();
  if (timezone !== '' && !isEnvironment(timezone) && !isTimezone(timezone))
    problems.push({ field: 'timezone', key: 'timezone' });
  if (values.source === 'calendar' && String(values.calendar ?? '').trim() === '') {
    problems.push({ field: 'calendar', key: 'calendar' });
  }
  if (String(values.calendar ?? '') === '' && values.source !== 'calendar')
    problems.push(...ruleProblems(values.rules));
  return problems;
});

function ruleProblems(saved: unknown): Problem[] {
  const open = rules?.problem();
  if (open) return [{ field: 'rules', key: `rule.${open.why}`, values: { number: open.number } }];
  const list = Array.isArray(saved) ? (saved as Record<string, unknown>[]) : [];
  if (list.length === 0) return [{ field: 'rules', key: 'noRules', warning: true }];
  const at = list.findIndex((rule) => ruleProblem(rule) !== null);
  return at < 0 ? [] : [{ field: 'rules', key: `rule.${ruleProblem(list[at]!)}`, values: { number: at + 1 } }];
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}

const byCalendar = (): boolean => byId('wa-interval-source-calendar').checked;

RED.nodes.registerType('wa-interval', {
  category: 'whatsapp',
  color: '#62a9cb',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    timezone: { value: base.timezone, validate: dialog.why('timezone') },
    rules: { value: base.rules, validate: dialog.why('rules') },
    calendar: { value: base.calendar, validate: dialog.why('calendar') },
  },
  inputs: 1,
  outputs: 2,
  icon: 'wa-interval.svg',
  paletteLabel: 'wa interval',
  label() {
    return this.name || String(this.calendar || '') || 'wa interval';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    const zones = Intl.supportedValuesOf('timeZone');
    $('#node-input-timezone').autoComplete({ search: suggest(() => zones), minLength: 1 });
    byId(this.calendar ? 'wa-interval-source-calendar' : 'wa-interval-source-rules').checked = true;
    let changed = (): void => undefined;
    const editor = makeRules(
      byId<HTMLElement>('wa-interval-rules'),
      Array.isArray(this.rules) ? (this.rules as IntervalRule[]) : [],
      t,
      () => changed(),
    );
    rules = editor;
    const show = (): void => {
      byId<HTMLElement>('wa-interval-own').hidden = byCalendar();
      byId<HTMLElement>('wa-interval-kept').hidden = !byCalendar();
    };
    for (const name of ['rules', 'calendar']) byId(`wa-interval-source-${name}`).addEventListener('change', show);
    show();
    changed = dialog.open(this, 'wa-interval-form', () => ({
      timezone: field('timezone'),
      calendar: byCalendar() ? field('calendar') : '',
      source: byCalendar() ? 'calendar' : 'rules',
      rules: editor.value(),
    }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    if (rules) this.rules = rules.value();
    // Empty means the rules hold, so the name must not stay behind in the field that is hidden.
    if (!byCalendar()) byId('node-input-calendar').value = '';
    rules = null;
    dialog.close();
  },
  oneditcancel() {
    rules = null;
    dialog.close();
  },
});
