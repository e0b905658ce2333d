import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openSqlite, openSqliteReader } from '../../store/sqlite/open.ts';
import { type Store, statement } from '../../store/store.ts';

type List = { id: string; name: string };
const nameOf = statement<{ id: string }>({ kept: true })((db, p) =>
  db.selectFrom('list').select('name').where('id', '=', p('id')),
);
const all = statement({ kept: true })((db) => db.selectFrom('list').select('id').orderBy('id'));
const insert = statement<List>()((db, p) => db.insertInto('list').values({ id: p('id'), name: p('name') }));
const add = statement<List>({ adds: true })((db, p) => db.insertInto('list').values({ id: p('id'), name: p('name') }));
const rename = statement<List>()((db, p) =>
  db
    .updateTable('list')
    .set({ name: p('name') })
    .where('id', '=', p('id')),
);

describe('what the SQLite store keeps', () => {
  let dir: string;
  let file: string;
  let store: Store;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-kept-'));
    file = join(dir, 'connector.db');
    store = await openSqlite(file);
    await store.transaction(async (tx) => tx.run(insert, { id: 'a', name: 'A' }));
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  });

  const name = (id: string, of: Store = store) =>
    of.transaction(async (tx) => (await tx.first(nameOf, { id }))?.name ?? null);

  it('is the same answer until its table is written', async () => {
    const [first, again, after] = await store.transaction(async (tx) => {
      const one = await tx.first(nameOf, { id: 'a' });
      const two = await tx.first(nameOf, { id: 'a' });
      await tx.run(rename, { id: 'a', name: 'B' });
      return [one, two, await tx.first(nameOf, { id: 'a' })];
    });
    expect(again).to.equal(first);
    expect(after).to.deep.equal({ name: 'B' });
  });

  it('finds what was added without a word, and lists after a write', async () => {
    expect(await name('b')).to.equal(null);
    await store.transaction(async (tx) => tx.run(add, { id: 'b', name: 'B' }));
    expect(await name('b')).to.equal('B');
    await store.transaction(async (tx) => tx.all(all, {}));
    await store.transaction(async (tx) => tx.run(insert, { id: 'c', name: 'C' }));
    expect(await store.transaction(async (tx) => tx.all(all, {}))).to.deep.equal([
      { id: 'a' },
      { id: 'b' },
      { id: 'c' },
    ]);
  });

  it('does not outlive a transaction that was undone', async () => {
    const undone = store.transaction(async (tx) => {
      await tx.run(rename, { id: 'a', name: 'never' });
      expect(await tx.first(nameOf, { id: 'a' })).to.deep.equal({ name: 'never' });
      tx.interactions.set('i', { id: 'i' });
      throw new Error('no');
    });
    expect(await undone.catch((e: Error) => e.message)).to.equal('no');
    expect(await name('a')).to.equal('A');
    await store.transaction(async (tx) => expect(tx.interactions.get('i')).to.equal(undefined));
  });

  it('notices what somebody else writes into the file', async () => {
    await store.transaction(async (tx) => {
      await tx.first(nameOf, { id: 'a' });
      tx.interactions.set('i', { id: 'i' });
    });
    const other = new DatabaseSync(file);
    other.exec("update list set name = 'by hand'");
    other.close();
    expect(await name('a')).to.equal('by hand');
    await store.transaction(async (tx) => expect(tx.interactions.get('i')).to.equal(undefined));
  });

  it('is not trusted by a reader beside the owner', async () => {
    const reader = openSqliteReader(file);
    expect(await name('a', reader)).to.equal('A');
    await store.transaction(async (tx) => tx.run(rename, { id: 'a', name: 'B' }));
    expect(await name('a', reader)).to.equal('B');
    await reader.close();
  });

  it('drops the row that a write names, and all rows at a write that names none', async () => {
    const one = statement<{ id: string }>({ row: 'id' })((db, p) =>
      db.updateTable('interaction').set({ unread: 0 }).where('id', '=', p('id')),
    );
    const any = statement()((db) => db.updateTable('interaction').set({ unread: 0 }));
    await store.transaction(async (tx) => {
      tx.interactions.set('i', { id: 'i' });
      tx.interactions.set('j', { id: 'j' });
      await tx.run(one, { id: 'i' });
      expect([tx.interactions.get('i'), tx.interactions.get('j')]).to.deep.equal([undefined, { id: 'j' }]);
      await tx.run(any, {});
      expect(tx.interactions.get('j')).to.equal(undefined);
    });
  });
});
