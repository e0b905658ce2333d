/** The wa-events edit dialog. */
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { byId, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';
import { type EventPicker, makeEventPicker } from './events/editor.ts';
import { NAMES } from './events/groups.ts';

const t = translator('wa-events');
/** Characters of the events' names in a node's label. */
const LABEL = 28;

let picker: EventPicker | null = null;

const dialog = liveDialog(t, (values) => {
  const problems: Problem[] = [];
  const account = String(values.account ?? '');
  if (account !== '' && account !== '_ADD_' && !RED.nodes.node(account))
    problems.push({ field: 'account', key: 'account' });
  const unknown = namesOf(values.events).filter((name) => name !== '*' && !NAMES.includes(name));
  if (unknown.length > 0) problems.push({ field: 'events', key: 'unknown', values: { names: unknown.join(', ') } });
  else if (values.undecided) problems.push({ field: 'events', key: 'none', warning: true });
  return problems;
});

const namesOf = (events: unknown): string[] => (Array.isArray(events) ? events.map(String) : []);

/** What the node tells, as short as a label has to be: the first events and how many more there are. */
function summary(events: string[]): string {
  const names = events.filter((name) => NAMES.includes(name)).map((name) => t(`short.${name}`));
  let text = '';
  for (const [at, name] of names.entries()) {
    const longer = text === '' ? name : `${text}, ${name}`;
    if (longer.length > LABEL && text !== '') return t('label.more', { text, count: names.length - at });
    text = longer;
  }
  return text;
}

RED.nodes.registerType('wa-events', {
  category: 'whatsapp',
  color: '#55aab8',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    account: { value: base.account, type: 'whatsapp-account', required: false, validate: dialog.why('account') },
    events: { value: base.events, validate: dialog.why('events') },
  },
  inputs: 0,
  outputs: 1,
  icon: 'wa-events.svg',
  paletteLabel: 'wa events',
  label() {
    return this.name || summary(namesOf(this.events)) || 'wa events';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels() {
    return t('output.0');
  },
  oneditprepare() {
    // Empty is a choice here, not something missing.
    $('#node-input-account option[value="_ADD_"]')
      .filter((_index, option) => option.textContent !== '')
      .first()
      .text(t('label.allAccounts'));
    let changed = (): void => undefined;
    const made = makeEventPicker(byId<HTMLElement>('wa-events-choices'), namesOf(this.events), t, () => changed());
    picker = made;
    changed = dialog.open(this, 'wa-events-form', () => ({
      account: field('account'),
      events: made.value(),
      undecided: made.isUndecided(),
    }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    if (picker) this.events = picker.value();
    picker = null;
    dialog.close();
  },
  oneditcancel() {
    picker = null;
    dialog.close();
  },
});
