import { ref } from 'vue';

const KEY = 'wa-supervisor:zone';

function isZone(name: string | null): name is string {
  if (!name) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The time zone of the screens: the one chosen in this browser, else the browser's. */
export function createZone() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Nothing was kept.
  }
  const timeZone = ref(isZone(kept) ? kept : own);
  return {
    timeZone,
    choose(name: string): void {
      if (!isZone(name)) return;
      timeZone.value = name;
      try {
        localStorage.setItem(KEY, name);
      } catch {
        // It holds until the page is left.
      }
    },
  };
}

/** All zones there are, with UTC first. */
export function allZones(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')];
}
