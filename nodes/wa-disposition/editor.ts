/** The wa-disposition edit dialog: the outcomes; the outputs follow those of the first level. */

import { field, liveDialog } from '../shared/dialog/editor.ts';
import { type Disposition, readDispositions } from '../shared/disposition.ts';
import { makeOutline, type OutlineEditor } from '../shared/dispositions/editor.ts';
import { byId, type EditorNode, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';
import { outputMap } from './outputs.ts';

const t = translator('wa-disposition');

let outline: OutlineEditor | null = null;

const firstLevel = (node: EditorNode): string[] => readDispositions(node.dispositions).map(({ name }) => name);

const dialog = liveDialog(t, () =>
  outline?.hasRepetition() ? [{ field: 'dispositions', key: 'repeated', warning: true }] : [],
);

/** What the list will be, in words below it. */
function showOutputs(tree: readonly Disposition[]): void {
  const names = tree.map(({ name }) => name);
  byId<HTMLElement>('wa-disposition-outputs').textContent = t(names.length === 0 ? 'hint.oneOutput' : 'hint.outputs', {
    names: names.join(' · '),
  });
}

RED.nodes.registerType('wa-disposition', {
  category: 'whatsapp',
  color: '#86a6dc',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    dispositions: { value: base.dispositions },
    mandatory: { value: base.mandatory },
    pause: { value: base.pause },
    outputs: { value: 1 },
  },
  inputs: 1,
  outputs: 1,
  icon: 'wa-disposition.svg',
  paletteLabel: 'wa disposition',
  label() {
    return this.name || 'wa disposition';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    const names = firstLevel(this);
    return names[index] ?? t(names.length === 0 ? 'output.closed' : 'output.other');
  },
  oneditprepare() {
    let recheck = (): void => undefined;
    const editor = makeOutline({
      root: byId<HTMLElement>('wa-disposition-tree'),
      value: readDispositions(this.dispositions),
      t,
      changed: () => {
        showOutputs(editor.value());
        recheck();
      },
    });
    outline = editor;
    showOutputs(editor.value());
    recheck = dialog.open(this, 'wa-disposition-form', () => ({
      mandatory: field('mandatory'),
      pause: field('pause'),
    }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    if (outline) {
      const before = firstLevel(this);
      this.dispositions = outline.value();
      // Node-RED reads the field after this function, and takes the wires to where it says.
      byId('node-input-outputs').value = JSON.stringify(outputMap(before, firstLevel(this)));
    }
    outline = null;
    dialog.close();
  },
  oneditcancel() {
    outline = null;
    dialog.close();
  },
});
