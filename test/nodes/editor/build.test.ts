import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type BuiltType,
  buildAll,
  catalogue,
  type Definition,
  lookup,
  register,
  root,
  TYPES,
  WIREABLE_TYPES,
} from './support.ts';

/** A property of an object literal in the script's syntax tree. */
interface Tree {
  type: string;
  name?: string;
  value?: unknown;
  key?: Tree;
  callee?: Tree & { property?: Tree };
  arguments?: Tree[];
  properties?: (Tree & { value: Tree })[];
  [more: string]: unknown;
}

function registerCalls(tree: unknown, found: Tree[] = []): Tree[] {
  if (Array.isArray(tree)) for (const entry of tree) registerCalls(entry, found);
  else if (typeof tree === 'object' && tree !== null) {
    const node = tree as Tree;
    if (node.type === 'CallExpression' && node.callee?.property?.name === 'registerType') found.push(node);
    for (const value of Object.values(node)) registerCalls(value, found);
  }
  return found;
}

describe('editor side: what the build emits', () => {
  let built: Map<string, BuiltType>;
  let definitions: Map<string, Definition>;

  before(async function () {
    this.timeout(60_000);
    built = await buildAll();
    definitions = await register(built, []);
  });

  it('has every type', () => {
    expect([...built.keys()].sort()).to.deep.equal([...TYPES].sort());
    expect([...definitions.keys()].sort()).to.deep.equal([...TYPES].sort());
  });

  it('keeps type, category, colour and defaults as literals, as the Flow Library reads them', () => {
    const { parseAst } = createRequire(import.meta.url)('vite') as { parseAst: (code: string) => Tree };
    for (const [type, { script }] of built) {
      const calls = registerCalls(parseAst(script));
      expect(calls, type).to.have.length(1);
      const [name, definition] = calls[0]!.arguments!;
      expect(name!.value, type).to.equal(type);
      expect(definition!.type, type).to.equal('ObjectExpression');
      const properties = definition!.properties!;
      for (const property of properties) expect(property.type, `${type}: no spread`).to.equal('Property');
      const value = (key: string) => properties.find((property) => property.key?.name === key)?.value;
      expect(value('category')?.value, type).to.be.a('string');
      expect(value('color')?.value, type).to.match(/^#[0-9a-f]{6}$/);
      const defaults = value('defaults')!;
      expect(defaults.type, type).to.equal('ObjectExpression');
      for (const property of defaults.properties!) {
        expect(property.type, type).to.equal('Property');
        expect(property.value.type, `${type}.${property.key?.name}`).to.equal('ObjectExpression');
      }
    }
  });

  it('has the defaults of the configuration, and nothing else but outputs', async () => {
    for (const [type, definition] of definitions) {
      const { defaults } = (await import(join(root, 'nodes', type, 'config.ts'))) as {
        defaults: Record<string, unknown>;
      };
      const saved = Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value]));
      delete saved.outputs;
      expect(JSON.parse(JSON.stringify(saved)), type).to.deep.equal(defaults);
    }
  });

  it('has a template with an input for every property that is not edited otherwise', () => {
    const elsewhere = [
      'configVersion',
      'dispositions',
      'cannedAnswers',
      'agents',
      'rules',
      'variables',
      'location',
      'buttons',
      'order',
      'queueType',
      'usernames',
      'events',
    ];
    for (const [type, definition] of definitions) {
      const prefix = definition.category === 'config' ? 'node-config-input' : 'node-input';
      for (const name of [...Object.keys(definition.defaults), ...Object.keys(definition.credentials ?? {})]) {
        if (!elsewhere.includes(name)) expect(built.get(type)!.template, type).to.contain(`id="${prefix}-${name}"`);
      }
    }
  });

  it('has a text for every key of its template', async () => {
    for (const [type, { template }] of built) {
      const messages = await catalogue(type);
      for (const [, keys] of template.matchAll(/data-i18n="([^"]+)"/g)) {
        for (const key of keys!.split(';'))
          expect(lookup(messages, key.replace(/^\[[^\]]+\]/, '')), key).to.be.a('string');
      }
    }
  });

  it('labels every output, every form control and every button that is only an icon', () => {
    for (const [type, definition] of definitions) {
      for (let output = 0; output < (definition.outputs ?? 0); output++) {
        expect(definition.outputLabels!(output), type).to.be.a('string').and.not.equal('');
      }
      const { template } = built.get(type)!;
      for (const [, id] of template.matchAll(
        /<(?:input|select|textarea)(?![^>]*type="(?:hidden|checkbox|radio|color)")[^>]*\bid="([^"]+)"/g,
      )) {
        const labelled =
          template.includes(`for="${id}"`) ||
          new RegExp(`id="${id}"[^>]*aria-label|<label>[^<]*<input[^>]*id="${id}"`).test(template);
        const inRow = new RegExp(`<div class="wa-cols">[\\s\\S]*?id="${id}"`).test(template);
        expect(labelled || inRow, `${type} ${id}`).to.equal(true);
      }
      expect(template, type).not.to.match(/\son\w+=/);
    }
  });

  it('uses only colours of the editor, under a class of its own', async () => {
    const css = (await readFile(join(root, 'nodes/shared/style/editor.css'), 'utf8')).replace(/\/\*[\s\S]*?\*\//g, '');
    expect(css).not.to.match(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsl/i);
    for (const [, selectors] of css.matchAll(/([^{}]+)\{[^}]*\}/g)) {
      for (const selector of selectors!.split(','))
        expect(selector.trim()).to.match(/^(\.nr-theme-dark )?\.wa-form( |$)/);
    }
    for (const type of ['node-red', 'node-red-4/node_modules/@node-red']) {
      const file = type === 'node-red' ? '@node-red/editor-client' : `${type}/editor-client`;
      const style = await readFile(join(root, 'node_modules', file, 'public/red/style.min.css'), 'utf8');
      for (const [variable] of css.matchAll(/--red-ui-[a-z-]+/g)) expect(style, variable).to.contain(`${variable}:`);
    }
  });

  it('has help, texts and an icon for every type, and an example for every wireable one', async () => {
    for (const type of TYPES) {
      const help = await readFile(join(root, 'nodes', type, 'locales/en-US', `${type}.html`), 'utf8');
      expect(help).to.match(new RegExp(`^<script type="text/markdown" data-help-name="${type}">`));
      expect(help).to.contain('### ');
      const icon = definitions.get(type)!.icon;
      if (icon) await access(join(root, 'nodes', type, 'icons', icon));
      else expect(definitions.get(type)!.category).to.equal('config');
    }
    for (const type of WIREABLE_TYPES) {
      const flow = JSON.parse(await readFile(join(root, 'examples', `${type}.json`), 'utf8')) as { type: string }[];
      expect(
        flow.some((node) => node.type === type),
        type,
      ).to.equal(true);
      expect(
        flow.some((node) => node.type === 'comment'),
        type,
      ).to.equal(true);
    }
  });
});
