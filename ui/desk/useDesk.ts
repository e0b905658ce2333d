import { computed, type InjectionKey, inject, nextTick, ref, shallowRef, watch } from 'vue';
import { ApiError, createApi, Unreachable } from '../shared/api.ts';
import { type ConnectionStatus, createConnection } from '../shared/connection.ts';
import type { useLanguage } from '../shared/language.ts';
import { at } from '../shared/time.ts';
import type { DeskSnapshot, Interaction, Notification } from '../shared/types.ts';
import { applyEvent, createJoin } from './events.ts';
import { pendingFiles } from './files.ts';
import { pending } from './outbox.ts';
import { accountColor, failureText } from './presentation.ts';
import * as model from './state.ts';
import { createKeep, type Keep } from './storage.ts';
import { useAnnouncements } from './useAnnouncements.ts';
import { useClosing } from './useClosing.ts';
import { useDrafts } from './useDrafts.ts';
import { useFiles } from './useFiles.ts';
import { useHandling } from './useHandling.ts';
import { useHistory } from './useHistory.ts';
import { useLooking } from './useLooking.ts';
import { type Notice, useNotices } from './useNotices.ts';
import { useSender } from './useSender.ts';
import { useSession } from './useSession.ts';
import { useSettings } from './useSettings.ts';
import { useTabs } from './useTabs.ts';
import { useTyping } from './useTyping.ts';

/** What may be heard besides ringing: a message in a tab, a notification of a flow. */
export type Cue = 'message' | 'notification';
export type DeskLanguage = Pick<ReturnType<typeof useLanguage>, 'choice' | 'locale' | 't'>;
export interface DeskOptions {
  root: string;
  language: DeskLanguage;
  cue: (kind: Cue) => void;
}

