/** What the editor tests share: the built HTML of every type, and its script run against a small stand-in of the editor's API. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { buildEditor } from '../../../scripts/build-editor.ts';

export const root = resolve(import.meta.dirname, '../../..');

export const CONFIG_TYPES = ['whatsapp-account', 'whatsapp-queue'];
export const WIREABLE_TYPES = [
  ...['wa-inbound', 'wa-route', 'wa-queue', 'wa-agent', 'wa-interval', 'wa-send'],
  ...['wa-disposition', 'wa-notify', 'wa-interaction', 'wa-query', 'wa-events'],
];
export const TYPES = [...CONFIG_TYPES, ...WIREABLE_TYPES, 'ui-wa-desk', 'ui-wa-supervisor'];

export type Json = Record<string, unknown>;

export interface Definition {
  category: string;
  color: string;
  defaults: Record<
    string,
    { value: unknown; validate?: (this: Json, value: unknown, options: Json) => boolean | string }
  >;
  credentials?: Record<string, { type: string }>;
  icon?: string;
  inputs?: number;
  outputs?: number;
  paletteLabel?: string;
  label(this: Json): string;
  outputLabels?(index: number): string;
  _?: (key: string, values?: Json) => string;
}

export interface BuiltType {
  html: string;
  template: string;
  script: string;
}

/** Builds all types into a temporary directory and reads the result. */
export async function buildAll(): Promise<Map<string, BuiltType>> {
  const out = await mkdtemp(join(tmpdir(), 'wa-editor-'));
  try {
    await buildEditor(out);
    const built = new Map<string, BuiltType>();
    for (const type of await readdir(join(out, 'nodes'))) {
      const html = await readFile(join(out, 'nodes', type, `${type}.html`), 'utf8');
      const template = /<script type="text\/html"[^>]*>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
      const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
      built.set(type, { html, template, script });
    }
    return built;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

export async function catalogue(type: string): Promise<Json> {
  return JSON.parse(await readFile(join(root, 'nodes', type, 'locales/en-US', `${type}.json`), 'utf8')) as Json;
}

/** The text of a dotted key, or undefined. */
export function lookup(messages: Json, key: string): string | undefined {
  let found: unknown = messages;
  for (const part of key.split('.')) found = (found as Json | undefined)?.[part];
  return typeof found === 'string' ? found : undefined;
}

/**
 * Runs the scripts of all types as the editor does and gives their definitions. `nodes` are what the editor knows by id.
 * A key without a text throws, so that no test passes with a missing translation.
 */
export async function register(built: Map<string, BuiltType>, nodes: Json[]): Promise<Map<string, Definition>> {
  const definitions = new Map<string, Definition>();
  const catalogues = new Map<string, Json>();
  for (const type of built.keys()) catalogues.set(type, await catalogue(type));
  const translate =
    (type: string) =>
    (key: string, values: Json = {}) => {
      const text = lookup(catalogues.get(type)!, key);
      if (text === undefined) throw new Error(`${type} has no text for ${key}`);
      return text.replace(/__(\w+)__/g, (_all, name: string) => String(values[name]));
    };
  const RED = {
    settings: {},
    nodes: {
      registerType: (type: string, definition: Definition) => {
        definition._ = translate(type);
        definitions.set(type, definition);
      },
      getType: (type: string) => definitions.get(type) ?? (type === 'ui-group' ? {} : undefined),
      node: (id: string) => nodes.find((node) => node.id === id) ?? null,
      eachConfig: (visit: (node: Json) => void) =>
        nodes.filter((node) => CONFIG_TYPES.includes(String(node.type))).forEach(visit),
    },
  };
  const context = createContext({ RED, URL, Intl, console });
  for (const { script } of built.values()) runInContext(script, context);
  return definitions;
}
