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

export interface HostColors {
  primary?: Rgb;
  surface?: Rgb;
  background?: Rgb;
  error?: Rgb;
}

const LIGHT = { surface: [255, 255, 255] as Rgb, text: [20, 32, 42] as Rgb };
const DARK = { surface: [24, 34, 42] as Rgb, text: [231, 237, 241] as Rgb };

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
    vars['--c-raised'] = dark ? `color-mix(in srgb, ${css(surface)} 92%, white)` : css(surface);
  }
  if (host.background && surface && contrast(host.background, own.text) >= 10) {
    vars['--c-canvas'] = css(host.background);
    vars['--c-thread'] = `color-mix(in srgb, ${css(host.background)} 60%, ${css(surface)})`;
    vars['--c-sunken'] = `color-mix(in srgb, ${css(host.background)} 45%, ${css(surface)})`;
  }
  const base = surface ?? own.surface;
  if (host.primary) {
    // 5.2 leaves room for the tinted surfaces that links and labels also stand on
    const primary = fitContrast(host.primary, base, 5.2);
    const onPrimary: Rgb = contrast(primary, [255, 255, 255]) >= 4.5 ? [255, 255, 255] : [6, 22, 30];
    Object.assign(vars, {
      '--c-primary': css(primary),
      '--c-primary-hover': `color-mix(in srgb, ${css(primary)} 86%, ${dark ? 'white' : 'black'})`,
      '--c-on-primary': css(onPrimary),
      '--c-link': css(primary),
      '--c-tick-read': css(primary),
      '--c-primary-soft': `color-mix(in srgb, ${css(primary)} ${dark ? 24 : 12}%, ${css(base)})`,
      '--c-selected': `color-mix(in srgb, ${css(primary)} ${dark ? 24 : 12}%, ${css(base)})`,
      '--c-primary-line': `color-mix(in srgb, ${css(primary)} 40%, ${css(base)})`,
      '--c-out': `color-mix(in srgb, ${css(primary)} ${dark ? 28 : 15}%, ${css(base)})`,
      '--c-out-line': `color-mix(in srgb, ${css(primary)} ${dark ? 42 : 28}%, ${css(base)})`,
      '--c-focus': css(primary),
    });
  }
  if (host.error) vars['--c-fail'] = css(fitContrast(host.error, base, 5.2));
  return { dark, vars };
}

function css(color: Rgb): string {
  return `rgb(${color.join(' ')})`;
}

function equal(a: Rgb, b: Rgb): boolean {
  return a.every((n, i) => n === b[i]);
}
