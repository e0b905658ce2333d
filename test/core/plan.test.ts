import { expect } from 'chai';
import fc from 'fast-check';
import type { Handover } from '../../core/views.ts';
import { onPostgres } from '../support/postgres.ts';
import { account, Centre, queue, refusal } from './support.ts';

const idOf = (h: Handover) => h.context.interaction.id;
type Out = Extract<Awaited<ReturnType<Centre['route']>>, { result: 'out' }>;
/** The message as it is after a step let it out. */
const leaving = (h: Handover, answer: Out) => ({
  context: { ...answer.context, plan: { id: h.context.plan.id, seq: answer.context.plan.seq } },
});

describe('the plan position', () => {
  it('of parallel copies one is taken, the other is dropped', async () => {
    const c = await Centre.open();
    const h = await c.inbound();
    expect(await c.queue(h)).to.deep.equal({ result: 'waiting' });
    expect(await c.queue(h)).to.deep.equal({ result: 'stale' });
    await c.host.close();
  });

  it('a message that arrives while another waits, or is between two steps, joins', async () => {
    const c = await Centre.open();
    const first = await c.inbound();
    const out = (await c.route(first)) as Out;
    const second = await c.inbound();
    expect(await c.route(second)).to.include({ result: 'out', output: 0, outcome: 'waiting' });
    expect(await c.queue(leaving(first, out))).to.deep.equal({ result: 'waiting' });
    const third = await c.inbound();
    expect(await c.route(third)).to.include({ result: 'out', output: 0, outcome: 'waiting' });
    expect(new Set([first, second, third].map(idOf)).size).to.equal(1);
    await c.host.close();
  });

  it('a loop goes twenty rounds a minute and no further', async () => {
    const c = await Centre.open();
    let h = await c.inbound();
    for (let i = 0; i < 20; i++) h = { ...h, ...leaving(h, (await c.route(h)) as Out) } as Handover;
    expect(await c.route(h)).to.deep.equal({ result: 'loop' });
    await c.advance(30);
    expect(await c.route(h)).to.deep.equal({ result: 'loop' });
    await c.host.close();
  });

  it('an output that is not wired ends the plan; the next message starts it again', async () => {
    const c = await Centre.open();
    expect(await c.route(await c.inbound(), [true, false])).to.deep.equal({ result: 'ended', outcome: 'nobody' });
    expect(await c.route(await c.inbound())).to.include({ result: 'out', output: 1 });
    await c.host.close();
  });

  it('after 60 s between two steps the plan ends; the message that comes late goes on all the same', async () => {
    const c = await Centre.open();
    const h = await c.inbound();
    const out = (await c.route(h)) as Out;
    await c.advance(61);
    expect(await c.rows('select plan_position from interaction')).to.deep.equal([{ plan_position: 'none' }]);
    expect(await c.rows('select event from audit')).to.deep.equal([{ event: 'plan-ended' }]);
    expect(await c.queue(leaving(h, out))).to.deep.equal({ result: 'waiting' });
    await c.host.close();
  });

  it('but not if somebody took the interaction meanwhile, or the next message began the plan again', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const taken = await c.inbound();
    const left = leaving(taken, (await c.route(taken)) as Out);
    const written = await c.inbound('+12025550101');
    const other = leaving(written, (await c.route(written)) as Out);
    await c.advance(61);
    await c.host.run('take', { interaction: taken.context.interaction.id, username: 'anna' });
    expect(await c.queue(left)).to.deep.equal({ result: 'stale' });
    expect(await c.route(await c.inbound('+12025550101'))).to.include({ result: 'out', output: 1 });
    expect(await c.queue(other)).to.deep.equal({ result: 'stale' });
    await c.host.close();
  });

  it('while flows are stopped, or the node does not run, nothing that is between ends', async () => {
    const c = await Centre.open();
    const positions = () => c.rows('select plan_position as at from interaction');
    await c.route(await c.inbound());
    await c.host.run('hold', {});
    await c.advance(3600);
    expect(await positions()).to.deep.equal([{ at: 'between' }]);
    // However often it is deployed without the node.
    for (let i = 0; i < 5; i++) {
      expect((await c.host.run('resume', { attempts: true, running: ['other'] })).between).to.equal(0);
      await c.advance(100);
    }
    expect(await positions()).to.deep.equal([{ at: 'between' }]);
    const all = { attempts: true, running: ['route'] };
    // Nothing was stopped: only what waited for its node comes.
    await c.route(await c.inbound('+12025550101'));
    expect((await c.host.run('resume', { ...all, parkedOnly: true })).between).to.equal(1);
    expect(c.forwards()).to.deep.equal(['route 1 nobody']);
    await c.advance(61);
    expect(await positions()).to.deep.equal([{ at: 'none' }, { at: 'none' }]);
    await c.host.close();
  });

  it('a forward that found its node stopped waits for it, unless it has gone on', async () => {
    const c = await Centre.open();
    const h = await c.toQueue(undefined, { timeout: 5 });
    await c.advance(6);
    const interaction = h.context.interaction.id;
    const [{ seq } = { seq: 0 }] = await c.rows<{ seq: number }>('select plan_seq as seq from interaction');
    await c.host.run('park', { forwards: [{ interaction, seq: seq - 1 }] });
    expect(await c.rows('select step_deadline > 0 as ends from interaction')).to.deep.equal([{ ends: 1 }]);
    await c.host.run('park', { forwards: [{ interaction, seq }] });
    await c.advance(3600);
    expect(await c.rows('select plan_position as at from interaction')).to.deep.equal([{ at: 'between' }]);
    await c.host.close();
  });

  it('what waits leaves by the outputs as they are wired when it leaves', async () => {
    const c = await Centre.open();
    const sync = (wired: string) =>
      c.host.run('syncConfig', {
        accounts: [account()],
        queues: [queue({ name: 'Sales' })],
        nodes: null,
        wired: { queue: wired },
      });
    await c.toQueue('+12025550101', { timeout: 5, wired: [true, false] });
    await sync('11');
    await c.advance(6);
    expect(c.forwards()).to.deep.equal(['queue 1 timeout']);
    await c.toQueue('+12025550102', { timeout: 5, wired: [true, true] });
    await sync('10');
    await c.advance(6);
    expect(c.forwards()).to.deep.equal([]);
    expect(await c.rows("select data from audit where event = 'plan-ended'")).to.deep.equal([
      { data: '{"reason":"unwired","output":1}' },
    ]);
    await c.host.close();
  });

  it('an agent who closes the tab while the accepted message is on its way is asked when the contact writes again', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    await c.connect('anna');
    const h = await c.inbound();
    await c.queue(leaving(h, (await c.route(h)) as Out));
    await c.accept('anna', idOf(h));
    expect(await c.route(await c.inbound())).to.include({ result: 'out', output: 0, outcome: 'waiting' });
    await c.host.run('setTab', { interaction: idOf(h), username: 'anna', open: false });
    expect(await c.route(await c.inbound())).to.deep.equal({ result: 'waiting' });
    expect(await c.offer('anna')).to.be.a('string');
    await c.host.close();
  });

  it('what is between is handed over again at most three times', async () => {
    const c = await Centre.open();
    await c.route(await c.inbound());
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      counts.push((await c.host.run('resume', { attempts: true })).between);
    }
    expect(counts).to.deep.equal([1, 1, 1, 0]);
    expect(c.forwards()).to.deep.equal(['route 1 nobody', 'route 1 nobody', 'route 1 nobody']);
    await c.host.close();
  });

  it('what was not marked as handed over comes again, in order; what the plan has does not start anew', async () => {
    const c = await Centre.open();
    for (const text of ['one', 'two'])
      await c.host.run('ingest', {
        account: c.id,
        events: [
          { kind: 'message', id: text, peer: { address: '+12025550199', phone: '+12025550199' }, type: 'text', text },
        ],
      });
    c.handovers.splice(0);
    await c.host.run('resume', { attempts: true });
    expect(c.handovers.map((h) => h.message.text)).to.deep.equal(['one', 'two']);
    await c.route(c.handovers[0]!);
    c.handovers.splice(0);
    await c.host.run('resume', { attempts: true });
    expect(c.handovers.map((h) => h.message.text)).to.deep.equal(['two']);
    await c.host.close();
  });

  it('without a wa-inbound the message is kept, unassigned, and no plan begins; told once', async () => {
    const c = await Centre.open();
    await c.host.run('ingest', {
      account: c.id,
      events: [
        {
          kind: 'message',
          id: 'x',
          peer: { address: '+12025550199', phone: '+12025550199' },
          type: 'text',
          text: 'hello',
        },
      ],
    });
    const [h] = c.handovers;
    for (let i = 0; i < 2; i++) await c.host.run('handed', { messages: [], unheard: [h!.message.id] });
    expect(await c.rows("select event, data from audit where event = 'plan-ended'")).to.deep.equal([
      { event: 'plan-ended', data: '{"reason":"no wa-inbound"}' },
    ]);
    expect(await c.view(idOf(h!))).to.include({ agent: null, unread: 1, status: 'open' });
    expect((await c.host.run('resume', { attempts: true })).handovers).to.equal(0);
    await c.host.close();
  });

  it('a step whose node is gone ends: nobody has the interaction, it is unread', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const h = await c.toQueue();
    await c.sync([account()], [queue({ name: 'Sales' })], ['queue', 'acc']);
    expect((await c.view(idOf(h))).waiting).to.include({ node: 'queue', queue: 'Sales' });
    await c.sync([account()], [queue({ name: 'Sales' })], ['acc']);
    expect(await c.view(idOf(h))).to.include({ agent: null, waiting: null, unread: 1 });
    expect(await c.offer('anna')).to.equal(null);
    await c.host.close();
  });

  it('deadlines are absolute: a clock that jumps forward fires what is due, in its order', async () => {
    const c = await Centre.open();
    await c.toQueue('+12025550101', { node: 'late', timeout: 50 });
    await c.toQueue('+12025550102', { node: 'early', timeout: 40 });
    c.clock.set(c.clock.now() + 3_600_000);
    await c.host.run('health', {});
    await c.advance(5);
    expect(c.forwards()).to.deep.equal(['early 1 timeout', 'late 1 timeout']);
    await c.host.close();
  });

  it('closed is an error for every step', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const h = await c.toQueue();
    await c.accept('anna');
    await c.host.run('closeInteraction', { interaction: idOf(h), username: 'anna' });
    expect(await refusal(c.queue(h))).to.equal('interaction_closed');
    expect(await refusal(c.route(h))).to.equal('interaction_closed');
    expect(idOf(await c.inbound())).to.not.equal(idOf(h));
    await c.host.close();
  });

  it('a command that fails harms no other of its group', async () => {
    const c = await Centre.open();
    const outcomes = await Promise.all([
      c.inbound('+12025550101'),
      refusal(c.host.run('enterRoute', null as never)),
      refusal(c.host.run('take', { interaction: 'none', username: 'nobody' })),
      c.inbound('+12025550102'),
    ]);
    expect(outcomes[1]).to.not.equal('no refusal');
    expect(outcomes[2]).to.equal('not_found');
    await c.agent('anna');
    expect((await c.host.run('desk', { username: 'anna' })).unassigned).to.have.length(2);
    await c.host.close();
  });
});

