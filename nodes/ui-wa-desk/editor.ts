/** The desk widget's edit dialog: only its place in the dashboard. */
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { byId, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';

const t = translator('ui-wa-desk');

const dialog = liveDialog(t, (values) => {
  const group = RED.nodes.node(String(values.group ?? ''));
  if (!RED.nodes.getType('ui-group')) return [{ field: 'group', key: 'noDashboard' }];
  if (!group) return [{ field: 'group', key: 'group' }];
  const problems: Problem[] = [];
  if (Number(values.width || 0) > Number(group.width || 0)) {
    problems.push({ field: 'width', key: 'width', values: { columns: String(group.width) } });
  }
  return problems;
});

RED.nodes.registerType('ui-wa-desk', {
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
  icon: 'ui-wa-desk.svg',
  paletteLabel: 'wa desk',
  label() {
    return this.name || 'wa desk';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const inSubflow = Boolean(RED.nodes.subflow(String(this.z ?? '')));
    const size = $('#node-input-size');
    // In a subflow the group is not known, so width and height are typed; without Dashboard the sizer does not exist.
    const sizer = !inSubflow && typeof size.elementSizer === 'function';
    byId<HTMLElement>('wa-desk-size').hidden = !sizer;
    byId<HTMLElement>('wa-desk-numbers').hidden = sizer;
    if (sizer)
      size.elementSizer!({ width: '#node-input-width', height: '#node-input-height', group: '#node-input-group' });
    dialog.open(this, 'wa-desk-form', () => ({ group: field('group'), width: field('width') }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    dialog.close();
  },
  oneditcancel() {
    dialog.close();
  },
});
