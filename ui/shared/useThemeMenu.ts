import { computed, inject } from 'vue';
import type { Translate } from './i18n.ts';
import type { IconName } from './icons.ts';
import { pageThemeKey, THEMES, type ThemeChoice } from './pageTheme.ts';

const ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const satisfies Record<ThemeChoice, IconName>;

/** The choice of the theme in a bar; `theme` is null inside of Dashboard, whose own holds. `done` is called when one was chosen. */
export function useThemeMenu(t: Translate, done: () => void) {
  const theme = inject(pageThemeKey, null);
  return {
    theme,
    icon: computed<IconName>(() => ICONS[theme?.choice.value ?? 'system']),
    choices: computed(() => THEMES.map((value) => ({ value, text: t(`theme.${value}`), icon: ICONS[value] }))),
    choose(choice: ThemeChoice) {
      if (theme) theme.choice.value = choice;
      done();
    },
  };
}
