import { createBatches } from './batches.ts';

/** What the connection tells its owner. */
export interface ConnectionEvents {
  /** The stream is open, under this name: read everything that may have changed. The connection counts as online when this resolves. */
  resync: (connection: string | null) => Promise<void>;
  event: (name: string, data: unknown) => void;
  /** `since`, `nextTry`: ms of the own clock. */
  change: (status: ConnectionStatus) => void;
  /** The server says that nobody is logged in any more. */
  signedOut: () => void;
}

export interface ConnectionStatus {
  online: boolean;
  /** Since when there is no connection; null while there is one, and before the first. */
  since: number | null;
  nextTry: number | null;
}

export const EVENT_NAMES = [
  'offer',
  'offer-ended',
  'message',
  'message-status',
  'interaction',
  'notification',
  'presence',
  'queues',
  'looking',
] as const;

const DELAYS = [500, 1000, 2000, 4000, 8000, 15_000];
/**
 * Without a sign of life for so long (ms) the stream is dead, whatever the browser believes: a cut cable, a sleeping machine or a
 * router that forgot the connection ends none. The server speaks at least every 20 s.
 */
const SILENT = 45_000;
const HELLO = 10_000;

function nameIn(event: Event): string | null {
  try {
    return (JSON.parse((event as MessageEvent<string>).data) as { connection?: string }).connection ?? null;
  } catch {
    return null;
  }
}

/**
 * The live connection: one stream of server-sent events, opened again after every loss with growing pauses. The browser's own
 * reconnecting is not used, since it hides when the next try is and why the last one failed.
 * `probe` resolves to whether the session is still there, and rejects if the server cannot be reached.
 */
export function createConnection(url: string, probe: () => Promise<boolean>, on: ConnectionEvents) {
  let source: EventSource | undefined;
  let status: ConnectionStatus = { online: false, since: null, nextTry: null };
  let attempt = 0;
  let heard = 0;
  let wanted = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let helloTimer: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setInterval> | undefined;

  const heardEvents = createBatches(({ name, data }: { name: string; data: string }) => {
    try {
      on.event(name, JSON.parse(data));
    } catch {
      // A hint that cannot be read is made good by the next reading of the desk.
    }
  });

  function set(next: ConnectionStatus) {
    status = next;
    on.change(next);
  }

  function drop() {
    source?.close();
    source = undefined;
    heardEvents.clear();
    clearTimeout(retry);
    clearTimeout(helloTimer);
  }

  function open() {
    drop();
    if (!wanted) return;
    set({ ...status, nextTry: null });
    const mine = new EventSource(url);
    source = mine;
    heard = Date.now();
    helloTimer = setTimeout(() => lost(mine), HELLO);
    mine.onerror = () => lost(mine);
    const hear = (name: string, act: (event: Event) => void) =>
      mine.addEventListener(name, (event) => {
        if (source !== mine) return;
        heard = Date.now();
        act(event);
      });
    hear('alive', () => undefined);
    hear('hello', (event) => {
      clearTimeout(helloTimer);
      on.resync(nameIn(event)).then(
        () => {
          if (source !== mine) return;
          attempt = 0;
          set({ online: true, since: null, nextTry: null });
        },
        () => lost(mine),
      );
    });
    for (const name of EVENT_NAMES) {
      hear(name, (event) => heardEvents.add({ name, data: (event as MessageEvent<string>).data }));
    }
  }

  function lost(which: EventSource | undefined) {
    if (source !== which || !wanted) return;
    drop();
    // Spread, so that a server which comes back is not asked by all its desks at once.
    const delay = Math.round((DELAYS[Math.min(attempt, DELAYS.length - 1)] ?? 15_000) * (0.8 + Math.random() * 0.4));
    attempt += 1;
    set({ online: false, since: status.since ?? Date.now(), nextTry: Date.now() + delay });
    retry = setTimeout(() => void tryAgain(), delay);
  }

  async function tryAgain() {
    try {
      if (await probe()) open();
      else if (wanted) {
        stop();
        on.signedOut();
      }
    } catch {
      if (wanted) lost(source);
    }
  }

  /** Also the first thing that runs when a machine wakes up. */
  function check() {
    if (source && (Date.now() - heard > SILENT || source.readyState === EventSource.CLOSED)) lost(source);
  }

  const wake = () => {
    if (document.visibilityState !== 'visible') return;
    check();
    retryNow();
  };
  const offline = () => lost(source);

  function start() {
    wanted = true;
    attempt = 0;
    status = { online: false, since: null, nextTry: null };
    addEventListener('online', retryNow);
    addEventListener('offline', offline);
    document.addEventListener('visibilitychange', wake);
    watch = setInterval(check, 5000);
    open();
  }

  function stop() {
    wanted = false;
    drop();
    clearInterval(watch);
    removeEventListener('online', retryNow);
    removeEventListener('offline', offline);
    document.removeEventListener('visibilitychange', wake);
  }

  /** Tries at once instead of waiting for the pause to end. */
  function retryNow() {
    if (!wanted || status.online || source) return;
    clearTimeout(retry);
    set({ ...status, nextTry: null });
    void tryAgain();
  }

  return { start, stop, retryNow };
}
