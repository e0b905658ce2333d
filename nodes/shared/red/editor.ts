/** The part of Node-RED's editor API that the dialogs use, typed, and small helpers over it. */

/** A node as the editor keeps it: saved properties stand directly on it. */
export interface EditorNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  d?: boolean;
  credentials?: Record<string, unknown>;
  [property: string]: unknown;
}

export type Translate = (key: string, values?: Record<string, unknown>) => string;

/** A validator with two parameters may answer with a text that says why. */
export type Validate = (this: EditorNode, value: unknown, options?: unknown) => boolean | string;

export interface PropertyDefinition {
  value?: unknown;
  type?: string;
  required?: boolean;
  validate?: Validate;
  filter?: (node: EditorNode) => boolean;
}

export interface NodeDefinition {
  category: string;
  color?: string;
  defaults: Record<string, PropertyDefinition>;
  credentials?: Record<string, { type: 'text' | 'password' }>;
  inputs?: number;
  outputs?: number;
  icon?: string;
  align?: 'left' | 'right';
  paletteLabel?: string;
  hasUsers?: boolean;
  label?: (this: EditorNode) => string;
  labelStyle?: (this: EditorNode) => string;
  inputLabels?: string;
  outputLabels?: (this: EditorNode, index: number) => string;
  oneditprepare?: (this: EditorNode) => void;
  oneditsave?: (this: EditorNode) => void;
  oneditcancel?: (this: EditorNode) => void;
  oneditdelete?: (this: EditorNode) => void;
  oneditresize?: (this: EditorNode, size: { width: number; height: number }) => void;
  _?: Translate;
}

export interface AutoCompleteEntry {
  value: string;
  label: string;
}

export interface TypedInputType {
  value: string;
  label?: string;
  icon?: string;
  autoComplete?: (value: string, done?: (entries: AutoCompleteEntry[]) => void) => AutoCompleteEntry[] | undefined;
  validate?: (value: string) => boolean | string;
}

export interface EditableListOptions<T> {
  addItem: (container: JQuery, index: number, data: T) => void;
  removeItem?: (data: T) => void;
  sortItems?: () => void;
  sortable?: boolean | string;
  removable?: boolean;
  addButton?: boolean | string;
  height?: number | 'auto';
}

/** Node-RED's code editor, whichever library is behind it. */
export interface CodeEditor {
  getValue(): string;
  setValue(value: string): void;
  getSession(): { on(event: 'change', listener: () => void): void };
  resize(): void;
  destroy(): void;
}

interface EditorApi {
  editor: {
    createEditor(options: { id: string; mode: string; value: string; minimap?: { enabled: boolean } }): CodeEditor;
  };
  nodes: {
    registerType(type: string, definition: NodeDefinition): void;
    getType(type: string): NodeDefinition | undefined;
    node(id: string): EditorNode | null;
    eachConfig(visit: (node: EditorNode) => boolean | undefined): void;
    subflow(id: string): unknown;
  };
  settings: Record<string, unknown>;
  notify(message: string, options?: { type?: string; timeout?: number }): void;
}

declare global {
  const RED: EditorApi;
  interface JQuery {
    typedInput(options: { default?: string; types: (string | TypedInputType)[]; typeField?: string }): JQuery;
    typedInput(method: 'value' | 'type'): string;
    typedInput(method: 'value' | 'type' | 'types', value: unknown): JQuery;
    editableList<T>(options: EditableListOptions<T>): JQuery;
    editableList(method: 'items'): JQuery;
    editableList(method: 'addItem' | 'removeItem' | 'height' | 'width', value: unknown): JQuery;
    autoComplete(options: { search: (value: string) => AutoCompleteEntry[]; minLength?: number }): JQuery;
    autoComplete(method: 'destroy'): JQuery;
    elementSizer?(options: { width: string; height: string; group: string }): JQuery;
    sortable(options: Record<string, unknown>): JQuery;
    sortable(method: 'destroy' | 'refresh'): JQuery;
  }
}

/** Translates keys of one node type's catalogue: `translator('wa-queue')('errors.queue')`. */
export function translator(type: string): Translate {
  return (key, values) => RED.nodes.getType(type)?._?.(`${type}.${key}`, values) ?? key;
}

/** The saved nodes of a configuration type, without the one that is being edited. */
export function configNodes(type: string, except?: string): EditorNode[] {
  const found: EditorNode[] = [];
  RED.nodes.eachConfig((node) => {
    if (node.type === type && node.id !== except) found.push(node);
    return undefined;
  });
  return found;
}

/** Offers entries whose text contains what was typed. */
export function suggest(entries: () => readonly string[]): (typed: string) => AutoCompleteEntry[] {
  return (typed) => {
    const wanted = typed.trim().toLowerCase();
    return entries()
      .filter((entry) => entry.toLowerCase().includes(wanted))
      .slice(0, 60)
      .map((entry) => ({ value: entry, label: entry }));
  };
}

/** The rows of an editable list. Node-RED hands out jQuery objects inside of a jQuery object. */
export function listItems(list: HTMLElement): HTMLElement[] {
  return $(list)
    .editableList('items')
    .toArray()
    .map((item) => $(item).get(0)!);
}

type Child = Node | string | null | undefined | false;

/** Makes an element. Attributes that are `true` are set empty, `false`/`null` are left out; text is never read as markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number | boolean | null | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  );
  return made;
}

/** A button in the editor's look with an icon and a text. */
export function button(icon: string, label: string, onClick: () => void): HTMLButtonElement {
  const made = element(
    'button',
    { type: 'button', class: 'red-ui-button red-ui-button-small' },
    icon ? element('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' }) : null,
    element('span', {}, label),
  );
  made.addEventListener('click', onClick);
  return made;
}

/** A button that is only an icon; the label is for tooltip and screen reader. */
export function iconButton(icon: string, label: string, onClick: () => void): HTMLButtonElement {
  const made = element(
    'button',
    { type: 'button', class: 'wa-icon', 'aria-label': label, title: label },
    element('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' }),
  );
  made.addEventListener('click', onClick);
  return made;
}

/** Shows another label on a button for 1.5 s: what happened is said where it was asked for. */
export function flash(target: HTMLButtonElement, label: string): void {
  const span = target.querySelector('span');
  if (!span || target.dataset.label !== undefined) return;
  target.dataset.label = span.textContent ?? '';
  span.textContent = label;
  setTimeout(() => {
    span.textContent = target.dataset.label ?? '';
    delete target.dataset.label;
  }, 1500);
}

/** Copies text; the clipboard API needs a secure page, so an editor on plain http falls back to a selection. */
export async function copyText(text: string): Promise<void> {
  if (window.isSecureContext && navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = element('textarea', { style: 'position:fixed;opacity:0' });
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

/** An element of the dialog by id; the templates are ours, so it is there. */
export function byId<T extends HTMLElement = HTMLInputElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A new configuration node comes without the defaults that are 0: the editor copies only truthy ones. */
export function fillZeros(prefix: string, defaults: object): void {
  for (const [name, value] of Object.entries(defaults)) {
    const input = value === 0 ? byId(`${prefix}-${name}`) : null;
    if (input && input.value === '') input.value = '0';
  }
}

/** What a configuration of an older version does not have is shown as its default, not as empty. */
export function fillMissing(prefix: string, node: EditorNode, defaults: object): void {
  for (const [name, value] of Object.entries(defaults)) {
    const input = node[name] === undefined ? byId(`${prefix}-${name}`) : null;
    if (!input || typeof value === 'object') continue;
    if (input.type === 'checkbox') input.checked = Boolean(value);
    else if (input.value === '') input.value = String(value);
  }
}
