import { computed, type Ref, ref, watch } from 'vue';
import type { Api } from '../shared/api.ts';

interface Looking {
  api: Api;
  /** The conversation in front, null if none. */
  selected: Ref<string | null>;
  online: Ref<boolean>;
}

/** Who else has the conversation in front of them. Said to the server whenever it changes, and only while this page is seen. */
export function useLooking({ api, selected, online }: Looking) {
  /** The name of the events stream. */
  const connection = ref<string | null>(null);
  const seen = ref(document.visibilityState === 'visible');
  const told = ref<{ interactionId: string; others: { username: string; name: string }[] }>();
  const shown = computed(() => (seen.value ? selected.value : null));

  watch([shown, connection, online], ([interaction, stream, isOnline]) => {
    if (!stream || !isOnline) return;
    // Nothing depends on it: what failed is said again with the next change.
    api.look(stream, interaction).catch(() => undefined);
  });
  const onVisible = () => {
    seen.value = document.visibilityState === 'visible';
  };
  document.addEventListener('visibilitychange', onVisible);

  return {
    /** The others who have it in front of them, as last heard. */
    others: computed(() => (online.value && told.value?.interactionId === selected.value ? told.value.others : [])),
    opened(name: string | null) {
      told.value = undefined;
      connection.value = name;
    },
    heard(data: unknown) {
      told.value = data as typeof told.value;
    },
    stop: () => document.removeEventListener('visibilitychange', onVisible),
  };
}
