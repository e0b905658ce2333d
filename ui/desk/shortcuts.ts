/** What the keyboard can ask for. */
export type Command =
  | { name: 'accept' | 'reject' | 'close' | 'escape' | 'help' | 'transfer' | 'start' | 'search' | 'note' }
  | { name: 'tab'; index: number }
  /** To the next one who waits, or the one before. */
  | { name: 'next'; by: 1 | -1 };

/** All of them in groups, as the sheet shows them: keys, and the name of the text that says what they do. */
export const SHORTCUTS = [
  {
    group: 'offers',
    keys: [
      ['Alt A', 'accept'],
      ['Alt R', 'reject'],
      ['Esc', 'escape'],
    ],
  },
  {
    group: 'conversations',
    keys: [
      ['Alt 1–9', 'tab'],
      ['Alt ↑', 'previous'],
      ['Alt ↓', 'next'],
      ['Alt T', 'transfer'],
      ['Alt W', 'closeInteraction'],
      ['Alt N', 'start'],
      ['Ctrl K', 'search'],
    ],
  },
  {
    group: 'writing',
    keys: [
      ['Enter', 'send'],
      ['Shift Enter', 'line'],
      ['/', 'canned'],
      ['Alt M', 'note'],
    ],
  },
  { group: 'desk', keys: [['?', 'help']] },
] as const;

interface Key {
  key: string;
  code: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/**
 * Reads a key press. Letters are taken from the key's place, since Alt makes other characters on some systems; Ctrl Alt works as well,
 * since some browsers keep Alt for themselves. `typing`: the focus is where text is written.
 */
export function readKey(event: Key, typing: boolean): Command | undefined {
  if (event.key === 'Escape') return { name: 'escape' };
  if (event.key === '?' && !typing && !event.altKey && !event.ctrlKey && !event.metaKey) return { name: 'help' };
  if (event.code === 'KeyK' && event.ctrlKey !== event.metaKey && !event.altKey && !event.shiftKey)
    return { name: 'search' };
  if (!event.altKey || event.metaKey || event.shiftKey) return undefined;
  if (event.code === 'KeyA') return { name: 'accept' };
  if (event.code === 'KeyR') return { name: 'reject' };
  if (event.code === 'KeyW') return { name: 'close' };
  if (event.code === 'KeyT') return { name: 'transfer' };
  if (event.code === 'KeyN') return { name: 'start' };
  if (event.code === 'KeyM') return { name: 'note' };
  if (event.code === 'ArrowDown') return { name: 'next', by: 1 };
  if (event.code === 'ArrowUp') return { name: 'next', by: -1 };
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  return digit ? { name: 'tab', index: Number(digit) - 1 } : undefined;
}

/** Whether the focus is where text is written. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable=true]');
}
