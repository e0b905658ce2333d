/** The contrasts of the colours, WCAG 2.2: of texts 4.5, of what bounds and marks 3; light, dark, and with the colours of Dashboard 2.0. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { contrast, hostTheme, mix, parseRgb, type Rgb } from '../../ui/shared/theme.ts';
import { root } from '../support/package.ts';

const TOKENS = readFileSync(join(root, 'ui', 'desk', 'styles', 'tokens.css'), 'utf8');
const SURFACES = ['canvas', 'sunken', 'surface', 'raised', 'hover', 'selected', 'thread', 'in', 'out'];
const TEXTS = ['text', 'text-2', 'text-3'];
/** Texts with a meaning and the surfaces that they stand on. */
const MEANT: [texts: string[], surfaces: string[]][] = [
  [['link'], ['sunken', 'surface', 'raised', 'selected', 'thread', 'in', 'out']],
  [['primary'], ['canvas', 'surface', 'raised', 'sunken', 'primary-soft']],
  [['time-text'], ['canvas', 'sunken', 'surface', 'raised', 'hover', 'selected', 'thread', 'time-soft']],
  [['fail'], ['canvas', 'sunken', 'surface', 'raised', 'thread', 'in', 'out', 'fail-soft']],
  [['ok'], ['surface', 'sunken', 'raised', 'ok-soft']],
  [['note'], ['surface', 'thread', 'note-soft']],
  [['text', 'text-2', 'text-3'], ['note-soft']],
  [
    ['text', 'text-2'],
    ['time-soft', 'fail-soft', 'ok-soft'],
  ],
  [['tick', 'tick-read'], ['out']],
  ...['primary', 'time', 'fail', 'ok', 'note'].map((name): [string[], string[]] => [[`on-${name}`], [name]]),
];
/** What bounds a control, shows the focus or is a sign of its own. */
const SIGNS = ['line-strong', 'focus', 'away', 'acct-1', 'acct-2', 'acct-3', 'acct-4', 'acct-5'];
const SIGN_SURFACES = ['canvas', 'sunken', 'surface', 'thread'];

/** Colours by the names of their tokens. */
type Palette = Map<string, Rgb>;

function tokensOf(block: string): Palette {
  const found = [...block.matchAll(/--c-([\w-]+):\s*(#[0-9a-f]{6})/g)];
  return new Map(found.map(([, name, value]) => [name!, parseRgb(value)!]));
}
const at = TOKENS.indexOf('[data-theme="dark"]');
const light = tokensOf(TOKENS.slice(0, at));
const dark = new Map([...light, ...tokensOf(TOKENS.slice(at))]);

/** With what a page around sets, computed as the browser does. */
function within(own: Palette, vars: Record<string, string>): Palette {
  const read = (value: string): Rgb | undefined => {
    const plain = /^rgb\((\d+) (\d+) (\d+)\)$/.exec(value);
    if (plain) return plain.slice(1).map(Number) as Rgb;
    const mixed = /^color-mix\(in srgb, (.+) (\d+)%, (.+)\)$/.exec(value);
    const named = { white: [255, 255, 255], black: [0, 0, 0] }[value];
    if (!mixed) return named as Rgb | undefined;
    return mix(read(mixed[1]!)!, read(mixed[3]!)!, Number(mixed[2]) / 100);
  };
  return new Map([...own, ...Object.entries(vars).map(([name, value]) => [name.slice(4), read(value)!] as const)]);
}
/** The quote’s veil over an outgoing bubble, where texts are hardest to read. */
function quoteOf(palette: Palette): Rgb {
  const block = palette.get('text')?.[0] === light.get('text')?.[0] ? TOKENS.slice(0, at) : TOKENS.slice(at);
  const [r, g, b, share] = /--c-quote: rgb\((\d+) (\d+) (\d+) \/ ([\d.]+)\)/.exec(block)!.slice(1).map(Number) as [
    ...Rgb,
    number,
  ];
  return mix([r, g, b], palette.get('out')!, share);
}
const rgb = (text: string) => parseRgb(text);
const dashboard = (primary: string, surface: string, background: string, error: string) =>
  hostTheme({ primary: rgb(primary), surface: rgb(surface), background: rgb(background), error: rgb(error) }).vars;
const THEMES: [name: string, palette: Palette][] = [
  ['light', light],
  ['dark', dark],
  ['Dashboard, light', within(light, dashboard('#0094ce', '#ffffff', '#eeeeee', '#b00020'))],
  ['Dashboard, dark', within(dark, dashboard('#2196f3', '#212121', '#121212', '#cf6679'))],
  ['Dashboard, a pale primary colour', within(light, dashboard('#ffe082', '#fafafa', '#f0f0f0', '#ff8a80'))],
];

/** Rules of style sheets that set a text and a background colour: the pairs of tokens that are used together. */
function usedPairs(): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const file of globSync('ui/**/*.css', { cwd: root })) {
    const css = readFileSync(join(root, file), 'utf8');
    for (const [rule, body] of [...css.matchAll(/\{([^{}]*)\}/g)]) {
      const text = /(?:^|[;\s])color:\s*var\(--c-([\w-]+)\)/.exec(body!)?.[1];
      const surface = /background(?:-color)?:\s*var\(--c-([\w-]+)\)/.exec(body!)?.[1];
      if (text && surface) pairs.set(`${text} on ${surface}`, `${file}: ${rule.replaceAll(/\s+/g, ' ').slice(0, 80)}`);
    }
  }
  return pairs;
}

describe('contrast', () => {
  for (const [name, palette] of THEMES) {
    const atLeast = (least: number, front: string, back: string, where = '') => {
      const [a, b] = [palette.get(front), back === 'quote' ? quoteOf(palette) : palette.get(back)];
      if (!a || !b) throw new Error(`${front} or ${back} is no token ${where}`);
      const found = contrast(a, b);
      return found >= least ? [] : [`${front} on ${back}: ${found.toFixed(2)} ${where}`];
    };
    it(`${name}: every text on every surface it stands on`, () => {
      const low = [
        ...SURFACES.flatMap((surface) => TEXTS.flatMap((text) => atLeast(4.5, text, surface))),
        ...MEANT.flatMap(([texts, surfaces]) =>
          texts.flatMap((text) => surfaces.flatMap((surface) => atLeast(4.5, text, surface))),
        ),
      ];
      expect(low).to.deep.equal([]);
    });

    it(`${name}: every pair that a style sheet sets`, () => {
      const pairs = usedPairs();
      expect(pairs.size).to.be.greaterThan(15);
      const low = [...pairs].flatMap(([pair, where]) => {
        const [front, back] = pair.split(' on ') as [string, string];
        return atLeast(4.5, front, back, where);
      });
      expect(low).to.deep.equal([]);
    });

    it(`${name}: what bounds, marks or shows the focus`, () => {
      expect(SIGNS.flatMap((sign) => SIGN_SURFACES.flatMap((surface) => atLeast(3, sign, surface)))).to.deep.equal([]);
    });
  }
});
