import { ref } from 'vue';
import * as sounds from './sounds.ts';
import type { Cue } from './useDesk.ts';

/** `blocked`: the browser plays nothing before a click or a key press. `none`: it cannot play at all. */
export type SoundState = 'idle' | 'ready' | 'blocked' | 'none';

/** ms between two sounds of messages: a customer who writes a lot is heard once. */
const PAUSE = 1500;

/**
 * Makes the sounds. `lock` names what only one window of a browser may do at a time, so that two desks do not ring out of step; a
 * window whose sound is blocked leaves it to the others.
 */
export function createRinger(lock: string) {
  const state = ref<SoundState>('idle');
  let context: AudioContext | undefined;
  let out: GainNode | undefined;
  /** What the present ring goes through. */
  let ringing: GainNode | undefined;
  let volume = 0.7;
  let wanted = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  let release: (() => void) | undefined;
  let asked = false;
  const closed = new AbortController();
  let last = 0;

  function look() {
    if (!context) return;
    state.value = context.state === 'running' ? 'ready' : context.state === 'closed' ? 'none' : 'blocked';
    if (state.value === 'ready') void beTheOne();
    apply();
  }

  /** Waits for its turn to be the window that is heard, which it then is until it closes. */
  async function beTheOne() {
    if (asked) return;
    asked = true;
    // Plain http has no locks: then every window rings.
    if (!navigator.locks) {
      release = () => undefined;
      return;
    }
    try {
      await navigator.locks.request(
        lock,
        { signal: closed.signal },
        () =>
          new Promise<void>((resolve) => {
            release = resolve;
            apply();
          }),
      );
    } catch {
      // Closed while others had it.
    }
  }

  const audible = () => state.value === 'ready' && release !== undefined && volume > 0;

  function apply() {
    const rings = wanted && audible();
    if (rings === (timer !== undefined)) return;
    clearInterval(timer);
    timer = undefined;
    if (!rings) return hush();
    ring();
    timer = setInterval(ring, sounds.RING_EVERY * 1000);
  }

  function ring() {
    if (!context || !out || !audible()) return;
    ringing = context.createGain();
    ringing.connect(out);
    sounds.ring(context, ringing, context.currentTime + 0.02);
  }

  /** What was struck fades at once: an offer that ended is silent. */
  function hush() {
    if (context) ringing?.gain.setTargetAtTime(0, context.currentTime, 0.03);
    ringing = undefined;
  }

  /** By ear: half of the way is half as loud. */
  function loud() {
    if (context && out) out.gain.setTargetAtTime(volume * volume, context.currentTime, 0.02);
  }

  function prepare() {
    if (context) return;
    try {
      context = new AudioContext({ latencyHint: 'interactive' });
      out = context.createGain();
      out.gain.value = volume * volume;
      out.connect(context.destination);
      context.onstatechange = look;
    } catch {
      state.value = 'none';
    }
  }

  return {
    state,
    /** Finds out whether the browser lets the page be heard. */
    prepare: () => {
      prepare();
      context?.resume().then(look, look);
      look();
    },
    /** Call it in a click or key press: browsers let a page make sounds only after one. */
    unlock: () => {
      if (state.value === 'ready') return;
      prepare();
      context?.resume().then(look, look);
    },
    /** 0 to 1. */
    setVolume: (value: number) => {
      volume = value;
      loud();
      apply();
    },
    /** Rings, or stops ringing. */
    set: (on: boolean) => {
      wanted = on;
      apply();
    },
    cue: (kind: Cue) => {
      const now = Date.now();
      if (kind === 'message' && (now - last < PAUSE || timer)) return;
      if (!context || !out || !audible()) return;
      last = now;
      const sound = kind === 'message' ? sounds.message : sounds.notification;
      sound(context, out, context.currentTime + 0.02);
    },
    /** One ring, for who sets the volume. */
    try: () => {
      if (!timer) ring();
    },
    close: () => {
      clearInterval(timer);
      timer = undefined;
      wanted = false;
      closed.abort();
      release?.();
      context?.close().catch(() => undefined);
    },
  };
}

export type Ringer = ReturnType<typeof createRinger>;
