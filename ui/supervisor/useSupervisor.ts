import { computed, type InjectionKey, inject, ref, shallowRef } from 'vue';
import { accountColor, failureText } from '../desk/presentation.ts';
import { useNotices } from '../desk/useNotices.ts';
import { useSession } from '../desk/useSession.ts';
import { ApiError, createApi, Unreachable } from '../shared/api.ts';
import { type ConnectionStatus, createConnection } from '../shared/connection.ts';
import type { AgentInfo, DeskAccount } from '../shared/types.ts';
import { createTexts } from './texts.ts';
import { createZone } from './zone.ts';

/** The screens, in the order of the bar. */
export const SECTIONS = ['interactions', 'realtime', 'reports', 'administration'] as const;
export type Section = (typeof SECTIONS)[number];

/** What is asked before something that cannot be undone. */
export interface Question {
  title: string;
  lead: string;
  /** What the button says. */
  action: string;
  danger?: boolean;
}

/** What all sections need to know of the contact centre. */
export interface Around {
  accounts: readonly DeskAccount[];
  queues: readonly string[];
  pauses: readonly string[];
  lists: readonly string[];
  /** Names of all agents there are or were, by username. */
  names: Readonly<Record<string, string>>;
}

const NOTHING: Around = { accounts: [], queues: [], pauses: [], lists: [], names: {} };

/** Everything the supervisor's screens share. Dispose of it with `stop`. */
export function createSupervisor({ root }: { root: string }) {
  const { t, language, load, choose } = createTexts();
  const me = ref<AgentInfo | null>(null);
  const around = shallowRef<Around>(NOTHING);
  const section = ref<Section>('interactions');
  /** What a section was asked to show, by whoever went there. */
  const wish = shallowRef<unknown>(null);
  const connection = ref<ConnectionStatus>({ online: false, since: null, nextTry: null });
  const online = computed(() => connection.value.online);
  const zone = createZone();
  const { notices, notify, dismiss, ...notice } = useNotices(() => undefined);
  const now = ref(Date.now());
  let clockOffset = 0;
  const serverNow = computed(() => now.value + clockOffset);
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 1000);
  const api = createApi({
    root,
    onClock: (offset) => {
      clockOffset = Math.abs(offset) < 2500 ? 0 : offset;
    },
  });

  // ------------------------------------------------------------------ live

  const listeners = new Map<string, Set<(data: unknown) => void>>();
  const readers = new Set<() => Promise<void>>();

  /** Calls back with the data of each event of this kind. Returns how to stop. */
  function on<T>(event: string, listener: (data: T) => void): () => void {
    const all = listeners.get(event) ?? new Set();
    listeners.set(event, all.add(listener as (data: unknown) => void));
    return () => all.delete(listener as (data: unknown) => void);
  }

  /** Calls back whenever events may have been missed: read anew what is shown. Returns how to stop. */
  function onResync(reader: () => Promise<void>): () => void {
    readers.add(reader);
    return () => readers.delete(reader);
  }

  async function readAround(): Promise<void> {
    const [desk, { colleagues }] = await Promise.all([api.desk(), api.colleagues()]);
    around.value = {
      accounts: desk.accounts,
      queues: desk.queues.map((queue) => queue.name),
      pauses: desk.pauses,
      lists: desk.lists ?? [],
      names: Object.fromEntries(colleagues.map((one) => [one.username, one.name])),
    };
  }

  const live = createConnection(
    `${api.eventsUrl}?screen=supervisor`,
    async () => {
      try {
        await api.session();
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return false;
        throw error;
      }
    },
    {
      async resync() {
        await readAround();
        for (const reader of readers) await reader();
      },
      event(name, data) {
        for (const listener of listeners.get(name) ?? []) listener(data);
      },
      change: (status) => {
        connection.value = status;
      },
      signedOut: () => session.end(t('login.ended')),
    },
  );

  // ------------------------------------------------------------------ session

  const isSupervisor = computed(() => me.value?.role === 'supervisor' || me.value?.role === 'admin');
  const isAdmin = computed(() => me.value?.role === 'admin');
  const sections = computed(() => SECTIONS.filter((one) => one !== 'administration' || isAdmin.value));

  const session = useSession({
    api,
    root,
    t,
    now: () => ({ me: me.value, selected: null }),
    enter(agent) {
      me.value = agent;
      // Agents are not let in, and are not to ring because of this page.
      if (isSupervisor.value) live.start();
    },
    leave() {
      live.stop();
      me.value = null;
      around.value = NOTHING;
      wish.value = null;
      answer(false);
      notice.reset();
      connection.value = { online: false, since: null, nextTry: null };
    },
    fail,
    notify,
  });

  /** Why something did not work, in plain words; with the session over it goes to the log-in. */
  function reasonOf(error: unknown): string {
    if (error instanceof ApiError && error.status === 401) session.end(t('login.ended'));
    return failureText(t, error instanceof ApiError ? error.code : error instanceof Unreachable ? 'unreachable' : '');
  }
  function fail(error: unknown): void {
    notify(t('action.failed', { reason: reasonOf(error) }), true);
  }

  // ------------------------------------------------------------------ questions

  const asking = shallowRef<(Question & { answer: (yes: boolean) => void }) | null>(null);
  function answer(yes: boolean): void {
    asking.value?.answer(yes);
    asking.value = null;
  }

  async function start(): Promise<void> {
    try {
      await load();
    } catch {
      // The server may still be starting; keys stand for texts until it gives them.
    }
    await session.start();
  }

  return {
    ...{ t, language, chooseLanguage: choose, root, api, me, isAdmin, isSupervisor, around, section, sections, wish },
    ...{ connection, online, now, serverNow, on, onResync, notices, notify, dismiss, fail, reasonOf, asking, answer },
    retryNow: live.retryNow,
    /** After something of it was changed here. */
    readAround,
    hold: notice.hold,
    letGo: notice.letGo,
    phase: session.phase,
    session,
    /** The zone that times are shown and days are counted in, an IANA name. */
    timeZone: zone.timeZone,
    chooseZone: zone.choose,
    nameOf: (username: string | null | undefined) => (username ? around.value.names[username] || username : ''),
    color: (account: string) => accountColor(around.value.accounts, account),
    /** Goes to a section; `asked` is for its own understanding. */
    go(to: Section, asked: unknown = null): void {
      wish.value = asked;
      section.value = to;
    },
    /** Asks in a dialog. Resolves to whether it was confirmed. */
    confirm(question: Question): Promise<boolean> {
      answer(false);
      return new Promise((resolve) => {
        asking.value = { ...question, answer: resolve };
      });
    },
    start,
    stop(): void {
      clearInterval(timer);
      notice.reset();
      session.stop();
      live.stop();
    },
  };
}

export type Supervisor = ReturnType<typeof createSupervisor>;
export const supervisorKey: InjectionKey<Supervisor> = Symbol('supervisor');

/** What the screens around this component share. */
export function useSupervisor(): Supervisor {
  const supervisor = inject(supervisorKey);
  if (!supervisor) throw new Error('This component lives inside the supervisor’s screens');
  return supervisor;
}
