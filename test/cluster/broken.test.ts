import { expect } from 'chai';
import pg from 'pg';
import { refusal } from '../core/support.ts';
import { databaseUrl } from '../support/postgres.ts';
import { agent, enterQueue, handoversOf, type Runtime, runtime, until, write } from './support.ts';

/** Calls back before each text that a transaction of the store sends, and after the answer to its commit. */
function intercept(
  r: Runtime,
  before: (text: string, pid: number) => Promise<void>,
  lostCommit = () => false,
): () => void {
  const { pool } = r.engine.store;
  const connect = pool.connect.bind(pool);
  pool.connect = (async (callback?: unknown) => {
    // How the pool itself connects for a single query.
    if (callback) return (connect as (callback: unknown) => void)(callback);
    const client = await connect();
    const query = client.query.bind(client);
    const release = client.release.bind(client);
    client.query = (async (q: string | { text: string }, ...rest: unknown[]) => {
      const text = typeof q === 'string' ? q : q.text;
      await before(text, (client as unknown as { processID: number }).processID);
      const result = await (query as (...args: unknown[]) => Promise<unknown>)(q, ...rest);
      if (text === 'commit' && lostCommit()) throw new Error('Connection terminated unexpectedly');
      return result;
    }) as never;
    client.release = (destroy) => {
      client.query = query as never;
      client.release = release;
      release(destroy);
    };
    return client;
  }) as never;
  return () => {
    pool.connect = connect as never;
  };
}

describe('a connection to PostgreSQL that breaks in the middle of a transaction', function () {
  this.timeout(60_000);
  let r: Runtime;
  let admin: pg.Client;
  beforeEach(async () => {
    const url = await databaseUrl();
    r = await runtime(url);
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  });
  afterEach(async () => {
    await r.engine.close();
    await admin.end();
  });

  /** Ends the connection before the text at this place of the next transaction that writes; gives how the call ends. */
  async function broken(at: number | 'commit', work: () => Promise<unknown>): Promise<string> {
    let n = 0;
    let killed = false;
    let writes = false;
    const stop = intercept(r, async (text, pid) => {
      if (text.startsWith('begin;')) writes = true;
      else if (text.startsWith('begin')) writes = false;
      if (!writes || killed || (at === 'commit' ? text !== 'commit' : n++ < at)) return;
      killed = true;
      await admin.query('select pg_terminate_backend($1, 5000)', [pid]);
    });
    try {
      return await refusal(work());
    } finally {
      stop();
      expect(killed, 'was broken').to.equal(true);
    }
  }

  const count = async (table: string) => Number((await admin.query(`select count(*) as n from ${table}`)).rows[0].n);

  for (const at of [1, 3, 'commit'] as const) {
    it(`at ${at}: 503, and what is repeated happens once`, async () => {
      const again = async (name: string, work: () => Promise<unknown>) => {
        expect(await broken(at, work), name).to.equal('store_unreachable');
        await work();
      };
      await agent(r, 'anna');
      await again('a webhook', () => write(r, 'one'));
      expect(await refusal(write(r, 'one'))).to.equal('no refusal');
      expect(await count('message')).to.equal(1);
      expect(handoversOf(r)).to.have.length(1);
      const interaction = await enterQueue(r);
      const { offers } = await r.engine.run('desk', { username: 'anna' });
      const offer = offers[0]!.id;
      await again('an accept', () => r.engine.run('acceptOffer', { offer, username: 'anna' }));
      expect(r.effects.filter((e) => e.kind === 'forward')).to.have.length(1);
      await again('an answer', () =>
        r.engine.run('sendMessage', { interaction, username: 'anna', text: 'Hi', idempotencyKey: 'k' }),
      );
      expect(await count('outgoing')).to.equal(1);
      let jobs: unknown[] = [];
      await again('a claim', async () => {
        jobs = await r.engine.run('claimOutgoing', { accounts: [r.id], limit: 5 });
      });
      expect(jobs).to.have.length(1);
      const { message } = jobs[0] as { message: string };
      const result = { outcome: 'sent', providerId: 'P1', status: 'sent' } as const;
      await again('its end', () => r.engine.run('finishOutgoing', { message, result }));
      expect(await count('outgoing')).to.equal(0);
      await again('a presence', () => r.engine.run('setPresence', { username: 'anna', state: 'paused', pause: 'x' }));
      const close = () => r.engine.run('closeInteraction', { interaction, username: 'anna' } as never);
      await again('a close', close);
      expect((await r.engine.run('interaction', { interaction, username: 'anna' })).status).to.equal('closed');
    });
  }

  it('whose answer to the commit is lost counts for what it was, and its effects go out', async () => {
    let lost = 0;
    const stop = intercept(
      r,
      async () => {},
      () => lost++ === 0,
    );
    await write(r, 'one');
    stop();
    expect(lost).to.be.above(0);
    expect(handoversOf(r)).to.have.length(1);
    expect(await count('message')).to.equal(1);
  });

  it('and was not in use is replaced, and nobody notices', async () => {
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'whatsapp%'");
    await write(r, 'one');
    await until('the hand-over', () => handoversOf(r).length === 1);
    await agent(r, 'anna');
    expect(await count('message')).to.equal(1);
  });

  it('a message costs the same number of round trips, however many wait and whoever is there', async () => {
    const { counters } = r.engine.store;
    let phone = 0;
    const cost = async (): Promise<number> => {
      const from = `+1202555${String(1000 + ++phone)}`;
      await write(r, `w${phone}`, from);
      const before = counters.roundTrips;
      await write(r, `x${phone}`, from);
      return counters.roundTrips - before;
    };
    await cost();
    // What runs by the clock falls into some of them.
    const least = async () => {
      const costs: number[] = [];
      for (let i = 0; i < 8; i++) costs.push(await cost());
      return Math.min(...costs);
    };
    const few = await least();
    for (let i = 0; i < 30; i++) await agent(r, `agent${i}`);
    for (let i = 0; i < 200; i++) await write(r, `m${i}`, `+1202556${String(1000 + i)}`);
    const many = await least();
    expect(many).to.be.at.most(few + 1);
    expect(few).to.be.at.most(11);
  });
});
