import { computed, type InjectionKey, inject, onBeforeUnmount, ref, watch } from 'vue';
import { plainText } from '../shared/formatting.ts';
import { askPermission, createBrowserNotices, permission } from './browserNotices.ts';
import { contactName } from './presentation.ts';
import type { Ringer } from './ringer.ts';
import type { Desk } from './useDesk.ts';

/** How the desk calls for attention: it rings, and tells by the browser and by its title. As the accounts say and the agent allows. */
export function useCalls(desk: Desk, ringer: Ringer) {
  const { t, ringing, online, settings, phase, attention, unfold } = desk;
  const allowed = ref(permission());

  // ------------------------------------------------------------------ sound

  const muted = computed(() => settings.value.muted || settings.value.volume === 0);
  /** What cannot be accepted does not ring. */
  const rings = computed(() => !muted.value && online.value && ringing.value.some((offer) => offer.notification.sound));
  watch(rings, ringer.set);
  watch(() => settings.value.volume, ringer.setVolume);
  watch(phase, (now) => {
    if (now !== 'desk') return;
    ringer.setVolume(settings.value.volume);
    ringer.prepare();
  });
  /** Offers would not be heard, though the agent wants to hear them. */
  const blocked = computed(() => phase.value === 'desk' && !muted.value && ringer.state.value === 'blocked');

  // ------------------------------------------------------------------ notifications of the browser

  const notices = createBrowserNotices((offer) => unfold(offer.id));
  watch(ringing, (offers) => {
    notices.keep(offers.map((offer) => offer.id));
    if (!settings.value.notify || (document.visibilityState === 'visible' && document.hasFocus())) return;
    for (const offer of offers) {
      const { account, contact, lastMessage } = offer.interaction;
      const title = t('offer.browserTitle', { name: contactName(contact), account: account.name });
      notices.show(offer, title, plainText(offer.notification.text || lastMessage?.text || ''));
    }
  });

  /** It may have been changed in the browser's settings meanwhile. */
  function lookAgain() {
    allowed.value = permission();
  }

  async function setNotify(on: boolean) {
    if (on) allowed.value = await askPermission();
    desk.setSettings({ notify: on && allowed.value === 'granted' });
  }

  // ------------------------------------------------------------------ the title

  /** As the page around the desk set it, which may change it at any time. */
  let plain = document.title;
  let set = '';
  function title() {
    if (document.title !== set) plain = document.title;
    const first = ringing.value[0];
    const text = first ? t('offer.pageTitle', { name: contactName(first.interaction.contact), page: plain }) : plain;
    set = attention.value > 0 ? `(${attention.value}) ${text}` : text;
    if (document.title !== set) document.title = set;
  }
  watch([attention, ringing], title);

  onBeforeUnmount(() => {
    notices.keep([]);
    if (document.title === set) document.title = plain;
    ringer.close();
  });

  return {
    muted,
    blocked,
    allowed,
    lookAgain,
    setNotify,
    soundState: ringer.state,
    unlock: ringer.unlock,
    tryRing: ringer.try,
  };
}

export type Calls = ReturnType<typeof useCalls>;
export const callsKey: InjectionKey<Calls> = Symbol('calls');

/** How the desk around this component calls. */
export function useDeskCalls(): Calls {
  const calls = inject(callsKey);
  if (!calls) throw new Error('This component lives inside the desk');
  return calls;
}
