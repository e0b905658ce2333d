/** Red, green, blue, 0 to 255. */
export type Rgb = [number, number, number];

/** Reads Vuetify's `255,255,255`, or `#rgb` and `#rrggbb`. Anything else: undefined. */
export function parseRgb(value: string | null | undefined): Rgb | undefined {
  const text = (value ?? '').trim();
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text)?.[1];
  if (hex) {
    const full = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
    return [0, 2, 4].map((i) => Number.parseInt(full.slice(i, i + 2), 16)) as Rgb;
  }
  const parts = text.split(',').map((part) => Number(part));
  return parts.length === 3 && parts.every((n) => n >= 0 && n <= 255) ? (parts as Rgb) : undefined;
}

/** Relative luminance, 0 to 1 (WCAG 2.2). */
export function luminance(color: Rgb): number {
  const [r, g, b] = color.map((n) => (n <= 10.31475 ? n / 255 / 12.92 : ((n / 255 + 0.055) / 1.055) ** 2.4)) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio, 1 to 21 (WCAG 2.2). */
export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The colour, moved towards black or white just so far that it reaches the ratio on that surface. */
export function fitContrast(color: Rgb, surface: Rgb, ratio: number): Rgb {
  const target = luminance(surface) > 0.18 ? 0 : 255;
  let fitted = color;
  for (let step = 0; step <= 20 && contrast(fitted, surface) < ratio; step++) {
    fitted = color.map((n) => Math.round(n + ((target - n) * step) / 20)) as Rgb;
  }
  return fitted;
}

/** The colour, moved until it is readable (4.5) on the surface and on all that is made of both. */
function fitOn(color: Rgb, surface: Rgb, others: (fitted: Rgb) => Rgb[]): Rgb {
  for (let ratio = 5.2; ; ratio += 0.2) {
    const fitted = fitContrast(color, surface, ratio);
    if (ratio > 12 || others(fitted).every((other) => contrast(fitted, other) >= 4.5)) return fitted;
  }
}

/** A surface tinted with a colour, by `share` (0 to 1) or as much less as the faintest text needs. */
function tint(color: Rgb, surface: Rgb, share: number, faintest: Rgb): Rgb {
  let tinted = mix(color, surface, share);
  for (let less = share; contrast(faintest, tinted) < 4.5 && less > 0.04; less -= 0.01)
    tinted = mix(color, surface, less);
  return tinted;
}

/** Of two colours, `share` (0 to 1) of the first. */
export function mix(color: Rgb, into: Rgb, share: number): Rgb {
  return color.map((n, i) => Math.round(n * share + into[i]! * (1 - share))) as Rgb;
}

export interface HostColors {
  primary?: Rgb;
  surface?: Rgb;
  background?: Rgb;
  error?: Rgb;
}

/** As in the tokens. */
const LIGHT = {
  surface: [255, 255, 255] as Rgb,
  text: [20, 32, 42] as Rgb,
  faintest: [88, 104, 116] as Rgb,
  out: [214, 232, 240] as Rgb,
  failSoft: [252, 235, 233] as Rgb,
};
const DARK: typeof LIGHT = {
  surface: [24, 34, 42],
  text: [231, 237, 241],
  faintest: [151, 167, 178],
  out: [22, 64, 79],
  failSoft: [58, 29, 27],
};

/**
 * What the desk takes over from the theme of the page around it: dark or light, and its colours as far as texts stay readable on them.
 * Returns the custom properties to set; a colour that would break the contrast is left out (surfaces) or shifted (primary, error).
 */
export function hostTheme(host: HostColors, forceDark = false): { dark: boolean; vars: Record<string, string> } {
  const dark = forceDark || (host.surface !== undefined && luminance(host.surface) < 0.18);
  const own = dark ? DARK : LIGHT;
  const vars: Record<string, string> = {};
  const surface = host.surface && contrast(host.surface, own.text) >= 12 ? host.surface : undefined;
  if (surface && !equal(surface, own.surface)) {
    for (const name of ['--c-surface', '--c-in']) vars[name] = css(surface);
    vars['--c-raised'] = css(raisedOf(surface, dark));
  }
  if (host.background && surface && contrast(host.background, own.text) >= 10) {
    vars['--c-canvas'] = css(host.background);
    vars['--c-thread'] = `color-mix(in srgb, ${css(host.background)} 60%, ${css(surface)})`;
    vars['--c-sunken'] = `color-mix(in srgb, ${css(host.background)} 45%, ${css(surface)})`;
  }
  const base = surface ?? own.surface;
  let out = own.out;
  if (host.primary) {
    // It is also read on surfaces that are tinted with it.
    const softOf = (color: Rgb) => tint(color, base, dark ? 0.24 : 0.12, own.faintest);
    const outOf = (color: Rgb) => tint(color, base, dark ? 0.28 : 0.15, own.faintest);
    const primary = fitOn(host.primary, base, (color) => [softOf(color), outOf(color)]);
    out = outOf(primary);
    const onPrimary: Rgb = contrast(primary, [255, 255, 255]) >= 4.5 ? [255, 255, 255] : [6, 22, 30];
    Object.assign(vars, {
      '--c-primary': css(primary),
      '--c-primary-hover': `color-mix(in srgb, ${css(primary)} 86%, ${dark ? 'white' : 'black'})`,
      '--c-on-primary': css(onPrimary),
      '--c-link': css(primary),
      '--c-tick-read': css(primary),
      '--c-primary-soft': css(softOf(primary)),
      '--c-selected': css(softOf(primary)),
      '--c-primary-line': css(mix(primary, base, 0.4)),
      '--c-out': css(out),
      '--c-out-line': css(mix(primary, base, dark ? 0.42 : 0.28)),
      '--c-focus': css(primary),
    });
  }
  if (host.error) vars['--c-fail'] = css(fitOn(host.error, base, () => [raisedOf(base, dark), out, own.failSoft]));
  return { dark, vars };
}

const raisedOf = (surface: Rgb, dark: boolean): Rgb => (dark ? mix(surface, [255, 255, 255], 0.92) : surface);

function css(color: Rgb): string {
  return `rgb(${color.join(' ')})`;
}

function equal(a: Rgb, b: Rgb): boolean {
  return a.every((n, i) => n === b[i]);
}
