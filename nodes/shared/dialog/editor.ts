/** What the smaller dialogs share: reasons under the fields while they are open, and validators that say why. */
import { byId, type EditorNode, type Translate, type Validate } from '../red/editor.ts';
import { showProblems, unwatch, watch } from '../rows/editor.ts';
import { addStyle } from '../style/editor.ts';

export interface Problem {
  field: string;
  /** Key below `errors.` of the type's catalogue. */
  key: string;
  values?: Record<string, unknown>;
  /** A warning does not make the node invalid. */
  warning?: true;
}

type Values = Record<string, unknown>;

export interface LiveDialog {
  /** To be called from `oneditprepare`: `read` gives the raw values that stand in the fields. */
  open(node: EditorNode, rootId: string, read: () => Values): () => void;
  /** To be called from `oneditsave` and `oneditcancel`. */
  close(): void;
  /** A validator of one property. With the dialog open it sees the other fields as they stand there. */
  why(field: string): Validate;
}

/** A dialog whose problems are found by `check`, from raw values. */
export function liveDialog(t: Translate, check: (values: Values, nodeId: string) => Problem[]): LiveDialog {
  let current: { id: string; root: HTMLElement; read: () => Values } | null = null;
  return {
    open(node, rootId, read) {
      addStyle();
      const root = byId<HTMLElement>(rootId);
      current = { id: node.id, root, read };
      return watch(root, () => {
        showProblems(
          root,
          check(read(), node.id).map((problem) => ({
            field: problem.field,
            reason: t(`errors.${problem.key}`, problem.values),
            ...(problem.warning ? { warning: true } : {}),
          })),
        );
      });
    },
    close() {
      if (current) unwatch(current.root);
      current = null;
    },
    why(field) {
      return function (value, _options) {
        // Fields that are made of several inputs have no single value Node-RED could hand over: then the dialog knows better.
        const around: Values =
          current?.id === this.id ? { [field]: value, ...current.read() } : { ...this, [field]: value };
        const problem = check(around, this.id).find((entry) => entry.field === field && !entry.warning);
        return problem ? t(`errors.${problem.key}`, problem.values) : true;
      };
    },
  };
}

/** What stands in an input of the dialog of a wireable node. */
export function field(name: string, prefix = 'node-input'): unknown {
  const input = byId(`${prefix}-${name}`);
  if (!input) return undefined;
  return input.type === 'checkbox' ? input.checked : input.value;
}
