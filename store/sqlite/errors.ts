import { StoreError } from '../store.ts';

/** SQLite's primary result code, if this is an error of SQLite. */
export function sqliteCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : null;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Why a database could not be opened, as what somebody can do about it. */
export function openError(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const reason = reasonOf(error);
  switch (sqliteCode(error)) {
    case 5:
    case 6:
      return new StoreError('store_locked', `The database ${file} is locked by another process.`, { cause: error });
    case 11:
    case 26:
      return new StoreError(
        'store_corrupt',
        `The database ${file} is damaged or not a SQLite database (${reason}). Restore it from a backup, or move it away to start with an empty one.`,
        { cause: error },
      );
    case 13:
      return new StoreError('store_full', `The disk of the database ${file} is full (${reason}). Free some space.`, {
        cause: error,
      });
    case 8:
    case 10:
    case 14:
      return new StoreError('store_unwritable', `The database ${file} cannot be opened for writing (${reason}).`, {
        cause: error,
      });
    default: {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOSPC')
        return new StoreError('store_unwritable', `The database ${file} cannot be created (${reason}).`, {
          cause: error,
        });
      return new StoreError('store_failed', `The database ${file} cannot be opened (${reason}).`, { cause: error });
    }
  }
}

/** Why a transaction failed, if that is the store's fault and no command's; else the error as it came. */
export function transactionError(error: unknown): unknown {
  const reason = reasonOf(error);
  switch (sqliteCode(error)) {
    case 13:
      return new StoreError('store_full', `The disk of the database is full (${reason}). Free some space.`, {
        cause: error,
      });
    case 8:
    case 10:
    case 14:
      return new StoreError(
        'store_unwritable',
        `The database cannot be written (${reason}). Its disk may be full, read-only or broken.`,
        { cause: error },
      );
    case 11:
    case 26:
      return new StoreError(
        'store_corrupt',
        `The database is damaged (${reason}). Stop Node-RED and restore it from a backup.`,
        { cause: error },
      );
    default:
      return error;
  }
}
