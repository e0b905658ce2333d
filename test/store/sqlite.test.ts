import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { newId } from '../../store/ids.ts';
import { openSqlite } from '../../store/sqlite/open.ts';
import { statement } from '../../store/store.ts';

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'opened',
    (error: { code: string }) => error.code,
  );

describe('the SQLite store', () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-store-'));
    file = join(dir, 'sub', 'connector.db');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is made durable, private and ready for incremental vacuum', async () => {
    await (await openSqlite(file)).close();
    const db = new DatabaseSync(file);
    expect(db.prepare('pragma journal_mode').get()).to.deep.include({ journal_mode: 'wal' });
    expect(db.prepare('pragma auto_vacuum').get()).to.deep.include({ auto_vacuum: 2 });
    db.close();
    expect((await stat(file)).mode & 0o077).to.equal(0);
  });

  it('is made the same after a start that ended before the first page was written', async () => {
    await mkdir(join(dir, 'sub'));
    await writeFile(file, '', { mode: 0o600 });
    await (await openSqlite(file)).close();
    const db = new DatabaseSync(file, { readOnly: true });
    expect(db.prepare('pragma auto_vacuum').get()).to.deep.include({ auto_vacuum: 2 });
    db.close();
  });

  it('goes on wherever an earlier migration was cut', async function () {
    // As many starts as all migrations have steps.
    this.timeout(60_000);
    const { prepare } = DatabaseSync.prototype;
    const schemaOf = () => {
      const db = new DatabaseSync(file, { readOnly: true });
      const rows = db.prepare('select type, name, sql from sqlite_master order by name').all();
      db.close();
      return rows;
    };
    let left = 0;
    let seen = 0;
    DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
      if (/^(create|alter|drop)\b/i.test(sql)) {
        seen++;
        if (--left === 0) throw new Error('cut');
      }
      return prepare.call(this, sql);
    };
    try {
      await (await openSqlite(file)).close();
      const whole = schemaOf();
      const statements = seen;
      expect(statements).to.be.above(30);
      for (let n = 1; n <= statements; n++) {
        file = join(dir, String(n), 'connector.db');
        left = n;
        expect(await code(openSqlite(file))).to.equal('store_failed');
        left = 0;
        await (await openSqlite(file)).close();
        expect(schemaOf(), `cut at statement ${n}`).to.deep.equal(whole);
      }
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
  }).timeout(90_000);

  it('opens again with what it had; migrations run once', async () => {
    const insert = statement<{ id: string; name: string }>()((db, p) =>
      db.insertInto('list').values({ id: p('id'), name: p('name') }),
    );
    const all = statement()((db) => db.selectFrom('list').selectAll());
    let store = await openSqlite(file);
    await store.transaction(async (tx) => tx.run(insert, { id: 'l', name: 'Default' }));
    await store.close();
    store = await openSqlite(file);
    expect(await store.transaction(async (tx) => tx.all(all, {}))).to.deep.equal([{ id: 'l', name: 'Default' }]);
    await store.close();
  });

  it('puts constant limits into the text, so that SQLite plans once, and binds those that are asked for', async () => {
    const texts: string[] = [];
    const { prepare } = DatabaseSync.prototype;
    DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
      texts.push(sql);
      return prepare.call(this, sql);
    } as typeof prepare;
    const insert = statement<{ id: string }>()((db, p) => db.insertInto('list').values({ id: p('id'), name: p('id') }));
    const named = statement<{ name: string; n: number }>()((db, p) =>
      db
        .selectFrom('list')
        .select('id')
        .where('id', 'in', (eb) =>
          eb.selectFrom('list').select('id').where('name', '>', p('name')).orderBy('id').limit(2),
        )
        .where('name', '<>', 'what?')
        .orderBy('id')
        .limit(p('n')),
    );
    try {
      const store = await openSqlite(file);
      const found = await store.transaction(async (tx) => {
        for (const id of ['a', 'b', 'c', 'd']) await tx.run(insert, { id });
        return [await tx.all(named, { name: 'a', n: 1 }), await tx.all(named, { name: 'a', n: 9 })];
      });
      expect(found).to.deep.equal([[{ id: 'b' }], [{ id: 'b' }, { id: 'c' }]]);
      await store.close();
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
    expect(texts.filter((sql) => sql.includes('limit')).at(-1)).to.match(/limit 2\).* limit \?$/);
  });

  it('rolls a failed transaction back', async () => {
    const insert = statement<{ id: string }>()((db, p) => db.insertInto('list').values({ id: p('id'), name: p('id') }));
    const all = statement()((db) => db.selectFrom('list').selectAll());
    const store = await openSqlite(file);
    const failed = store.transaction(async (tx) => {
      await tx.run(insert, { id: 'a' });
      throw new Error('no');
    });
    expect(await failed.catch((e: Error) => e.message)).to.equal('no');
    expect(await store.transaction(async (tx) => tx.all(all, {}))).to.deep.equal([]);
    await store.close();
  });

  it('has one owner; a killed one leaves it free', async () => {
    const script = `import { openSqlite } from ${JSON.stringify(new URL('../../store/sqlite/open.ts', import.meta.url).href)};
await openSqlite(${JSON.stringify(file)}); console.log('open'); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(owner.stdout, 'data');
    expect(await code(openSqlite(file))).to.equal('store_locked');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const store = await openSqlite(file);
    await store.close();
  });

  it('refuses a database of a newer version and what is no database, and leaves them as they are', async () => {
    await (await openSqlite(file)).close();
    const db = new DatabaseSync(file);
    db.exec("insert into kysely_migration values ('9999-later', '2030')");
    db.close();
    expect(await code(openSqlite(file))).to.equal('store_newer');
    const broken = join(dir, 'broken.db');
    await writeFile(broken, 'This is a text that somebody saved here. '.repeat(200));
    expect(await code(openSqlite(broken))).to.equal('store_corrupt');
    expect((await stat(broken)).size).to.equal(8200);
  });

  it('says that it cannot write where it cannot', async () => {
    await writeFile(join(dir, 'file'), '');
    expect(await code(openSqlite(join(dir, 'file', 'x.db')))).to.equal('store_unwritable');
    expect(await readdir(dir)).to.deep.equal(['file']);
  });

  it('finds by index what is asked for with every message', async () => {
    await (await openSqlite(file)).close();
    const db = new DatabaseSync(file);
    const plan = (sql: string) =>
      (db.prepare(`explain query plan ${sql}`).all() as { detail: string }[]).map((r) => r.detail).join('; ');
    const queries: Record<string, string> = {
      "select * from interaction where contact_id = 'c' and account_id = 'a' and status = 'open'": 'interaction_open',
      'select * from interaction where step_deadline is not null and step_deadline <= 5 order by step_deadline limit 9':
        'interaction_deadline',
      "select * from interaction where step_queue = 'q' and account_id = 'a' and step_accepting = 1 order by priority desc, step_since limit 1":
        'interaction_waiting',
      "select * from interaction where account_id = 'a' and status = 'open' and agent is null order by started_at":
        'interaction_unassigned',
      'select username from agent where ready = 1 limit 1': 'agent_ready',
      "select * from offer where agent = 'x' and state = 'ringing'": 'offer_ringing',
      "select * from message where interaction_id = 'i' and id < 'z' order by id desc limit 50": 'message_interaction',
    };
    for (const [sql, index] of Object.entries(queries)) {
      const found = plan(sql);
      expect(found, sql).to.contain(index);
      expect(found, sql).to.not.contain('TEMP B-TREE');
    }
    db.close();
  });

  it('makes ids that sort as they were made, also when the clock steps back', () => {
    const now = Date.parse('2026-11-24T10:00:00Z');
    const ids = [now, now, now + 5, now - 1000, now + 6].map(newId);
    expect([...ids].sort()).to.deep.equal(ids);
    expect(new Set(ids).size).to.equal(5);
  });
});
