import { computed, onBeforeUnmount, ref, shallowRef } from 'vue';
import { applyEvent, createJoin } from '../../desk/events.ts';
import * as model from '../../desk/state.ts';
import { useClosing } from '../../desk/useClosing.ts';
import type { Desk } from '../../desk/useDesk.ts';
import { useHistory } from '../../desk/useHistory.ts';
import { ApiError } from '../../shared/api.ts';
import { createConnection } from '../../shared/connection.ts';
import type { Interaction } from '../../shared/types.ts';
import { deskParts } from '../deskParts.ts';
import type { Supervisor } from '../useSupervisor.ts';

/**
 * A conversation that is watched: its own stream beside that of the screens, what was read of it, and what a supervisor does with it.
 * Reading it marks nothing as read.
 */
export function useSpy(id: string, supervisor: Supervisor) {
  const { api, t, me, around, serverNow, nameOf, fail, notify } = supervisor;
  const state = shallowRef<model.DeskState>({ ...model.EMPTY, me: me.value, accounts: around.value.accounts });
  const update = (next: model.DeskState) => {
    state.value = next;
  };
  const item = computed(() => state.value.interactions[id]);
  const thread = computed(() => state.value.threads[id]);
  const loadingThread = ref<Record<string, 'loading' | 'failed'>>({});
  /** It was deleted. */
  const gone = ref(false);
  const live = ref(false);
  const busy = ref<readonly string[]>([]);
  const selected = ref<string | null>(id);
  const since = new Date(serverNow.value).toISOString();
  const join = createJoin((event) => {
    // Others of the account come too.
    const { id: own, interactionId } = (event.data ?? {}) as { id?: string; interactionId?: string };
    if (event.name === 'interaction' ? own === id : event.name !== 'message' || interactionId === id)
      update(applyEvent(state.value, event, serverNow.value));
  });

  const take = (fresh: Interaction) => update(model.applyInteraction(state.value, fresh));

  async function read(): Promise<void> {
    if (!thread.value) loadingThread.value = { [id]: 'loading' };
    try {
      await join.read(api.interaction(id), take);
      await join.read(api.messages(id), (page) => update(model.applyNewest(state.value, id, page)));
      loadingThread.value = {};
    } catch (error) {
      gone.value = error instanceof ApiError && error.status === 404;
      if (!thread.value) loadingThread.value = { [id]: 'failed' };
      throw error;
    }
  }

  const stream = createConnection(
    `${api.eventsUrl}?screen=supervisor&watch=${encodeURIComponent(id)}`,
    async () => {
      await api.interaction(id);
      return true;
    },
    {
      resync: read,
      event: (name, data) => {
        if (name === 'message' || name === 'message-status' || name === 'interaction') join.told({ name, data });
      },
      change: ({ online }) => {
        live.value = online;
      },
      signedOut: () => undefined,
    },
  );
  stream.start();
  onBeforeUnmount(() => stream.stop());

  /** Runs an action once at a time. Resolves to what went wrong, null if nothing did. */
  async function attempt(name: string, action: () => Promise<void>): Promise<unknown> {
    if (busy.value.includes(name)) return null;
    busy.value = [...busy.value, name];
    try {
      await action();
      return null;
    } catch (error) {
      return error;
    } finally {
      busy.value = busy.value.filter((other) => other !== name);
    }
  }
  const tried = async (name: string, action: () => Promise<void>): Promise<boolean> => {
    const error = await attempt(name, action);
    if (error) fail(error);
    return !error;
  };

  const history = useHistory({ api, state, update, selected });
  const closing = useClosing({
    ...{ api, state, update, fail, notify, t, selected },
    neighbourOf: () => null,
    select: async () => undefined,
    // A supervisor closes what is somebody else's.
    isMine: (one) => one.status === 'open',
  });

  const parts = {
    ...{ state, thread, loadingThread, busy, history, closing },
    unsent: computed(() => []),
    markRead: async () => undefined,
    send: () => undefined,
    retryThread: () => void read().catch(() => undefined),
    loadEarlier: async () => {
      const oldest = thread.value?.items[0];
      if (!oldest) return;
      await tried(`earlier:${id}`, async () =>
        update(model.applyEarlier(state.value, id, await api.messages(id, oldest.id, 100))),
      );
    },
    unfoldPast: async () => {
      await tried('past', () => history.unfold(id));
    },
    handling: {
      nameOf,
      targets: api.targets,
      async transfer(_id: string, to: { agent: string } | { queue: string }): Promise<string | null> {
        const error = await attempt('transfer', async () => take((await api.transfer(id, to)).interaction));
        if (error) return supervisor.reasonOf(error);
        notify(t('spy.transferred', { to: 'agent' in to ? nameOf(to.agent) : to.queue }));
        return null;
      },
    },
  };

  return {
    ...{ item, thread, gone, live, since, busy, closing, state },
    desk: deskParts(supervisor, parts as unknown as Partial<Desk>),
    takeOver: () => tried('take', async () => take((await api.take(id)).interaction)),
    reassign: (agent: string) =>
      tried('assign', async () => {
        const path = `/interactions/${encodeURIComponent(id)}/assign`;
        take((await api.call<{ interaction: Interaction }>('POST', path, { body: { agent } })).interaction);
        notify(t('spy.reassigned', { name: nameOf(agent) }));
      }),
    note: (text: string) =>
      tried('note', async () => update(model.applyMessage(state.value, (await api.note(id, text)).message))),
  };
}

export type Spy = ReturnType<typeof useSpy>;
