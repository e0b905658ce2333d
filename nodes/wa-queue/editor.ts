/** The wa-queue edit dialog: a queue of the flow, or one that the message names. */
import { isEnvironment, seconds } from '../shared/checks.ts';
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { byId, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';

const t = translator('wa-queue');
const EXPRESSION = '#wa-queue-expression';

const dialog = liveDialog(t, (values) => {
  const problems: Problem[] = [];
  const queue = String(values.queue ?? '').trim();
  const type = String(values.queueType ?? base.queueType);
  if (type === 'queue') {
    const node = RED.nodes.node(queue);
    if (queue === '' || queue === '_ADD_') problems.push({ field: 'queue', key: 'queueRequired' });
    else if (node?.type !== 'whatsapp-queue') problems.push({ field: 'queue', key: 'queueMissing' });
    else if (node.d) problems.push({ field: 'queue', key: 'queueDisabled' });
  } else if (queue === '') problems.push({ field: 'queue', key: 'expression' });
  if (seconds(values.timeout, 0)) problems.push({ field: 'timeout', key: 'secondsFromZero' });
  return problems.filter((problem) => !isEnvironment(values[problem.field]));
});

const byName = (): boolean => byId<HTMLSelectElement>('wa-queue-kind').value !== 'queue';

function readQueue(): { queue: unknown; queueType: string } {
  if (!byName()) return { queue: field('queue'), queueType: 'queue' };
  return { queue: $(EXPRESSION).typedInput('value'), queueType: $(EXPRESSION).typedInput('type') };
}

RED.nodes.registerType('wa-queue', {
  category: 'whatsapp',
  color: '#62a9cb',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    queue: { value: base.queue, type: 'whatsapp-queue', validate: dialog.why('queue') },
    queueType: { value: base.queueType },
    timeout: { value: base.timeout, validate: dialog.why('timeout') },
    skipIfNobody: { value: base.skipIfNobody },
    outputs: { value: 2 },
  },
  inputs: 1,
  outputs: 2,
  icon: 'wa-queue.svg',
  paletteLabel: 'wa queue',
  label() {
    if (this.name) return this.name;
    const queue =
      this.queueType === 'queue' ? RED.nodes.node(String(this.queue ?? ''))?.name : String(this.queue ?? '');
    if (!queue) return 'wa queue';
    return Number(this.timeout) === 0
      ? t('label.noLimit', { queue })
      : t('label.limit', { queue, seconds: String(this.timeout) });
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    const kind = byId<HTMLSelectElement>('wa-queue-kind');
    const type = String(this.queueType || base.queueType);
    kind.value = type === 'queue' ? 'queue' : 'name';
    $(EXPRESSION).typedInput({ default: 'msg', types: ['msg', 'flow', 'global', 'jsonata'] });
    $(EXPRESSION).typedInput('type', type === 'queue' ? 'msg' : type);
    $(EXPRESSION).typedInput('value', type === 'queue' ? 'queue' : String(this.queue ?? ''));
    const show = (): void => {
      byId<HTMLElement>('wa-queue-chosen').hidden = byName();
      byId<HTMLElement>('wa-queue-named').hidden = !byName();
    };
    const skip = byId('node-input-skipIfNobody');
    const outputs = byId('node-input-outputs');
    const count = (): void => {
      outputs.value = skip.checked ? '3' : '2';
    };
    kind.addEventListener('change', show);
    skip.addEventListener('change', count);
    show();
    count();
    dialog.open(this, 'wa-queue-form', () => ({ ...readQueue(), timeout: field('timeout') }));
  },
  oneditsave() {
    const { queue, queueType } = readQueue();
    this.configVersion = base.configVersion;
    this.queueType = queueType;
    // Node-RED reads the select after this function, so what names the queue has to stand there.
    if (queueType !== 'queue')
      $('#node-input-queue')
        .append(new Option(String(queue), String(queue)))
        .val(String(queue));
    dialog.close();
  },
  oneditcancel() {
    dialog.close();
  },
});
