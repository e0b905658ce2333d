import { ref } from 'vue';
import { type Api, ApiError } from '../shared/api.ts';
import type { Translate } from '../shared/i18n.ts';
import type { AgentInfo } from '../shared/types.ts';
import { createSignIn } from './storage.ts';

export type Phase = 'starting' | 'login' | 'desk';

export interface SessionOptions {
  api: Api;
  root: string;
  t: Translate;
  /** Who is at the desk, and with which conversation in front. */
  now: () => { me: AgentInfo | null; selected: string | null };
  /** Opens the desk. `selected`: what was in front when this agent was here last. */
  enter: (agent: AgentInfo, selected: string | null) => void;
  /** Empties the desk; what was written stays in the browser. */
  leave: () => void;
  fail: (error: unknown) => void;
  notify: (text: string) => void;
}

/** ms until a server that was not ready is asked again. */
const START_AGAIN = 3000;

/** Who is at the desk. The session is one for all windows of a browser, so they are logged in and out together. */
export function useSession({ api, root, t, now, enter, leave, fail, notify }: SessionOptions) {
  const phase = ref<Phase>('starting');
  /** The server did not answer the first question yet. */
  const notReady = ref(false);
  /** What is said above the log-in; `bad`: it did not work. */
  const note = ref<{ text: string; bad: boolean } | null>(null);
  /** Who was here last, and with which conversation: who logs in again goes on there. */
  const former = ref<{ username: string; selected: string | null } | null>(null);
  const signIn = createSignIn(root);
  let again: ReturnType<typeof setTimeout> | undefined;

  function begin(agent: AgentInfo) {
    enter(agent, former.value?.username === agent.username ? former.value.selected : null);
    note.value = null;
    phase.value = 'desk';
  }

  /** The session is over. `text` says why, if nobody asked for it. */
  function end(text: string | null) {
    const { me, selected } = now();
    former.value = me && { username: me.username, selected };
    leave();
    note.value = text === null ? null : { text, bad: false };
    phase.value = 'login';
  }

  async function start(): Promise<void> {
    clearTimeout(again);
    try {
      const { agent } = await api.session();
      if (phase.value !== 'desk') begin(agent);
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) {
        phase.value = 'login';
        return;
      }
      phase.value = 'starting';
      notReady.value = true;
      again = setTimeout(() => void start(), START_AGAIN);
    }
  }

  async function login(username: string, password: string): Promise<void> {
    try {
      const { agent } = await api.login(username, password);
      begin(agent);
      signIn.tell(agent.username);
    } catch (error) {
      note.value = { text: loginError(t, error), bad: true };
    }
  }

  /** Logs out; with `handBack` every conversation is handed back. Resolves to whether it worked. */
  async function logout(handBack: boolean): Promise<boolean> {
    try {
      await api.logout(handBack);
    } catch (error) {
      fail(error);
      return false;
    }
    end(null);
    former.value = null;
    signIn.tell(null);
    return true;
  }

  const stopWatching = signIn.watch((username) => {
    if (phase.value === 'desk' && username !== now().me?.username) void goOnAs(username);
    else if (phase.value === 'login' && username) void start();
  });

  /** Another window has logged somebody else in, or out. */
  async function goOnAs(username: string | null): Promise<void> {
    end(username ? null : t('login.elsewhere'));
    if (!username) return;
    await start();
    const { me } = now();
    if (me) notify(t('login.switched', { name: me.name || me.username }));
  }

  return {
    phase,
    notReady,
    note,
    former,
    start,
    login,
    logout,
    end,
    goOnAs,
    /** Rejects with what the server says against it. */
    changePassword: (current: string, next: string) => api.changePassword(current, next),
    stop() {
      clearTimeout(again);
      stopWatching();
    },
  };
}

function loginError(t: Translate, error: unknown): string {
  if (!(error instanceof ApiError)) return t('login.unreachable');
  if (error.status === 401) return t('login.wrong');
  if (error.status === 429) return t('login.tooMany');
  return t('login.refused', { code: error.code });
}
