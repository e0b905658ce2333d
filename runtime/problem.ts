import { shorten } from './input.ts';

/** Why something does not work, with a stable code. */
export interface Problem {
  code: string;
  message: string;
}

/** What the log says in a sentence with the path of the file, in the few words that a status has room for. */
const STORE: Record<string, string> = {
  store_locked: 'database in use by another',
  store_newer: 'database of a newer version',
  store_corrupt: 'database damaged',
  store_unwritable: 'database not writable',
  store_full: 'disk full',
  store_failed: 'database failed',
};

/** The text of a node's status. */
export const shortProblem = ({ code, message }: Problem): string => STORE[code] ?? shorten(message);
