/** The wa-agent edit dialog. */
import { loadAgents } from '../shared/agents/editor.ts';
import { isEnvironment, seconds } from '../shared/checks.ts';
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { type AutoCompleteEntry, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';

const t = translator('wa-agent');
const AGENT = '#node-input-agent';

/** Known agents of the open dialog, for suggestions and for a warning about a name that nobody has. */
let known: { username: string; name: string }[] | null = null;

const dialog = liveDialog(t, (values) => {
  const problems: Problem[] = [];
  const agent = String(values.agent ?? '').trim();
  const fixed = String(values.agentType ?? base.agentType) === 'str';
  if (agent === '') problems.push({ field: 'agent', key: fixed ? 'agent' : 'expression' });
  else if (fixed && known && !known.some((entry) => entry.username === agent)) {
    problems.push({ field: 'agent', key: 'unknownAgent', warning: true });
  }
  if (seconds(values.timeout, 0)) problems.push({ field: 'timeout', key: 'secondsFromZero' });
  return problems.filter((problem) => !isEnvironment(values[problem.field]));
});

function suggestions(typed: string): AutoCompleteEntry[] {
  const wanted = typed.toLowerCase();
  return (known ?? [])
    .filter((agent) => `${agent.username} ${agent.name}`.toLowerCase().includes(wanted))
    .map((agent) => ({
      value: agent.username,
      label: agent.name ? `${agent.name} (${agent.username})` : agent.username,
    }));
}

RED.nodes.registerType('wa-agent', {
  category: 'whatsapp',
  color: '#62a9cb',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    agent: { value: base.agent, validate: dialog.why('agent') },
    agentType: { value: base.agentType },
    timeout: { value: base.timeout, validate: dialog.why('timeout') },
  },
  inputs: 1,
  outputs: 2,
  icon: 'wa-agent.svg',
  paletteLabel: 'wa agent',
  label() {
    if (this.name) return this.name;
    const agent = String(this.agent ?? '');
    if (!agent) return 'wa agent';
    return Number(this.timeout) === 0
      ? t('label.noLimit', { agent })
      : t('label.limit', { agent, seconds: String(this.timeout) });
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    known = null;
    const username = { value: 'str', label: t('label.username'), icon: 'fa fa-user', autoComplete: suggestions };
    $(AGENT).typedInput({
      default: 'str',
      types: [username, 'msg', 'flow', 'global', 'jsonata'],
      typeField: '#node-input-agentType',
    });
    const recheck = dialog.open(this, 'wa-agent-form', () => ({
      agent: $(AGENT).typedInput('value'),
      agentType: $(AGENT).typedInput('type'),
      timeout: field('timeout'),
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
