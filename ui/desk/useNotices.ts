import { ref } from 'vue';
import type { Notification } from '../shared/types.ts';

export type NoticeLevel = Notification['level'];

/** Something that comes up at the edge: what the desk has to say, or what a flow tells its agents. */
export interface Notice {
  id: number;
  level: NoticeLevel;
  text: string;
  /** From the flow: when it was told, whether it shakes, and what it is about. */
  told?: { at: string; shake: boolean; interactionId: string };
}

/** How long (ms) a notice stays by itself; what a flow calls an error stays until it is taken away. */
const OWN = 8000;
const STAYS: Record<NoticeLevel, number> = { info: 10_000, warning: 25_000, error: Number.POSITIVE_INFINITY };
/** More would cover the lists: the oldest goes. */
const MOST = 4;

/** The notices that are shown, oldest first. `sound` is called for a notification that asks for one. */
export function useNotices(sound: () => void) {
  const notices = ref<readonly Notice[]>([]);
  const timers = new Map<number, ReturnType<typeof setTimeout>>();
  let last = 0;

  function dismiss(id: number) {
    release(id);
    notices.value = notices.value.filter((notice) => notice.id !== id);
  }

  function release(id: number) {
    clearTimeout(timers.get(id));
    timers.delete(id);
  }

  function leaveIn(id: number, ms: number) {
    release(id);
    if (Number.isFinite(ms))
      timers.set(
        id,
        setTimeout(() => dismiss(id), ms),
      );
  }

  function add(notice: Omit<Notice, 'id'>, ms: number) {
    const id = ++last;
    for (const old of notices.value.slice(0, Math.max(0, notices.value.length - MOST + 1))) dismiss(old.id);
    notices.value = [...notices.value, { ...notice, id }];
    leaveIn(id, ms);
  }

  return {
    notices,
    dismiss,
    /** Something of the desk's own. */
    notify: (text: string, bad = false) => add({ level: bad ? 'error' : 'info', text }, OWN),
    /** What a flow tells. */
    tell({ level, text, at, sound: loud, shake, interactionId }: Notification) {
      add({ level, text, told: { at, shake, interactionId } }, STAYS[level]);
      if (loud) sound();
    },
    /** While somebody reads or uses it, it stays. */
    hold: release,
    /** It goes as if it had come now. */
    letGo: (notice: Notice) => leaveIn(notice.id, notice.told ? STAYS[notice.level] : OWN),
    reset() {
      for (const id of [...timers.keys()]) release(id);
      notices.value = [];
    },
  };
}
