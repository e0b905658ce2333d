import { expect } from 'chai';
import fc from 'fast-check';
import { onPostgres } from '../support/postgres.ts';
import { account, Centre, queue } from './support.ts';

const AGENTS = ['anna', 'ben', 'carla'];
const PEERS = [
  { phone: '+12025550101' },
  { phone: '+12025550102' },
  { userId: 'US.1' },
  // The same person as the first and the third.
  { phone: '+12025550101', userId: 'US.1' },
];
const QUEUES = [
  { name: 'All', strategy: 'beepall' as const },
  { name: 'One', strategy: 'rrmemory' as const, agentTimeout: 7 },
];

const SETTINGS = { reopenMinutes: 1, transferToQueueTimeout: 40 };

type Step =
  | { kind: 'write'; from: number; node: 'q-All' | 'q-One' | 'anna' }
  | { kind: string; agent: string }
  | { kind: 'advance'; seconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      from: fc.nat(3),
      node: fc.constantFrom('q-All' as const, 'q-One' as const, 'anna' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'accept',
        'reject',
        'close',
        'open',
        'shut',
        'take',
        'release',
        'release all',
        'to ben',
        'to a queue',
        'closing',
        'cancel',
        'snooze',
        'pause',
        'connect',
        'lose',
        'leave',
        'leave all',
        'disable',
        'enable',
        'narrow',
        'widen',
        'orphan',
        'exclude',
      ),
      agent: fc.constantFrom(...AGENTS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.integer({ min: 1, max: 70 }) }),
  },
);

async function perform(c: Centre, s: Step): Promise<void> {
  if ('seconds' in s) return c.advance(s.seconds);
  if ('from' in s) {
    const peer = PEERS[s.from]!;
    const before = c.handovers.length;
    const event = {
      kind: 'message' as const,
      id: `SM${before}-${c.clock.now()}-${s.from}`,
      peer: { address: peer.phone ?? peer.userId!, ...peer },
      type: 'text' as const,
      text: 'x',
    };
    await c.host.run('ingest', { account: c.id, events: [event] });
    const h = c.handovers[before];
    if (!h) return;
    const answer = await c.route(h);
    if (answer.result !== 'out' || answer.output !== 1) return;
    const next = { context: { ...answer.context, plan: { id: h.context.plan.id, seq: answer.context.plan.seq } } };
    if (s.node === 'anna') await c.agentStep(next, 'anna', 25);
    else await c.queue(next, { queue: s.node, timeout: 30 });
    return;
  }
  const username = 'agent' in s ? s.agent : '';
  const desk = await c.host.run('desk', { username });
  const mine = [...desk.tabs, ...desk.assigned][0]?.id;
  switch (s.kind) {
    case 'accept':
    case 'reject': {
      const offer = desk.offers[0]?.id;
      if (offer) await c.host.run(s.kind === 'accept' ? 'acceptOffer' : 'rejectOffer', { offer, username });
      return;
    }
    case 'close':
      if (mine) await c.host.run('closeInteraction', { interaction: mine, username });
      return;
    case 'open':
    case 'shut':
      if (mine) await c.host.run('setTab', { interaction: mine, username, open: s.kind === 'open' });
      return;
    case 'take':
      if (desk.unassigned[0]) await c.host.run('take', { interaction: desk.unassigned[0].id, username });
      return;
    case 'release':
      if (mine) await c.host.run('release', { interaction: mine, username });
      return;
    case 'release all':
      await c.host.run('releaseAgent', { username, by: 'sue' });
      return;
    case 'to ben':
    case 'to a queue':
      if (mine) {
        const to = s.kind === 'to ben' ? { agent: 'ben' } : { queue: 'One' };
        await c.host.run('transfer', { interaction: mine, username, to });
      }
      return;
    case 'closing':
    case 'cancel':
      if (mine)
        await c.host.run(s.kind === 'closing' ? 'startClosing' : 'cancelClosing', { interaction: mine, username });
      return;
    case 'snooze':
      if (mine) await c.host.run('snooze', { interaction: mine, username, until: c.clock.now() + 40_000 });
      return;
    case 'pause':
      await c.host.run('setPresence', { username, state: 'paused', pause: 'Break' });
      return;
    case 'connect':
      await c.connect(username);
      await c.host.run('setPresence', { username, state: 'available' });
      return;
    case 'lose':
      await c.disconnect(username);
      return;
    case 'leave':
    case 'leave all':
      await c.host.run('leave', { username, release: s.kind === 'leave all' });
      return;
    case 'disable':
    case 'enable':
      await c.host.run('updateAgent', { username, disabled: s.kind === 'disable' });
      return;
    case 'narrow':
    case 'widen':
      await c.host.run('updateAgent', { username, capacity: s.kind === 'narrow' ? 1 : 3 });
      return;
    case 'orphan':
      await c.sync([account(SETTINGS)], QUEUES.map(queue), ['route', 'agent', 'acc']);
      return;
    case 'exclude':
      await c.sync([account({ ...SETTINGS, agents: AGENTS.filter((a) => a !== username) })], QUEUES.map(queue));
  }
}