/** Everything the screens need: what is known, what is chosen, and what the agent can do. Dispose of it with `stop`. */
export function createDesk({ root, language, cue }: DeskOptions) {
  const { t, locale } = language;
  const state = shallowRef<model.DeskState>(model.EMPTY);
  const selected = ref<string | null>(null);
  const listOpen = ref(false);
  const contactOpen = ref(false);
  const connection = ref<ConnectionStatus>({ online: false, since: null, nextTry: null });
  const online = computed(() => connection.value.online);
  const loadingThread = ref<Record<string, 'loading' | 'failed'>>({});
  const folded = ref<readonly string[]>([]);
  const busy = ref<readonly string[]>([]);
  const asOf = ref<number | null>(null);
  const { notices, notify, tell, dismiss, ...notice } = useNotices(() => cue('notification'));
  /** Own time of the last tick, ms; `serverNow` is corrected by what the server's clock says. */
  const now = ref(Date.now());
  let clockOffset = 0;
  const serverNow = computed(() => now.value + clockOffset);
  const serverTime = () => Date.now() + clockOffset;

  const api = createApi({
    root,
    onClock: (offset) => {
      // The header is exact to a second and the answer travels: small differences mean nothing.
      clockOffset = Math.abs(offset) < 2500 ? 0 : offset;
    },
  });
  const update = (next: model.DeskState) => {
    // A countdown that appears between two ticks starts with its full time.
    now.value = Date.now();
    state.value = next;
  };
  const sender = useSender(api, online, (message) => update(model.applyMessage(state.value, message)));
  const files = useFiles(api, online, (message) => update(model.applyMessage(state.value, message)));
  const drafts = useDrafts();
  const settings = useSettings();
  const { polite, assertive, announce } = useAnnouncements({ t, state, selected, isMine: (item) => isMine(item), cue });
  const history = useHistory({ api, state, update, selected });
  const looking = useLooking({ api, selected, online });
  let keep: Keep | undefined;

  // ---------------------------------------------------------------- reading

  let reading: ReturnType<typeof setTimeout> | undefined;
  const join = createJoin((event) => update(applyEvent(state.value, event, serverTime())));

  function readDesk(): Promise<DeskSnapshot> {
    return join.read(api.desk(), (desk) => {
      const { me } = state.value;
      if (me?.username !== desk.agent.username) {
        // Another window has logged somebody else in, or out.
        if (me) void session.goOnAs(desk.agent.username);
        throw new Unreachable();
      }
      update(model.applyDesk(state.value, desk));
      asOf.value = Date.now();
    });
  }
  /** Reads the desk once soon, however many hints ask for it. */
  function readSoon() {
    clearTimeout(reading);
    reading = setTimeout(() => void readDesk().catch(() => undefined), 400);
  }

  async function readThread(id: string): Promise<void> {
    if (!state.value.threads[id]) loadingThread.value = { ...loadingThread.value, [id]: 'loading' };
    try {
      await join.read(api.messages(id), (page) => update(model.applyNewest(state.value, id, page)));
      const { [id]: _, ...rest } = loadingThread.value;
      loadingThread.value = rest;
    } catch (error) {
      if (!state.value.threads[id]) loadingThread.value = { ...loadingThread.value, [id]: 'failed' };
      if (error instanceof Unreachable) throw error;
    }
  }

  async function readEarlier(id: string): Promise<void> {
    const oldest = state.value.threads[id]?.items[0];
    if (oldest) update(model.applyEarlier(state.value, id, await api.messages(id, oldest.id, 100)));
  }

  async function resync(stream: string | null): Promise<void> {
    looking.opened(stream);
    const { disposing = [] } = await readDesk();
    const { tabs, threads } = state.value;
    history.forget();
    const shown = history.shown();
    const open = Object.keys(threads).filter((id) => tabs.includes(id) || id === selected.value || shown.includes(id));
    update(model.forgetThreads(state.value, open));
    for (const id of open) await readThread(id);
    if (selected.value && !state.value.interactions[selected.value]) selected.value = null;
    if (!selected.value) chooseFirst();
    else if (!state.value.threads[selected.value]) await readThread(selected.value);
    closing.resume(disposing);
    void handling.readNames();
  }

  // ---------------------------------------------------------------- events

  function onEvent(name: string, data: unknown) {
    if (name === 'looking') return looking.heard(data);
    const before = state.value;
    join.told({ name, data });
    if (name === 'interaction' && model.needsReading(before, data as Interaction)) readSoon();
    if (name === 'notification') tell(data as Notification);
    announce(before, name, data);
  }

  // ---------------------------------------------------------------- session

  const live = createConnection(
    api.eventsUrl,
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
      resync,
      event: onEvent,
      change: (status) => {
        connection.value = status;
      },
      signedOut: () => session.end(t('login.ended')),
    },
  );

  const session = useSession({
    api,
    root,
    t,
    now: () => ({ me: state.value.me, selected: selected.value }),
    enter(agent, former) {
      keep = createKeep(agent.username, root);
      sender.open(keep);
      drafts.open(keep);
      settings.open(keep);
      update({ ...model.EMPTY, me: agent });
      selected.value = former;
      live.start();
    },
    leave() {
      live.stop();
      drafts.flush();
      sender.reset();
      files.reset();
      drafts.reset();
      settings.reset();
      clearTimeout(reading);
      update(model.EMPTY);
      selected.value = null;
      folded.value = [];
      notice.reset();
      asOf.value = null;
      connection.value = { online: false, since: null, nextTry: null };
      closing.reset();
      history.reset();
      handling.reset();
    },
    fail,
    notify,
  });

  async function logout(handBack: boolean): Promise<void> {
    const own = keep;
    if (await session.logout(handBack)) own?.clear();
  }

  // ---------------------------------------------------------------- doing

  /** Goes to what a notice is about: its tab, which is opened if it was closed. */
  function follow({ id, told }: Notice) {
    const about = told && state.value.interactions[told.interactionId];
    if (!about || !isMine(about)) return;
    dismiss(id);
    void (about.tabOpen ? select(about.id) : openTab(about.id));
  }

  /** Says in plain words why something did not work. */
  function fail(error: unknown) {
    if (error instanceof ApiError && error.status === 401) {
      session.end(t('login.ended'));
      return;
    }
    const code = error instanceof ApiError ? error.code : error instanceof Unreachable ? 'unreachable' : 'unknown';
    notify(t('action.failed', { reason: failureText(t, code) }), true);
  }

  /** Runs an action once at a time under a name; while it runs, `busy` holds the name. */
  async function once(name: string, action: () => Promise<void>): Promise<void> {
    if (busy.value.includes(name)) return;
    busy.value = [...busy.value, name];
    try {
      await action();
    } catch (error) {
      fail(error);
    } finally {
      busy.value = busy.value.filter((other) => other !== name);
    }
  }

  const { accept, reject, take, openTab, closeTab, neighbourOf } = useTabs({
    ...{ api, state, update, selected, serverTime, once, readSoon },
    select: (id) => select(id),
  });

  async function select(id: string | null): Promise<void> {
    selected.value = id;
    listOpen.value = false;
    contactOpen.value = false;
    if (!id) return;
    if (!state.value.threads[id]) await readThread(id).catch(() => undefined);
    await nextTick();
  }

  /** To the tab of the customer who waits longest after the one that is open, or of the one before. */
  async function selectWaiting(by: 1 | -1): Promise<void> {
    const next = model.nextWaiting(state.value, selected.value, by);
    if (next) await select(next);
  }

  function chooseFirst() {
    const first = state.value.tabs[0];
    if (first) void select(first);
  }

  const retryThread = (id: string) => void readThread(id).catch(() => undefined);

  const loadEarlier = (id: string) => once(`earlier:${id}`, () => readEarlier(id));

  const setPresence = (next: 'available' | 'paused', pause?: string) =>
    once('presence', async () => {
      const answer = await api.presence(next, pause);
      const since = new Date(serverNow.value).toISOString();
      const presence = answer?.presence ?? { state: next, pause: pause ?? null, since, ...answer };
      update({ ...state.value, presence });
    });

  /** Tells the server what the agent has before the eyes. A failure is made good by the next time. */
  async function markRead(id: string): Promise<void> {
    const interaction = state.value.interactions[id];
    if (!interaction || interaction.unread === 0 || !online.value || !isMine(interaction)) return;
    try {
      const answer = await api.read(id);
      const known = state.value.interactions[id];
      if (answer?.interaction) update(model.applyInteraction(state.value, answer.interaction));
      else if (known) update(model.applyInteraction(state.value, { ...known, unread: 0 }));
    } catch {
      // The badge stays.
    }
  }

  const typing = useTyping({
    api,
    may: (id) => {
      const interaction = state.value.interactions[id];
      return interaction !== undefined && online.value && isMine(interaction);
    },
  });

  function send(id: string, text: string) {
    drafts.set(id, '');
    sender.send(id, text);
  }

  /** Sends the files that are chosen, with what is written as the caption of the first. */
  function sendFiles(id: string, text: string) {
    drafts.set(id, '');
    files.send(id, text);
  }

  /** Asks the server to fetch a file of a message once more. */
  const fetchAgain = (message: string, index: number) =>
    once(`media:${message}:${index}`, async () => {
      update(model.applyMessage(state.value, (await api.fetchAgain(message, index)).message));
    });

  const isMine = (interaction: Interaction) =>
    interaction.status === 'open' && interaction.agent !== null && interaction.agent === state.value.me?.username;
  const handling = useHandling({
    api,
    state,
    update,
    neighbourOf,
    select,
    selected,
    isMine,
    openTab,
    readSoon,
    fail,
    keepText: (id, text) => {
      if (!drafts.drafts.value[id]) drafts.set(id, text);
    },
    notify,
    t,
    locale,
  });
  const closing = useClosing({ api, state, update, fail, neighbourOf, select, selected, isMine, notify, t });

  // ---------------------------------------------------------------- derived

  const list = (ids: readonly string[]) =>
    ids.map((id) => state.value.interactions[id]).filter((item): item is Interaction => item !== undefined);

  const tabs = computed(() => list(state.value.tabs));
  const assigned = computed(() => list(state.value.assigned));
  /** What rings here stands among the offers already. */
  const unassigned = computed(() => {
    const offered = new Set(state.value.offers.map((offer) => offer.interaction.id));
    return list(state.value.unassigned).filter((item) => !offered.has(item.id));
  });
  const current = computed(() => (selected.value ? (state.value.interactions[selected.value] ?? null) : null));
  const thread = computed(() => (selected.value ? state.value.threads[selected.value] : undefined));
  const unsent = computed(() => {
    const { me, threads } = state.value;
    const id = selected.value;
    return id && me ? pending(sender.box.value, id, threads[id]?.items ?? [], me.username) : [];
  });
  const uploads = computed(() => {
    const { me, threads } = state.value;
    const id = selected.value;
    return id && me ? pendingFiles(files.queue.value, id, threads[id]?.items ?? [], me.username) : [];
  });
  const ringing = computed(() => state.value.offers);
  /** The offer that calls as a card: the oldest that was not folded. */
  const calling = computed(() => ringing.value.find((offer) => !folded.value.includes(offer.id)) ?? null);
  const fold = () => {
    folded.value = [...folded.value.slice(-50), ...ringing.value.map((offer) => offer.id)];
  };
  const unfold = (id: string) => {
    folded.value = folded.value.filter((other) => other !== id);
  };
  const attention = computed(() => ringing.value.length + tabs.value.filter((tab) => tab.unread > 0).length);
  const color = (account: string) => accountColor(state.value.accounts, account);

  const leaving = () => {
    drafts.flush();
    sender.abandon();
  };
  const timer = setInterval(() => {
    now.value = Date.now();
    update(model.tick(state.value, serverNow.value));
  }, 1000);
  // A conversation that went away from under the agent does not stay in front.
  watch(current, (item) => {
    if (selected.value && !item) selected.value = null;
  });

  return {
    t,
    language,
    locale,
    state,
    phase: session.phase,
    loginNote: session.note,
    selected,
    current,
    thread,
    unsent,
    uploads,
    files,
    tabs,
    assigned,
    unassigned,
    ringing,
    calling,
    attention,
    connection,
    online,
    loadingThread,
    listOpen,
    contactOpen,
    notices,
    notify,
    hold: notice.hold,
    letGo: notice.letGo,
    follow,
    busy,
    polite,
    assertive,
    asOf,
    settings: settings.settings,
    setSettings: settings.set,
    former: session.former,
    notReady: session.notReady,
    changePassword: session.changePassword,
    now,
    serverNow,
    drafts: drafts.drafts,
    setDraft: drafts.set,
    notes: drafts.notes,
    setNote: drafts.setNote,
    history,
    handling,
    mediaUrl: (url: string) => `${root}${url.slice(Math.max(0, url.indexOf('/api/media/')))}`,
    outbox: sender.box,
    closing,
    color,
    isMine,
    start: session.start,
    login: session.login,
    logout,
    accept,
    reject,
    take,
    openTab,
    closeTab,
    select,
    selectWaiting,
    loadEarlier,
    unfoldPast: (id: string) => once('past', () => history.unfold(id)),
    retryThread,
    setPresence,
    markRead,
    typing,
    send,
    sendFiles,
    fetchAgain,
    retry: sender.retry,
    discard: sender.discard,
    lookers: looking.others,
    fold,
    unfold,
    dismiss,
    retryNow: live.retryNow,
    windowLeft: (interaction: Interaction) => at(interaction.windowClosesAt) - serverNow.value,
    stop() {
      clearInterval(timer);
      clearTimeout(reading);
      notice.reset();
      session.stop();
      looking.stop();
      leaving();
      drafts.reset();
      sender.reset();
      files.reset();
      files.stop();
      settings.reset();
      live.stop();
    },
    /** The page goes, or may go. */
    leaving,
  };
}

export type Desk = ReturnType<typeof createDesk>;
export const deskKey: InjectionKey<Desk> = Symbol('desk');

/** The desk of the widget around this component. */
export function useDesk(): Desk {
  const desk = inject(deskKey);
  if (!desk) throw new Error('This component lives inside the desk');
  return desk;
}
