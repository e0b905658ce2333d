import { type InjectionKey, type Ref, ref, watch } from 'vue';

/** What somebody chose for this browser; `system` follows the machine. */
export type ThemeChoice = 'system' | 'light' | 'dark';
export const THEMES: readonly ThemeChoice[] = ['system', 'light', 'dark'];

export interface PageTheme {
  choice: Ref<ThemeChoice>;
}
/** Only there on a page of its own: inside of Dashboard the theme is Dashboard's. */
export const pageThemeKey: InjectionKey<PageTheme> = Symbol('page theme');

const KEY = 'wa-theme';

/** Sets `data-theme` of the page, by the choice or by the machine, and remembers the choice for all windows of this browser. */
export function createPageTheme(): PageTheme {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const choice = ref<ThemeChoice>(stored());
  const apply = () => {
    const now = choice.value === 'system' ? (dark.matches ? 'dark' : 'light') : choice.value;
    document.documentElement.dataset.theme = now;
  };
  apply();
  dark.addEventListener('change', apply);
  addEventListener('storage', ({ key }) => {
    if (key === KEY) choice.value = stored();
  });
  watch(choice, (now) => {
    apply();
    try {
      if (now !== stored()) localStorage.setItem(KEY, now);
    } catch {
      // It holds until the page is left.
    }
  });
  return { choice };
}

function stored(): ThemeChoice {
  try {
    const found = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === found) ?? 'system';
  } catch {
    return 'system';
  }
}
