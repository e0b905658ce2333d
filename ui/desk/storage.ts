/**
 * What the browser keeps for one agent, shared by all windows: drafts, unsent messages, settings. Private windows may refuse to keep
 * anything; then it is lost on reload.
 */
export interface Keep {
  read: (name: string) => unknown;
  write: (name: string, value: unknown) => void;
  /** Forgets what was written; settings stay. */
  clear: () => void;
  /** Calls back when another window has changed something. Returns how to stop. */
  watch: (listener: (name: string) => void) => () => void;
}

const WRITTEN = ['drafts', 'outbox', 'notes'] as const;

export function createKeep(username: string, root: string): Keep {
  const prefix = `wa-desk:${root}:${username}:`;
  /** What the browser did not take. */
  const refused = new Map<string, string>();
  return {
    read: (name) => {
      try {
        return JSON.parse(refused.get(name) ?? localStorage.getItem(prefix + name) ?? 'null');
      } catch {
        return null;
      }
    },
    write: (name, value) => {
      const text = JSON.stringify(value);
      try {
        localStorage.setItem(prefix + name, text);
        refused.delete(name);
      } catch {
        refused.set(name, text);
      }
    },
    clear: () => {
      for (const name of WRITTEN) {
        refused.delete(name);
        drop(prefix + name);
      }
    },
    watch: (listener) => onStorage((key) => key.startsWith(prefix) && listener(key.slice(prefix.length))),
  };
}

/**
 * Who is logged in in this browser: all its windows share the session's cookie. `tell` says so to the other windows, `watch` hears of
 * it; null: nobody any more.
 */
export function createSignIn(root: string) {
  const key = `wa-desk:${root}:signed-in`;
  return {
    tell: (username: string | null) => {
      try {
        // The time makes every telling a change.
        localStorage.setItem(key, JSON.stringify({ username, at: Date.now() }));
      } catch {
        // The others find out with their next call.
      }
    },
    watch: (listener: (username: string | null) => void) =>
      onStorage((changed, text) => {
        if (changed !== key || !text) return;
        try {
          listener((JSON.parse(text) as { username: string | null }).username);
        } catch {
          // Not ours.
        }
      }),
  };
}

function drop(key: string) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

/** Another window wrote this key; `text` is null if it was removed. */
function onStorage(listener: (key: string, text: string | null) => void): () => void {
  const hear = (event: StorageEvent) => {
    if (event.key !== null && event.storageArea === localStorage) listener(event.key, event.newValue);
  };
  addEventListener('storage', hear);
  return () => removeEventListener('storage', hear);
}

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
