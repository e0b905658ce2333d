/** What the browser keeps for one agent: drafts and unsent messages. Private windows may refuse to keep anything; then it is lost on reload. */
export interface Keep {
  read: (name: string) => unknown;
  write: (name: string, value: unknown) => void;
  clear: () => void;
}

const NAMES = ['drafts', 'outbox', 'notes'] as const;

export function createKeep(username: string, root: string): Keep {
  const key = (name: string) => `wa-desk:${root}:${username}:${name}`;
  return {
    read: (name) => {
      try {
        return JSON.parse(localStorage.getItem(key(name)) ?? 'null');
      } catch {
        return null;
      }
    },
    write: (name, value) => {
      try {
        localStorage.setItem(key(name), JSON.stringify(value));
      } catch {
        // Full or refused: it stays in memory.
      }
    },
    clear: () => {
      try {
        for (const name of NAMES) localStorage.removeItem(key(name));
      } catch {
        // Nothing was kept.
      }
    },
  };
}

/** A setting of this browser, for everybody who uses it. */
export const muted = {
  get: (): boolean => {
    try {
      return localStorage.getItem('wa-desk:muted') === '1';
    } catch {
      return false;
    }
  },
  set: (value: boolean): void => {
    try {
      localStorage.setItem('wa-desk:muted', value ? '1' : '0');
    } catch {
      // It holds until the page is left.
    }
  },
};

const MOST_RECENT = 18;

/** The emoji that were used last in this browser, the newest first. */
export const recentEmoji = {
  get: (): string[] => {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem('wa-desk:emoji') ?? '[]');
      return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === 'string') : [];
    } catch {
      return [];
    }
  },
  add: (char: string): void => {
    try {
      const all = [char, ...recentEmoji.get().filter((one) => one !== char)].slice(0, MOST_RECENT);
      localStorage.setItem('wa-desk:emoji', JSON.stringify(all));
    } catch {
      // The next time they are looked for again.
    }
  },
};