describe('whatever happens', () => {
  const AGENTS = ['anna', 'ben', 'carla'];
  const FROM = ['+12025550101', '+12025550102', '+12025550103'];
  const command = fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      from: fc.constantFrom(...FROM),
      strategy: fc.constantFrom('q-All', 'q-One'),
    }),
    fc.record({
      kind: fc.constantFrom('accept', 'reject', 'close', 'tab', 'take', 'pause', 'back', 'lose', 'leave'),
      agent: fc.constantFrom(...AGENTS),
    }),
    fc.record({ kind: fc.constant('advance' as const), seconds: fc.integer({ min: 1, max: 70 }) }),
  );

  it('an interaction is open once per contact, load and offers agree with what is so', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const c = await Centre.open({
          queues: [
            { name: 'All', strategy: 'beepall' },
            { name: 'One', strategy: 'rrmemory', agentTimeout: 7 },
          ],
        });
        for (const a of AGENTS) await c.agent(a, 2);
        for (const step of commands) {
          if (step.kind === 'write') {
            const h = await c.inbound(step.from);
            const answer = await c.route(h);
            if (answer.result === 'out' && answer.output === 1)
              await c.queue(leaving(h, answer), { queue: step.strategy, timeout: 30 });
          } else if (step.kind === 'advance') await c.advance(step.seconds);
          else await act(c, step.kind, step.agent).catch(() => {});
          await check(c);
        }
        await c.host.close();
      }),
      { numRuns: onPostgres ? 15 : 60 },
    );
  });

  async function act(c: Centre, kind: string, username: string): Promise<unknown> {
    const desk = await c.host.run('desk', { username });
    const mine = [...desk.tabs, ...desk.assigned][0];
    switch (kind) {
      case 'accept':
        return c.accept(username);
      case 'reject':
        return c.reject(username);
      case 'close':
        return mine && c.host.run('closeInteraction', { interaction: mine.id, username });
      case 'tab':
        return mine && c.host.run('setTab', { interaction: mine.id, username, open: !mine.tabOpen });
      case 'take':
        return desk.unassigned[0] && c.host.run('take', { interaction: desk.unassigned[0].id, username });
      case 'pause':
        return c.host.run('setPresence', { username, state: 'paused', pause: 'Break' });
      case 'back':
        await c.connect(username);
        return c.host.run('setPresence', { username, state: 'available' });
      case 'lose':
        return c.disconnect(username);
      default:
        return c.host.run('leave', { username });
    }
  }

  async function check(c: Centre): Promise<void> {
    const seen = new Map<string, string>();
    for (const username of AGENTS) {
      const desk = await c.host.run('desk', { username });
      const mine = [...desk.tabs, ...desk.assigned];
      for (const ix of mine) {
        expect(seen.get(ix.id), 'one agent').to.equal(undefined);
        seen.set(ix.id, username);
      }
      expect(desk.tabs.length, 'tabs within the capacity').to.be.at.most(desk.agent.capacity);
      for (const offer of desk.offers) {
        expect(offer.interaction.status).to.equal('open');
        expect(offer.interaction.waiting, 'an offer belongs to a step').to.not.equal(null);
      }
      // Someone who could take an interaction that waits in the queue of all is rung for it, unless they refused it.
      const open = [...mine, ...desk.unassigned];
      const keys = open.map((ix) => `${ix.account.id} ${ix.contact.id}`);
      expect(new Set(keys).size, 'one open interaction per contact').to.equal(keys.length);
    }
  }
});
