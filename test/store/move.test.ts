import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type MoveOptions, move } from '../../store/move/move.ts';
import { openPostgres } from '../../store/postgres/open.ts';
import type { PostgresStore } from '../../store/postgres/store.ts';
import { openSqlite } from '../../store/sqlite/open.ts';
import { type Store, statement } from '../../store/store.ts';
import { databaseUrl } from '../support/postgres.ts';

const addList = statement<{ id: string; name: string }>()((db, p) =>
  db.insertInto('list').values({ id: p('id'), name: p('name') }),
);
const addMember = statement<{ username: string }>()((db, p) =>
  db.insertInto('member').values({ kind: 'account', target: 'a', username: p('username'), source: 'flow' }),
);
const addMessage = statement<{ id: string; at: number }>()((db, p) =>
  db.insertInto('message').values({
    ...{ id: p('id'), interaction_id: 'i', version: 1, provider_id: null, direction: 'in', type: 'text' },
    ...{ text: 'Grüße 👋', content: null, author: 'contact', at: p('at'), status: 'received' },
  }),
);
const handover = statement()((db) =>
  db.insertInto('handover').values({ message_id: 'm1', interaction_id: 'i', flags: '{}', runtime: 'somebody' }),
);

async function fill(store: Store): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.run(addList, { id: 'l', name: 'Line\nbreak' });
    for (const username of ['*', 'Zoe', 'anna', 'Änne']) await tx.run(addMember, { username });
    for (let i = 0; i < 1234; i++) await tx.run(addMessage, { id: `m${i}`, at: 1_790_000_000_000 + i });
    await tx.run(handover, {});
  });
}

describe('moving between SQLite and PostgreSQL', function () {
  this.timeout(30_000);
  let dir: string;
  let sqlite: Store;
  let postgres: PostgresStore;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-move-'));
    sqlite = await openSqlite(join(dir, 'a.db'));
    postgres = await openPostgres(await databaseUrl(), { size: 2 });
    await fill(sqlite);
  });
  afterEach(async () => {
    await sqlite.close();
    await postgres.close();
    await rm(dir, { recursive: true, force: true });
  });

  const failing = (store: Store, after: number): Store => {
    let left = after;
    return {
      close: () => store.close(),
      transaction: (work) => (left-- > 0 ? store.transaction(work) : Promise.reject(new Error('pulled the plug'))),
    };
  };
  const failure = (options: MoveOptions) =>
    move(options).then(
      () => 'none',
      (error: Error) => error.message,
    );

  it('goes there and back, the same', async () => {
    const there = await move({ from: sqlite, to: postgres, source: 'a.db' });
    expect(there).to.include({ message: 1234, member: 4, list: 1, handover: 1, upkeep: 0 });
    const again = await openSqlite(join(dir, 'b.db'));
    expect(await move({ from: postgres, to: again, source: 'pg' })).to.deep.equal(there);
    const of = (store: Store) => store.transaction(async (tx) => tx.query(tx.db.selectFrom('member').selectAll()));
    expect(await of(again)).to.deep.equal((await of(sqlite)).map((row) => ({ ...row })));
    await again.close();
  });

  it('goes on where it was interrupted, and takes no second source', async () => {
    for (const after of [1, 3, 5, 7])
      expect(await failure({ from: sqlite, to: failing(postgres, after), source: 'a' })).to.equal('pulled the plug');
    expect(await failure({ from: sqlite, to: postgres, source: 'other' })).to.match(/part of a move from a/);
    const seen: string[] = [];
    await move({
      from: sqlite,
      to: postgres,
      source: 'a',
      progress: ({ table, verified }) => verified || seen.push(table),
    });
    expect(seen).to.not.include('member');
  });

  it('goes into nothing that has data, and notices a difference', async () => {
    await postgres.transaction(async (tx) => tx.run(addList, { id: 'x', name: 'X' }));
    expect(await failure({ from: sqlite, to: postgres, source: 'a' })).to.match(/not empty: its table list/);
    await postgres.pool.query('delete from list');
    await postgres.pool.query(
      `create function wrong() returns trigger language plpgsql as $$ begin new.name := 'wrong'; return new; end $$;
       create trigger wrong before insert on list for each row execute function wrong()`,
    );
    expect(await failure({ from: sqlite, to: postgres, source: 'a' })).to.match(/table list is not the same: 1 rows/);
  });
});
