import { type Ref, ref } from 'vue';

/**
 * The menus of a bar, of which one is open at most. Give `toggle` to their buttons, whose elements stand in `buttons`, `onEscape` and
 * `onFocusOut` to what is around both. `shut` gives the focus back to the button.
 */
export function useBarMenus<W extends string>(names: readonly W[]) {
  const open = ref(null) as Ref<W | null>;
  const buttons = Object.fromEntries(names.map((name) => [name, ref<HTMLButtonElement>()])) as Record<
    W,
    Ref<HTMLButtonElement | undefined>
  >;
  const shut = () => {
    const button = open.value && buttons[open.value].value;
    open.value = null;
    button?.focus();
  };
  return {
    open,
    buttons,
    shut,
    toggle(which: W) {
      open.value = open.value === which ? null : which;
    },
    onEscape(event: KeyboardEvent) {
      if (!open.value) return;
      event.stopPropagation();
      shut();
    },
    onFocusOut(event: FocusEvent) {
      const next = event.relatedTarget as Node | null;
      // A click on what takes no focus inside of a menu gives none to anybody else either.
      if (next && !(event.currentTarget as HTMLElement).contains(next)) open.value = null;
    },
  };
}
