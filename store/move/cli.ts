#!/usr/bin/env node
/** `whatsapp-move <from> <to>`: each the path of a SQLite file or a `postgres://` URL. */
import { openPostgres } from '../postgres/open.ts';
import { openSqlite } from '../sqlite/open.ts';
import type { Store } from '../store.ts';
import { MoveError, move } from './move.ts';

const isPostgres = (place: string): boolean => /^postgres(ql)?:\/\//i.test(place);
/** A place without its password. */
const shown = (place: string): string => (isPostgres(place) ? place.replace(/:[^:@/]*@/, '@') : place);

/** ms without a sign of life after which a runtime counts as stopped. */
const STOPPED = 10_000;

async function open(place: string): Promise<Store> {
  if (!isPostgres(place)) return openSqlite(place);
  const store = await openPostgres(place, { name: 'whatsapp-move', size: 2 });
  const { rows } = await store.pool.query('select max(seen_at) as at from runtime');
  const at = Number(rows[0]?.at ?? 0);
  if (at <= store.now() - STOPPED) return store;
  await store.close();
  throw new MoveError(`${shown(place)} is in use: stop all Node-REDs on it, and begin again ten seconds later.`);
}

async function main([from, to]: string[]): Promise<void> {
  if (!from || !to)
    throw new MoveError('Usage: whatsapp-move <from> <to>, each the path of a SQLite file or a postgres:// URL.');
  const source = await open(from);
  try {
    const target = await open(to);
    try {
      const counts = await move({
        from: source,
        to: target,
        source: shown(from),
        progress: ({ table, rows, verified }) =>
          console.log(verified ? `${table}: ${rows} rows, verified` : `${table}: ${rows} rows`),
      });
      const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
      console.log(`${all} rows are in ${shown(to)}, the same as in ${shown(from)}.`);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