/** What must never be found in the store, each as a query that has to be empty. */
const NEVER: Record<string, string> = {
  'an agent whose load is not their open tabs and ringing offers': `
    select * from (
      select username, load,
        (select count(*) from interaction i where i.agent = a.username and i.status = 'open' and i.tab_open = 1) as tabs,
        (select count(*) from offer o where o.agent = a.username and o.state = 'ringing') as ringing
      from agent a) as counted
    where load <> tabs + ringing`,
  'an agent who is ready and should not be, or the other way round': `
    select username, ready from agent
    where (ready = 1) <> (disabled = 0 and deleted_at is null and presence = 'available' and connections > 0 and load < capacity)`,
  'two open interactions of one contact and account': `
    select contact_id from interaction where status = 'open' group by contact_id, account_id having count(*) > 1`,
  'an offer that rings without its step': `
    select o.id from offer o left join interaction i on i.id = o.interaction_id
    where o.state = 'ringing' and (i.id is null or i.status <> 'open' or i.plan_position <> 'at' or i.plan_seq <> o.seq)`,
  'two offers of one step for one agent': `
    select agent from offer where state = 'ringing' group by interaction_id, agent having count(*) > 1`,
  'a step without its message, or a message without a step': `
    select i.id, i.plan_position from interaction i left join step_message m on m.interaction_id = i.id
    where (i.plan_position = 'at' and i.step_node is not null) and m.msg is null
      or (i.plan_position = 'none' or i.step_node is null) and m.msg is not null`,
  'an agent in a pause for closing what is not being closed, or the other way round': `
    select username, presence, resume_presence from agent a
    where (resume_presence is not null and presence <> 'offline')
      <> exists (select 1 from interaction i where i.disposing = a.username and i.status = 'open')`,
  'an agent who is closing something and can be rung': `
    select username from agent where resume_presence is not null and ready = 1`,
  'a closed conversation that has something before it': `
    select id from interaction where status = 'closed' and (disposing is not null or snoozed_until is not null)`,
  'a tab that is open and put away': `select id from interaction where snoozed_until is not null and (tab_open = 1 or agent is null)`,
  'a transfer or a return without an end that nobody can be asked for': `
    select id from interaction where plan_position = 'at' and step_kind = 'transfer' and step_deadline is null
    union select id from interaction where plan_position = 'at' and step_kind = 'return' and step_deadline is null and agent is not null`,
  'a tab of nobody, or of a closed conversation': `
    select id from interaction where tab_open = 1 and (agent is null or status = 'closed')`,
  'a message of no interaction': `
    select id from message where interaction_id not in (select id from interaction)`,
  'a disabled agent who has something': `
    select i.id from interaction i join agent a on a.username = i.agent
    where i.status = 'open' and a.disabled = 1
    union select o.id from offer o join agent a on a.username = o.agent where o.state = 'ringing' and a.disabled = 1`,
  'one that waits while a ready agent of its queue was not asked': `
    select i.id, a.username from interaction i
    join queue q on q.id = i.step_queue and q.removed_at is null
    join agent a on a.ready = 1
    where i.step_accepting = 1 and i.plan_position = 'at'
      and exists (select 1 from member m where m.kind = 'queue' and m.target = q.id and m.username in ('*', a.username))
      and exists (select 1 from member m where m.kind = 'account' and m.target = i.account_id and m.username in ('*', a.username))
      and not exists (select 1 from offer o where o.interaction_id = i.id and o.seq = i.plan_seq and o.agent = a.username and o.forgotten = 0)
      and (i.step_agent is null or i.step_agent <> a.username)`,
  'one for whom nobody rings although somebody could': `
    select i.id, a.username from interaction i
    join agent a on a.ready = 1
    where i.plan_position = 'at' and i.step_queue is not null
      and exists (select 1 from member m where m.kind = 'queue' and m.target = i.step_queue and m.username in ('*', a.username))
      and exists (select 1 from member m where m.kind = 'account' and m.target = i.account_id and m.username in ('*', a.username))
      and not exists (select 1 from offer o where o.interaction_id = i.id and o.state = 'ringing')
      and (i.step_agent is null or i.step_agent <> a.username)`,
};

describe('the books', () => {
  it('agree with what is so, whatever happens', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const c = await Centre.open({ account: SETTINGS, queues: QUEUES });
        try {
          for (const a of AGENTS) await c.agent(a, 2);
          await c.host.run('createAgent', {
            username: 'sue',
            name: 'S',
            role: 'supervisor',
            capacity: 1,
            passwordHash: 'x',
          });
          for (const s of steps) {
            await perform(c, s).catch((error: { code?: unknown }) => {
              // A refusal is an answer; anything else is a fault.
              if (typeof error.code !== 'string') throw error;
            });
            for (const [what, sql] of Object.entries(NEVER)) expect(await c.rows(sql), what).to.deep.equal([]);
          }
        } finally {
          await c.host.close();
        }
      }),
      { numRuns: onPostgres ? 8 : 100 },
    );
  });
});
