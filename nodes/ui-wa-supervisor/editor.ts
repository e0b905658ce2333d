/** The supervisor widget's edit dialog: only its place in the dashboard. */
import { widgetDialog } from '../shared/widget/editor.ts';
import { defaults as base } from './config.ts';

const dialog = widgetDialog('ui-wa-supervisor', 'wa-supervisor');

// Written out for each widget: the Flow Library reads type, colour and defaults as literals.
RED.nodes.registerType('ui-wa-supervisor', {
  category: 'dashboard 2',
  color: '#8fb8b4',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    group: { value: base.group, type: 'ui-group', validate: dialog.why('group') },
    order: { value: base.order },
    width: { value: base.width, validate: dialog.why('width') },
    height: { value: base.height },
    className: { value: base.className },
  },
  inputs: 0,
  outputs: 0,
  icon: 'ui-wa-supervisor.svg',
  paletteLabel: 'wa supervisor',
  label() {
    return this.name || 'wa supervisor';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    dialog.open(this);
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    dialog.close();
  },
  oneditcancel() {
    dialog.close();
  },
});
