import { computed, type Ref, ref, type ShallowRef, watch } from 'vue';
import { type Api, ApiError } from '../shared/api.ts';
import type { Translate } from '../shared/i18n.ts';
import type { Disposition, Interaction, Message } from '../shared/types.ts';
import { readDispositions } from './dispositions.ts';
import { failureText } from './presentation.ts';
import { applyInteraction, applyNewest, type DeskState } from './state.ts';

interface Closing {
  id: string;
  /** The newest message of the customer when Close was pressed: newer ones are shown in the dialog before they count as seen. */
  seenAtStart: string | undefined;
  /** Whether the server is told, and keeps the agent in the pause until it is closed or cancelled. */
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
  isMine: (interaction: Interaction) => boolean;
  notify: (text: string) => void;
  t: Translate;
}

/** Closing a conversation: from pressing Close, over the choice of an outcome, to the server's answer. */
export function useClosing(around: Surroundings) {
  const { api, state, update, fail, neighbourOf, select, selected, isMine, notify, t } = around;
  const closing = ref<Closing | null>(null);
  /** What the server is told of pressing Close and cancelling goes one after the other: else a quick cancel could come first. */
  let telling: Promise<unknown> = Promise.resolve();
  const tell = <T>(call: () => Promise<T>): Promise<T> => {
    const next = telling.then(call);
    telling = next.catch(() => undefined);
    return next;
  };

  const inbound = (id: string): Message[] =>
    (state.value.threads[id]?.items ?? []).filter((message) => message.direction === 'in');

  /** What the customer wrote since Close was pressed. */
  const arrived = computed(() => {
    if (!closing.value) return [];
    const messages = inbound(closing.value.id);
    const seen = messages.findIndex((message) => message.id === closing.value?.seenAtStart);
    return messages.slice(seen + 1);
  });

  /** Opens the dialog. False if it is open already, or the conversation is not known. */
  function open(id: string): boolean {
    const interaction = state.value.interactions[id];
    if (!interaction || closing.value) return false;
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
    return true;
  }

  async function start(id: string): Promise<void> {
    if (open(id)) await announce();
  }

  /** Where an outcome is to be chosen, the agent is paused meanwhile. */
  async function announce(): Promise<void> {
    const now = closing.value;
    if (!now || now.dispositions.length === 0) return;
    // Before the answer: should that get lost, cancelling has to tell the server all the same.
    now.announced = true;
    try {
      const answer = await tell(() => api.startClosing(now.id));
      // A cancel that followed brings its own state.
      if (closing.value?.id === now.id && answer?.presence) update({ ...state.value, presence: answer.presence });
    } catch {
      // Without the pause the outcome can be chosen all the same.
    }
  }

  /**
   * The desk was read anew: a page that was loaded again goes on where the agent was, and a pause that ended while the connection was
   * lost begins again.
   */
  function resume(disposing: readonly string[]): void {
    const now = closing.value;
    if (now) {
      if (!disposing.includes(now.id)) void announce();
      return;
    }
    const id = disposing.find((one) => state.value.interactions[one]);
    if (id && open(id) && closing.value) (closing.value as Closing).announced = true;
  }

  // Closed in another window, or given to somebody else: there is nothing to choose any more.
  watch(
    () => {
      const item = closing.value && state.value.interactions[closing.value.id];
      return Boolean(item && !isMine(item));
    },
    (gone) => {
      if (!gone || closing.value?.busy) return;
      closing.value = null;
      notify(t('close.gone'));
    },
  );

  async function cancel(): Promise<void> {
    const former = closing.value;
    closing.value = null;
    if (!former?.announced) return;
    try {
      await tell(() => api.cancelClosing(former.id));
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
    resume,
    cancel,
    confirm,
    reset: () => {
      closing.value = null;
    },
  };
}
