/** Work that the processes of a test run must not do at the same time. */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as later } from 'node:timers/promises';

/**
 * Runs `work` while no other process is in a work of the same name on this machine. The lock is an open transaction on a SQLite file: the
 * system gives it up when a process dies, however that happens.
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const folder = join(tmpdir(), 'wa-locks');
  mkdirSync(folder, { recursive: true });
  const lock = new DatabaseSync(join(folder, `${name}.db`));
  try {
    // Asked again instead of a busy timeout, which would stop the event loop and with it the work of who holds the lock in this process.
    while (!taken(lock)) await later(50);
    return await work();
  } finally {
    lock.close();
  }
}

function taken(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === busy) return false;
    throw error;
  }
}

/** SQLITE_BUSY. */
const busy = 5;
