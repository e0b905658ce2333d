/** The wa-interaction edit dialog: what is done, and with what. */
import { type EditorAgent, loadAgents } from '../shared/agents/editor.ts';
import { isEnvironment } from '../shared/checks.ts';
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { byId, configNodes, suggest, translator } from '../shared/red/editor.ts';
import { valueProblem } from './checks.ts';
import { defaults as base, type Operation } from './config.ts';

const t = translator('wa-interaction');
const VALUE = '#node-input-value';
const FOUND = ['msg', 'flow', 'global', 'jsonata'];

/** Known agents of the open dialog, for suggestions and for a warning about a name that nobody has. */
let known: EditorAgent[] | null = null;

const dialog = liveDialog(t, (values) => {
  const problems: Problem[] = [];
  const key = valueProblem(values);
  const value = String(values.value ?? '').trim();
  if (key && !isEnvironment(value)) problems.push({ field: 'value', key });
  else if (values.operation === 'assign' && values.valueType === 'str' && known && !isEnvironment(value)) {
    if (!known.some((agent) => agent.username === value))
      problems.push({ field: 'value', key: 'unknownAgent', warning: true });
  }
  return problems;
});

const operationOf = (): Operation => byId<HTMLSelectElement>('node-input-operation').value as Operation;

/** What a fixed value may be: usernames and lists that are known are offered. */
function suggestions(operation: Operation): (typed: string) => { value: string; label: string }[] {
  if (operation === 'assign') {
    return (typed) => {
      const wanted = typed.toLowerCase();
      return (known ?? [])
        .filter((agent) => `${agent.username} ${agent.name}`.toLowerCase().includes(wanted))
        .map(({ username, name }) => ({ value: username, label: name ? `${name} (${username})` : username }));
    };
  }
  return suggest(() => [
    ...new Set(['Default', ...configNodes('whatsapp-account').map((account) => String(account.list || 'Default'))]),
  ]);
}

function fixedType(operation: Operation): object {
  const label = t(`value.${operation === 'assign' ? 'username' : operation}`);
  const offered = operation === 'assign' || operation === 'list';
  return {
    value: 'str',
    label,
    icon: { assign: 'fa fa-user', list: 'fa fa-address-book-o' }[operation as string] ?? 'red/images/typedInput/az.svg',
    ...(offered ? { autoComplete: suggestions(operation) } : {}),
  };
}

RED.nodes.registerType('wa-interaction', {
  category: 'whatsapp',
  color: '#86a6dc',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    operation: { value: base.operation },
    value: { value: base.value, validate: dialog.why('value') },
    valueType: { value: base.valueType },
  },
  inputs: 1,
  outputs: 1,
  icon: 'wa-interaction.svg',
  paletteLabel: 'wa interaction',
  label() {
    if (this.name) return this.name;
    const operation = String(this.operation || base.operation);
    const fixed = String(this.value ?? '').trim();
    const value = this.valueType && this.valueType !== 'str' ? `${this.valueType}.${fixed}` : fixed;
    if (operation === 'close' && fixed !== '') return t('label.closeWith', { value });
    if (fixed === '' && !['note', 'close', 'unassign'].includes(operation)) return 'wa interaction';
    return t(`label.${operation}`, { value });
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    const operation = byId<HTMLSelectElement>('node-input-operation');
    $(VALUE).typedInput({ default: 'str', types: ['str', ...FOUND], typeField: '#node-input-valueType' });
    const show = (): void => {
      const chosen = operationOf();
      byId<HTMLElement>('wa-interaction-value').hidden = chosen === 'unassign';
      byId<HTMLElement>('wa-interaction-value-label').textContent = t(`value.${chosen}`);
      byId<HTMLElement>('wa-interaction-hint').textContent = t(`operationHint.${chosen}`);
      byId<HTMLElement>('wa-interaction-value-hint').textContent = t(`valueHint.${chosen}`);
      const type = $(VALUE).typedInput('type');
      $(VALUE).typedInput('types', [fixedType(chosen), ...FOUND]);
      $(VALUE).typedInput('type', type);
    };
    operation.addEventListener('change', show);
    show();
    const recheck = dialog.open(this, 'wa-interaction-form', () => ({
      operation: field('operation'),
      value: $(VALUE).typedInput('value'),
      valueType: $(VALUE).typedInput('type'),
    }));
    void loadAgents().then(({ agents, failure }) => {
      if (failure) return;
      known = agents;
      recheck();
    });
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    known = null;
    dialog.close();
  },
  oneditcancel() {
    known = null;
    dialog.close();
  },
});
