import { type InjectionKey, inject, onBeforeUnmount, provide, type Ref, ref } from 'vue';

/** How long it stands there that something was done, in ms. */
const SHOWN = 5000;

interface Said {
  /** What was done last; '' after a while. */
  said: Ref<string>;
  say(text: string): void;
}
const saidKey: InjectionKey<Said> = Symbol('said');

/** What was done is said where it was done, under the title of the screen. For the section; the screens get it with `useSaid`. */
export function provideSaid(): Said {
  const said = ref('');
  let timer: ReturnType<typeof setTimeout> | undefined;
  const own = {
    said,
    say(text: string) {
      clearTimeout(timer);
      said.value = text;
      timer = setTimeout(() => {
        said.value = '';
      }, SHOWN);
    },
  };
  onBeforeUnmount(() => clearTimeout(timer));
  provide(saidKey, own);
  return own;
}

export function useSaid(): Said {
  const said = inject(saidKey);
  if (!said) throw new Error('This component lives inside the administration');
  return said;
}
