import { onBeforeUnmount, onMounted, type Ref, ref } from 'vue';
import { hostTheme, parseRgb } from './theme.ts';

/**
 * The theme of the page around an element: Vuetify's colours and darkness where Dashboard 2.0 sets them, otherwise light.
 * Follows the page when it changes.
 */
export function useHostTheme(element: Ref<HTMLElement | undefined>) {
  const dark = ref(false);
  const vars = ref<Record<string, string>>({});
  let observer: MutationObserver | undefined;

  function read() {
    const around = element.value?.parentElement;
    if (!around) return;
    const style = getComputedStyle(around);
    const value = (name: string) => parseRgb(style.getPropertyValue(`--v-theme-${name}`));
    // In Dashboard `surface` is the colour of the header; widgets stand on the background of their group.
    const theme = hostTheme(
      {
        primary: value('primary'),
        surface: value('group-background') ?? value('surface'),
        background: value('background'),
        error: value('error'),
      },
      around.closest('.v-theme--dark, [data-theme=dark]') !== null,
    );
    dark.value = theme.dark;
    vars.value = theme.vars;
  }

  onMounted(() => {
    read();
    observer = new MutationObserver(read);
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    for (let around = element.value?.parentElement; around; around = around.parentElement) {
      observer.observe(around, { attributes: true, attributeFilter: ['class', 'style', 'data-theme'] });
    }
  });
  onBeforeUnmount(() => observer?.disconnect());
  return { dark, vars };
}
