/** What the keyboard can ask for. */
export type Command = { name: 'accept' | 'reject' | 'close' | 'escape' | 'help' } | { name: 'tab'; index: number };

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
  if (!event.altKey || event.metaKey || event.shiftKey) return undefined;
  if (event.code === 'KeyA') return { name: 'accept' };
  if (event.code === 'KeyR') return { name: 'reject' };
  if (event.code === 'KeyW') return { name: 'close' };
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  return digit ? { name: 'tab', index: Number(digit) - 1 } : undefined;
}
