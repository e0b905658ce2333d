/** The queue's edit dialog. */
import { type AgentPicker, makeAgentPicker } from '../shared/agents/editor.ts';
import { isEnvironment, seconds, wholeNumber } from '../shared/checks.ts';
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { byId, configNodes, fillZeros, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';

const t = translator('whatsapp-queue');
const PREFIX = 'node-config-input';

let agents: AgentPicker | null = null;

const dialog = liveDialog(t, (values, nodeId) => {
  const problems: Problem[] = [];
  const name = String(values.name ?? '').trim();
  const taken = configNodes('whatsapp-queue', nodeId).some(
    (node) => !node.d && String(node.name ?? '').trim() === name,
  );
  if (name === '') problems.push({ field: 'name', key: 'nameRequired' });
  else if (taken) problems.push({ field: 'name', key: 'nameTaken', values: { name } });
  if (seconds(values.agentTimeout, 1)) problems.push({ field: 'agentTimeout', key: 'seconds' });
  if (wholeNumber(values.weight, 0, 10)) problems.push({ field: 'weight', key: 'weight' });
  if (Array.isArray(values.agents) && values.agents.length === 0) {
    problems.push({ field: 'agents', key: 'noAgents', warning: true });
  }
  return problems.filter((problem) => !isEnvironment(values[problem.field]));
});

RED.nodes.registerType('whatsapp-queue', {
  category: 'config',
  color: '#62a9cb',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name, validate: dialog.why('name') },
    strategy: { value: base.strategy },
    agentTimeout: { value: base.agentTimeout, validate: dialog.why('agentTimeout') },
    weight: { value: base.weight, validate: dialog.why('weight') },
    agents: { value: base.agents },
  },
  // A message may name a queue and a known agent's queue is used without a node, so one without a user is nothing to warn about.
  hasUsers: false,
  label() {
    return this.name || 'whatsapp-queue';
  },
  oneditprepare() {
    fillZeros(PREFIX, base);
    let changed = (): void => undefined;
    const picker = makeAgentPicker({
      root: byId<HTMLElement>('wa-queue-agents'),
      value: Array.isArray(this.agents) ? (this.agents as string[]) : [],
      t: translator('whatsapp-account'),
      everybody: t('label.everybody'),
      changed: () => changed(),
    });
    agents = picker;
    const strategy = byId<HTMLSelectElement>(`${PREFIX}-strategy`);
    const explain = (): void => {
      byId<HTMLElement>('wa-queue-strategy-hint').textContent = t(`strategy.${strategy.value || base.strategy}Hint`);
      byId<HTMLElement>('wa-queue-ring').hidden = strategy.value === 'beepall';
    };
    strategy.addEventListener('change', explain);
    explain();
    changed = dialog.open(this, 'wa-queue-config', () => ({
      name: field('name', PREFIX),
      agentTimeout: field('agentTimeout', PREFIX),
      weight: field('weight', PREFIX),
      agents: picker.value(),
    }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    if (agents) this.agents = agents.value();
    agents = null;
    dialog.close();
  },
  oneditcancel() {
    agents = null;
    dialog.close();
  },
});
