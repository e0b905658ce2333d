import { ref } from 'vue';
import type { Keep } from './storage.ts';

/** What an agent has chosen in this browser. */
export interface Settings {
  muted: boolean;
  /** 0 to 1. */
  volume: number;
  /** Whether messages in open tabs are heard. */
  messageSound: boolean;
  /** Whether the browser tells of offers while the desk is not seen. */
  notify: boolean;
}

const DEFAULTS: Settings = { muted: false, volume: 0.7, messageSound: true, notify: false };

/** The agent's settings, the same in all windows of this browser. */
export function useSettings() {
  const settings = ref<Settings>(DEFAULTS);
  let keep: Keep | undefined;
  let stopWatching: (() => void) | undefined;

  const load = () => {
    settings.value = readSettings(keep?.read('settings'));
  };

  return {
    settings,
    set(change: Partial<Settings>) {
      settings.value = { ...settings.value, ...change };
      keep?.write('settings', settings.value);
    },
    open(from: Keep) {
      keep = from;
      load();
      stopWatching = from.watch((name) => name === 'settings' && load());
    },
    reset() {
      stopWatching?.();
      keep = undefined;
    },
  };
}

/** Takes what is usable of what was stored. */
export function readSettings(stored: unknown): Settings {
  const from = stored && typeof stored === 'object' ? (stored as Partial<Settings>) : {};
  const flag = (name: 'muted' | 'messageSound' | 'notify') =>
    typeof from[name] === 'boolean' ? from[name] : DEFAULTS[name];
  const volume =
    typeof from.volume === 'number' && from.volume >= 0 && from.volume <= 1 ? from.volume : DEFAULTS.volume;
  return { muted: flag('muted'), volume, messageSound: flag('messageSound'), notify: flag('notify') };
}
