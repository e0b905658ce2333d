/** What the edit dialogs of widgets have in common: only a place in the dashboard. */
import { field, type LiveDialog, liveDialog, type Problem } from '../dialog/editor.ts';
import { byId, type EditorNode, translator } from '../red/editor.ts';

/**
 * The dialog of a widget, whose form has the id `<id>-form` and its two ways to give a size `<id>-size` and `<id>-numbers`.
 * @param type of the node
 */
export function widgetDialog(type: string, id: string) {
  const dialog: LiveDialog = liveDialog(translator(type), (values) => {
    const group = RED.nodes.node(String(values.group ?? ''));
    if (!RED.nodes.getType('ui-group')) return [{ field: 'group', key: 'noDashboard' }];
    if (!group) return [{ field: 'group', key: 'group' }];
    const problems: Problem[] = [];
    if (Number(values.width || 0) > Number(group.width || 0)) {
      problems.push({ field: 'width', key: 'width', values: { columns: String(group.width) } });
    }
    return problems;
  });
  return {
    why: dialog.why,
    close: dialog.close,
    open(node: EditorNode) {
      const inSubflow = Boolean(RED.nodes.subflow(String(node.z ?? '')));
      const size = $('#node-input-size');
      // In a subflow the group is not known, so width and height are typed; without Dashboard the sizer does not exist.
      const sizer = !inSubflow && typeof size.elementSizer === 'function';
      byId<HTMLElement>(`${id}-size`).hidden = !sizer;
      byId<HTMLElement>(`${id}-numbers`).hidden = sizer;
      if (sizer)
        size.elementSizer!({ width: '#node-input-width', height: '#node-input-height', group: '#node-input-group' });
      dialog.open(node, `${id}-form`, () => ({ group: field('group'), width: field('width') }));
    },
  };
}
