import { StoreError } from '../store.ts';

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What the system says of a connection that cannot be made or is gone. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** What `pg` says without a code. */
const LOST =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable|client was closed/i;

/** Whether the connection is of no use any more. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  // 08: connection exceptions; 57P: ended by an administrator or a crash; 25P03: idle in a transaction for too long.
  return NETWORK.has(code) || /^(08|57P|25P03)/.test(code) || (code === '' && LOST.test(reasonOf(error)));
}

/** Whether nothing came back at all, so that trying again at once would only wait as long again. */
export const isSilent = (error: unknown): boolean => /timeout/i.test(reasonOf(error));

/** The error as what somebody can do about it, if it is the database's and no command's; else as it came. */
export function databaseError(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const reason = reasonOf(error);
  const as = (kind: StoreError['code'], message: string) => new StoreError(kind, message, { cause: error });
  if (isConnectionLost(error)) return as('store_unreachable', `PostgreSQL cannot be reached (${reason}).`);
  switch (code) {
    case '53300':
      return as('store_unreachable', `PostgreSQL has no connection left (${reason}). Raise its max_connections.`);
    case '55P03':
    case '57014':
    case '40001':
    case '40P01':
      return as('store_unreachable', `PostgreSQL did not answer in time (${reason}).`);
    case '53100':
      return as('store_full', `The disk of PostgreSQL is full (${reason}). Free some space.`);
    case '25006':
      return as('store_unwritable', `PostgreSQL is read-only, probably a standby (${reason}).`);
    case '58030':
      return as('store_unwritable', `PostgreSQL cannot write to its disk (${reason}).`);
    case 'XX001':
    case 'XX002':
      return as('store_corrupt', `The data of PostgreSQL is damaged (${reason}). Restore it from a backup.`);
    default:
      return error;
  }
}

/** Why the database could not be opened. The URL is not told: it carries a password. */
export function openError(error: unknown): StoreError {
  const known = databaseError(error);
  if (known instanceof StoreError) return known;
  const reason = reasonOf(error);
  switch (codeOf(error)) {
    case '28000':
    case '28P01':
      return new StoreError('store_failed', `PostgreSQL refuses the user or password of the URL (${reason}).`, {
        cause: error,
      });
    case '3D000':
      return new StoreError('store_failed', `The database of the URL does not exist (${reason}). Create it first.`, {
        cause: error,
      });
    case '42501':
      return new StoreError('store_unwritable', `The user of the URL may not create tables (${reason}).`, {
        cause: error,
      });
    default:
      return new StoreError('store_failed', `The PostgreSQL database cannot be opened (${reason}).`, { cause: error });
  }
}
