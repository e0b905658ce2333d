/** The wa-route edit dialog: only a name, since the waits belong to the account. */
import { translator } from '../shared/red/editor.ts';
import { addStyle } from '../shared/style/editor.ts';
import { defaults as base } from './config.ts';

const t = translator('wa-route');

RED.nodes.registerType('wa-route', {
  category: 'whatsapp',
  color: '#62a9cb',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
  },
  inputs: 1,
  outputs: 2,
  icon: 'wa-route.svg',
  paletteLabel: 'wa route',
  label() {
    return this.name || 'wa route';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    addStyle();
  },
  oneditsave() {
    this.configVersion = base.configVersion;
  },
});
