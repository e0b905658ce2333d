import { expect } from 'chai';
import { refusal } from '../core/support.ts';
import { databaseUrl } from '../support/postgres.ts';
import { agent, enterQueue, handoversOf, type Runtime, runtime, until, write } from './support.ts';

describe('runtimes that share a PostgreSQL', function () {
  this.timeout(60_000);
  let url: string;
  let all: Runtime[] = [];
  const start = async (nodes?: string[]) => {
    const r = await runtime(url, nodes);
    all.push(r);
    return r;
  };
  beforeEach(async () => {
    url = await databaseUrl();
  });
  afterEach(async () => {
    for (const { engine } of all) await engine.close();
    all = [];
  });

  it('100 accepts at once over three runtimes: one wins', async () => {
    const [a, b, c] = [await start(), await start(), await start()];
    const agents = Array.from({ length: 100 }, (_, i) => `agent${i}`);
    const of = (i: number) => [a, b, c][i % 3]!;
    for (const [i, name] of agents.entries()) await agent(of(i), name);
    await write(a, 'one');
    const interaction = await enterQueue(a);
    const offers = await Promise.all(
      agents.map(async (username, i) => (await of(i).engine.run('desk', { username })).offers[0]!.id),
    );
    const results = await Promise.all(
      agents.map((username, i) => refusal(of(i).engine.run('acceptOffer', { offer: offers[i]!, username }))),
    );
    expect(results.filter((r) => r === 'no refusal')).to.have.length(1);
    expect(results.filter((r) => r === 'offer_taken')).to.have.length(99);
    const winner = agents[results.indexOf('no refusal')]!;
    expect((await b.engine.run('interaction', { interaction, username: winner })).agent).to.equal(winner);
  });

  it('desks at every runtime hear what happens at any, and the step leaves where its node runs', async () => {
    const [a, b] = [await start(), await start()];
    await agent(b, 'anna');
    await write(a, 'one');
    await enterQueue(a);
    const rang = await until('the offer at the other runtime', () =>
      b.effects.find((e) => e.kind === 'publish' && e.event === 'offer' && e.to.includes('anna')),
    );
    const { id } = JSON.parse((rang as { json: string }).json) as { id: string };
    await b.engine.run('acceptOffer', { offer: id, username: 'anna' });
    expect(b.effects.filter((e) => e.kind === 'forward')).to.have.length(1);
    await until('the message on the desk', () =>
      a.effects.some((e) => e.kind === 'publish' && e.event === 'offer-ended'),
    );
    expect(a.effects.filter((e) => e.kind === 'forward')).to.deep.equal([]);
  });

  it('forwards a step whose node only another runtime has there', async () => {
    const [a, b] = [await start(), await start(['acc', 'q-Sales'])];
    await agent(b, 'anna');
    await write(a, 'one');
    await enterQueue(a);
    const { offers } = await b.engine.run('desk', { username: 'anna' });
    await b.engine.run('acceptOffer', { offer: offers[0]!.id, username: 'anna' });
    await until('the forward', () => a.effects.find((e) => e.kind === 'forward' && e.node === 'queue'));
    expect(b.effects.filter((e) => e.kind === 'forward')).to.deep.equal([]);
    // Its account and queue stay while the other runtime has them.
    expect((await a.engine.run('knownAccounts', {}))[0]!.nodeId).to.equal('acc');
  });

  it('hands a message over only after the earlier ones of its interaction, whoever has those', async () => {
    const [a, b] = [await start(), await start()];
    await write(a, 'one');
    await write(b, 'two');
    await write(b, 'elsewhere', '+12025550111');
    expect(handoversOf(b).map((e) => e.handover.message.text)).to.deep.equal(['elsewhere']);
    await a.engine.run('handed', { messages: [handoversOf(a)[0]!.handover.message.id] });
    await until('the second message', () => [...handoversOf(a), ...handoversOf(b)].length === 3);
    expect(handoversOf(a).map((e) => e.handover.message.text)).to.deep.equal(['one', 'two']);
  });

  it('takes a message of the provider once, however many runtimes it comes to', async () => {
    const [a, b, c] = [await start(), await start(), await start()];
    await Promise.all([a, b, c, a, b, c].map((r) => write(r, 'same')));
    expect([a, b, c].flatMap(handoversOf)).to.have.length(1);
  });

  it('a runtime that stops, or is gone, leaves what it had to the others', async () => {
    const [a, b] = [await start(), await start()];
    await agent(a, 'anna');
    await write(a, 'one');
    expect(handoversOf(b)).to.have.length(0);
    await a.engine.close();
    all = [b];
    await until('the hand-over', () => handoversOf(b).length === 1);
    const count = { compile: () => ({ sql: 'select count(*) as n from connection', parameters: [] }) as never };
    const rows = await b.engine.store.read(async (tx) => tx.query<{ n: number }>(count));
    expect(rows).to.deep.equal([{ n: 0 }]);
  });

  it('ends a wait that another runtime began, by the time of the database', async () => {
    const [a, b] = [await start(), await start()];
    await agent(a, 'anna');
    await write(a, 'one');
    await enterQueue(a, 2);
    const began = Date.now();
    // Gone without a word: nothing of it lives but its lease.
    void a.engine.store.pool.end();
    await until('the end of the wait', () =>
      b.effects.find((e) => e.kind === 'forward' && e.step.outcome === 'timeout'),
    );
    expect(Date.now() - began).to.be.within(1500, 4000);
    all = [b];
    await a.engine.close().catch(() => {});
  });
});
