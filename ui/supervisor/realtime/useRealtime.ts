import { onActivated, onBeforeUnmount, onDeactivated, ref, shallowRef, watch } from 'vue';
import type { AgentNow, QueueToday, Realtime } from '../../../core/reports/api.ts';
import type { Supervisor } from '../useSupervisor.ts';
import { keepSame } from './figures.ts';

/** ms: the figures of today are counted as often. */
const EVERY = 5000;
/** ms after an event, so that a burst of them is one reading. */
const SOON = 700;
const KEY = 'wa-supervisor:within';
export const WITHIN = [20, 30, 60, 120, 300] as const;

function keptWithin(): number {
  try {
    return WITHIN.find((one) => String(one) === localStorage.getItem(KEY)) ?? 20;
  } catch {
    return 20;
  }
}

/** The figures of now, read again while they are looked at: regularly, and soon after something happened. */
export function useRealtime(supervisor: Supervisor) {
  const { api, on, onResync, online, timeZone, reasonOf } = supervisor;
  const now = shallowRef<Realtime | null>(null);
  const queues = shallowRef<readonly QueueToday[]>([]);
  const agents = shallowRef<readonly AgentNow[]>([]);
  const problem = ref('');
  /** Seconds within which an answer counts for the service level. */
  const within = ref(keptWithin());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown = false;
  let reading: Promise<void> | undefined;

  async function fetchNow(): Promise<void> {
    try {
      const query = `?within=${within.value}&tz=${encodeURIComponent(timeZone.value)}`;
      const fresh = await api.call<Realtime>('GET', `/realtime${query}`);
      queues.value = keepSame(queues.value, fresh.queues, (row) => row.id);
      agents.value = keepSame(agents.value, fresh.agents, (row) => row.username);
      now.value = fresh;
      problem.value = '';
    } catch (error) {
      problem.value = reasonOf(error);
    }
  }
  async function read(): Promise<void> {
    clearTimeout(timer);
    reading ??= fetchNow().finally(() => {
      reading = undefined;
    });
    await reading;
    next(EVERY);
  }
  function next(ms: number) {
    clearTimeout(timer);
    if (shown && online.value && document.visibilityState === 'visible') timer = setTimeout(() => void read(), ms);
  }

  onActivated(() => {
    shown = true;
    void read();
  });
  onDeactivated(() => {
    shown = false;
    clearTimeout(timer);
  });
  const look = () => next(0);
  document.addEventListener('visibilitychange', look);
  const stops = [
    ...['queues', 'presence', 'interaction'].map((event) => on(event, () => next(SOON))),
    onResync(async () => {
      if (shown) await read();
    }),
  ];
  watch([within, timeZone], () => {
    try {
      localStorage.setItem(KEY, String(within.value));
    } catch {
      // It holds until the page is left.
    }
    void read();
  });
  onBeforeUnmount(() => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
    for (const stop of stops) stop();
  });
  return { now, queues, agents, problem, within, read };
}
