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

/** Milliseconds that clocks of the zone are ahead of UTC at a moment. */
function offsetAt(ms: number, zone: string): number {
  const parts: Record<string, number> = {};
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  } as const);
  for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

/** The moment (ms) at which clocks of the zone show `2026-11-24T10:00`; NaN if that is no time. */
export function momentOf(local: string, zone: string): number {
  const shown = Date.parse(`${local}Z`);
  if (!Number.isFinite(shown)) return Number.NaN;
  // Twice, since the offset of the first guess may be that of the other side of a change of clocks.
  return shown - offsetAt(shown - offsetAt(shown, zone), zone);
}

/** What clocks of the zone show at a moment: `2026-11-24T10:00`. */
export function localOf(ms: number, zone: string): string {
  return new Date(ms + offsetAt(ms, zone)).toISOString().slice(0, 16);
}

/** The first and the last moment of a day (`2026-11-24`) in the zone, ISO 8601. */
export function dayOf(day: string, zone: string): { from: string; to: string } {
  const next = new Date(Date.parse(`${day}T00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return {
    from: new Date(momentOf(`${day}T00:00`, zone)).toISOString(),
    to: new Date(momentOf(`${next}T00:00`, zone) - 1).toISOString(),
  };
}
