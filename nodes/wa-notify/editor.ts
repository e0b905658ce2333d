/** The wa-notify edit dialog: who is told what, and how loud. */
import { type AgentPicker, makeAgentPicker } from '../shared/agents/editor.ts';
import { field, liveDialog } from '../shared/dialog/editor.ts';
import { prepareTemplate } from '../shared/notification/editor.ts';
import { DEFAULT_TEMPLATE } from '../shared/notification/preview.ts';
import { byId, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';

const t = translator('wa-notify');

let picker: AgentPicker | null = null;

const dialog = liveDialog(t, (values) => {
  const list = values.usernames;
  const nobody = Array.isArray(list) ? list.length === 0 : String(list ?? '').trim() === '';
  return values.audience === 'usernames' && nobody ? [{ field: 'usernames', key: 'usernames' }] : [];
});

RED.nodes.registerType('wa-notify', {
  category: 'whatsapp',
  color: '#86a6dc',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    audience: { value: base.audience },
    usernames: { value: base.usernames, validate: dialog.why('usernames') },
    template: { value: base.template },
    sound: { value: base.sound },
    shake: { value: base.shake },
    level: { value: base.level },
  },
  inputs: 1,
  outputs: 1,
  icon: 'wa-notify.svg',
  paletteLabel: 'wa notify',
  label() {
    if (this.name) return this.name;
    const names = Array.isArray(this.usernames) ? (this.usernames as string[]) : [];
    if (this.audience === 'usernames' && names.length > 0) {
      return t(names.length === 1 ? 'label.one' : 'label.many', { name: names[0], count: names.length });
    }
    return t(`label.tell.${this.audience || base.audience}`);
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    let recheck = (): void => undefined;
    const agents = makeAgentPicker({
      root: byId<HTMLElement>('wa-notify-usernames'),
      value: Array.isArray(this.usernames) ? (this.usernames as string[]) : [],
      t,
      changed: () => recheck(),
    });
    picker = agents;
    prepareTemplate({
      field: byId<HTMLTextAreaElement>('node-input-template'),
      variables: byId<HTMLElement>('wa-notify-variables'),
      example: byId<HTMLElement>('wa-notify-preview'),
      fallback: DEFAULT_TEMPLATE,
    });
    const audience = byId<HTMLSelectElement>('node-input-audience');
    const level = byId<HTMLSelectElement>('node-input-level');
    const show = (): void => {
      byId<HTMLElement>('wa-notify-people').hidden = audience.value !== 'usernames';
      byId<HTMLElement>('wa-notify-audience-hint').textContent = t(`audienceHint.${audience.value}`);
      byId<HTMLElement>('wa-notify-level-hint').textContent = t(`levelHint.${level.value}`);
    };
    audience.addEventListener('change', show);
    level.addEventListener('change', show);
    show();
    recheck = dialog.open(this, 'wa-notify-form', () => ({
      audience: field('audience'),
      usernames: agents.value(),
    }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    if (picker) this.usernames = picker.value();
    picker = null;
    dialog.close();
  },
  oneditcancel() {
    picker = null;
    dialog.close();
  },
});
