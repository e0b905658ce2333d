import { computed, type Ref, ref, type ShallowRef } from 'vue';
import { type Api, ApiError } from '../shared/api.ts';
import type { Translate } from '../shared/i18n.ts';
import type { Disposition, Message } from '../shared/types.ts';
import { readDispositions } from './dispositions.ts';
import { failureText } from './presentation.ts';
import { applyInteraction, applyNewest, type DeskState } from './state.ts';

interface Closing {
  id: string;
  /** The newest message of the customer when Close was pressed: newer ones are shown in the dialog before they count as seen. */
  seenAtStart: string | undefined;
  /** Whether the server was told, so that cancelling has to tell it too. */
  announced: boolean;
  busy: boolean;
  error: string | null;
  dispositions: Disposition[];
  mandatory: boolean;
}

interface Surroundings {
  api: Api;
  state: ShallowRef<DeskState>;
  update: (state: DeskState) => void;
  fail: (error: unknown) => void;
  neighbourOf: (id: string) => string | null;
  select: (id: string | null) => Promise<void>;
  selected: Ref<string | null>;
  t: Translate;
}

/** Closing a conversation: from pressing Close, over the choice of an outcome, to the server's answer. */
export function useClosing({ api, state, update, fail, neighbourOf, select, selected, t }: Surroundings) {
  const closing = ref<Closing | null>(null);

  const inbound = (id: string): Message[] =>
    (state.value.threads[id]?.items ?? []).filter((message) => message.direction === 'in');

  /** What the customer wrote since Close was pressed. */
  const arrived = computed(() => {
    if (!closing.value) return [];
    const messages = inbound(closing.value.id);
    const seen = messages.findIndex((message) => message.id === closing.value?.seenAtStart);
    return messages.slice(seen + 1);
  });

  async function start(id: string): Promise<void> {
    const interaction = state.value.interactions[id];
    if (!interaction || closing.value) return;
    const account = state.value.accounts.find((other) => other.id === interaction.account.id);
    // The flow may have set another list than the account's.
    const rules = interaction.closing ?? {
      dispositions: account?.dispositions,
      mandatory: Boolean(account?.mandatoryDisposition),
    };
    const dispositions = readDispositions(rules.dispositions);
    closing.value = {
      id,
      seenAtStart: inbound(id).at(-1)?.id,
      announced: false,
      busy: false,
      error: null,
      dispositions,
      mandatory: rules.mandatory && dispositions.length > 0,
    };
    if (dispositions.length === 0) return;
    try {
      await api.startClosing(id);
      if (closing.value?.id === id) closing.value.announced = true;
    } catch {
      // Without the pause the outcome can be chosen all the same.
    }
  }

  async function cancel(): Promise<void> {
    const former = closing.value;
    closing.value = null;
    if (!former?.announced) return;
    try {
      await api.cancelClosing(former.id);
    } catch (error) {
      fail(error);
    }
  }

  async function confirm(disposition: string[], note: string): Promise<void> {
    const now = closing.value;
    if (!now || now.busy) return;
    now.busy = true;
    now.error = null;
    try {
      const answer = await api.close(now.id, {
        ...(disposition.length > 0 && { disposition }),
        ...(note.trim() && { note: note.trim() }),
        lastMessageId: inbound(now.id).at(-1)?.id,
      });
      const known = state.value.interactions[now.id];
      const neighbour = neighbourOf(now.id);
      closing.value = null;
      if (answer?.interaction) update(applyInteraction(state.value, answer.interaction));
      else if (known) update(applyInteraction(state.value, { ...known, status: 'closed', tabOpen: false, unread: 0 }));
      if (selected.value === now.id) await select(neighbour);
    } catch (error) {
      now.busy = false;
      await explain(now, error);
    }
  }

  async function explain(now: Closing, error: unknown): Promise<void> {
    if (error instanceof ApiError && error.code === 'new_message') {
      try {
        update(applyNewest(state.value, now.id, await api.messages(now.id)));
      } catch (again) {
        now.error = t('close.failed', {
          reason: failureText(t, again instanceof ApiError ? again.code : 'unreachable'),
        });
      }
      return;
    }
    if (error instanceof ApiError && error.code === 'disposition_required') {
      // The list was changed meanwhile: then the server sends it along.
      const list = readDispositions((error.details as { dispositions?: unknown } | undefined)?.dispositions);
      if (list.length > 0) now.dispositions = list;
      now.mandatory = true;
      now.error = t('close.required');
      return;
    }
    now.error = t('close.failed', { reason: failureText(t, error instanceof ApiError ? error.code : 'unreachable') });
  }

  return {
    current: closing,
    arrived,
    start,
    cancel,
    confirm,
    reset: () => {
      closing.value = null;
    },
  };
}
