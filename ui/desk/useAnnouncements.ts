import { type Ref, ref } from 'vue';
import type { Translate } from '../shared/i18n.ts';
import type { Interaction, Message, Offer } from '../shared/types.ts';
import { contactName, endedText, previewText } from './presentation.ts';
import type { DeskState } from './state.ts';

/** What a desk says to those who do not see it change: live regions of screen readers, and the sound of messages. */
export function useAnnouncements({
  t,
  state,
  selected,
  isMine,
  cue,
}: {
  t: Translate;
  state: Ref<DeskState>;
  selected: Ref<string | null>;
  isMine: (interaction: Interaction) => boolean;
  cue: (kind: 'message') => void;
}) {
  const polite = ref('');
  const assertive = ref('');

  function onOffer(before: DeskState, offer: Offer) {
    const rings = (desk: DeskState) => desk.offers.some((other) => other.id === offer.id);
    if (rings(before) || !rings(state.value)) return;
    const { contact, account } = offer.interaction;
    assertive.value = t('offer.announce', { name: contactName(contact), account: account.name });
  }

  function onOfferEnded(before: DeskState) {
    const row = state.value.ended.find((one) => !before.ended.includes(one));
    if (!row) return;
    const name = contactName(row.offer.interaction.contact);
    polite.value = t('offer.announceEnded', { name, reason: endedText(t, row.reason, row.by) });
  }

  function onMessage(before: DeskState, message: Message) {
    if (message.direction !== 'in' || message.type === 'reaction' || message.type === 'system') return;
    // One whose file has come is no new one.
    if (message.version > 1) return;
    if (before.threads[message.interactionId]?.items.some((item) => item.id === message.id)) return;
    const interaction = state.value.interactions[message.interactionId];
    const inFront = message.interactionId === selected.value;
    const seen = inFront && document.visibilityState === 'visible';
    if (!seen && interaction?.tabOpen && isMine(interaction)) cue('message');
    if (!inFront) return;
    const name = interaction ? contactName(interaction.contact) : '';
    polite.value = t('conversation.announce', { name, text: previewText(t, message) });
  }

  return {
    polite,
    assertive,
    /** After an event was applied. `before`: the state without it. */
    announce(before: DeskState, name: string, data: unknown) {
      if (name === 'offer') onOffer(before, data as Offer);
      if (name === 'offer-ended') onOfferEnded(before);
      if (name === 'message') onMessage(before, data as Message);
    },
  };
}
