/** What happens to a conversation by itself: it comes back after a snooze, is reopened by a message, is closed by silence. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AccountConfig } from '../../core/api.ts';
import { account, Centre, queue, refusal } from './support.ts';

const HOUR = 3600;

/** Anna has a conversation, read, its tab open; the plan is done with it. */
async function talking(more: Partial<AccountConfig> = {}, file?: string): Promise<{ c: Centre; id: string }> {
  const c = await Centre.open({ account: more, ...(file ? { file } : {}) });
  for (const a of ['anna', 'ben']) await c.agent(a);
  const id = (await c.toQueue()).context.interaction.id;
  await c.accept('anna');
  await c.host.run('markRead', { interaction: id, username: 'anna' });
  await pass(c, 61);
  c.forwards();
  return { c, id };
}

/** Keeps the desks alive while time passes. */
async function pass(c: Centre, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 45) {
    await c.advance(Math.min(left, 45));
    await c.host.run('heartbeat', { connections: ['c-anna', 'c-ben'] });
  }
}

async function inDirectory(work: (file: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'wa-later-'));
  try {
    await work(join(dir, 'x.db'));
  } finally {
    await rm(dir, { recursive: true });
  }
}

const tabs = async (c: Centre, username = 'anna') => (await c.host.run('desk', { username })).tabs.map((ix) => ix.id);
const outcome = (answer: object) => ('outcome' in answer ? answer.outcome : (answer as { result: string }).result);

describe('a snooze', () => {
  const snooze = (c: Centre, interaction: string, seconds: number | null, username = 'anna') =>
    c.host.run('snooze', {
      interaction,
      username,
      until: seconds === null ? null : c.clock.now() + seconds * 1000,
    });

  it('puts the tab away, which makes room, and brings it back unread', async () => {
    const { c, id } = await talking();
    await c.host.run('updateAgent', { username: 'anna', capacity: 1 });
    const { interaction } = await snooze(c, id, 600);
    expect(interaction).to.include({ tabOpen: false, agent: 'anna', unread: 0 });
    expect(Date.parse(interaction.snoozedUntil!) - c.clock.now()).to.equal(600_000);
    expect(await tabs(c)).to.deep.equal([]);
    const other = (await c.toQueue('+12025550102')).context.interaction.id;
    expect(await c.rings(other, ['anna'])).to.deep.equal(['anna']);
    await c.reject('anna', other);
    await pass(c, 599);
    expect(await tabs(c)).to.deep.equal([]);
    await pass(c, 1);
    expect(await tabs(c)).to.deep.equal([id]);
    expect(await c.view(id)).to.include({ tabOpen: true, unread: 1, snoozedUntil: null, agent: 'anna' });
    await c.host.close();
  });

  it('comes back among the assigned ones if there is no room or the agent is away', async () => {
    for (const why of ['room', 'away'] as const) {
      const { c, id } = await talking();
      await snooze(c, id, 600);
      if (why === 'away') await c.host.run('leave', { username: 'anna' });
      else {
        await c.host.run('updateAgent', { username: 'anna', capacity: 1 });
        await c.toQueue('+12025550102');
        await c.accept('anna');
      }
      await pass(c, 601);
      expect(await c.view(id), why).to.include({ tabOpen: false, unread: 1, snoozedUntil: null, agent: 'anna' });
      await c.host.close();
    }
  });

  it('ends when the contact writes: straight to the tab', async () => {
    const { c, id } = await talking();
    await snooze(c, id, 600);
    const h = await c.inbound();
    expect(await tabs(c)).to.deep.equal([id]);
    expect(await c.view(id)).to.include({ unread: 1, snoozedUntil: null });
    expect(outcome(await c.route(h))).to.equal('tab');
    await c.host.close();
  });

  it('ends when the agent opens it, cancels it, hands it back or closes it', async () => {
    const ways: ((c: Centre, id: string) => Promise<unknown>)[] = [
      (c, id) => c.host.run('setTab', { interaction: id, username: 'anna', open: true }),
      (c, id) => snooze(c, id, null),
      (c, id) => c.host.run('release', { interaction: id, username: 'anna' }),
      (c, id) => c.host.run('closeInteraction', { interaction: id, username: 'anna' }),
    ];
    for (const way of ways) {
      const { c, id } = await talking();
      await snooze(c, id, 600);
      await way(c, id);
      const { version, snoozedUntil } = await c.view(id);
      expect(snoozedUntil).to.equal(null);
      await pass(c, 601);
      expect((await c.view(id)).version).to.equal(version);
      await c.host.close();
    }
  });

  it('is refused for a time that has passed or is far away, for a closed one, and for what nobody has', async () => {
    const { c, id } = await talking();
    await c.agent('sue', 1, 'supervisor');
    expect(await refusal(snooze(c, id, 0))).to.equal('invalid_time');
    expect(await refusal(snooze(c, id, 400 * 24 * HOUR))).to.equal('invalid_time');
    expect(await refusal(snooze(c, id, 60, 'ben'))).to.equal('forbidden');
    const free = (await c.inbound('+12025550102')).context.interaction.id;
    expect(await refusal(snooze(c, free, 60, 'sue'))).to.equal('not_assigned');
    await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
    expect(await refusal(snooze(c, id, 60))).to.equal('interaction_closed');
    await c.host.close();
  });

  it('ends on time over a restart', () =>
    inDirectory(async (file) => {
      let { c, id } = await talking({}, file);
      await snooze(c, id, 600);
      await c.host.close();
      c.clock.set(c.clock.now() + 590_000);
      c = await Centre.open({ file, clock: c.clock });
      await c.connect('anna');
      expect(await tabs(c)).to.deep.equal([]);
      await c.advance(10);
      expect(await tabs(c)).to.deep.equal([id]);
      await c.host.close();
    }));
});

describe('a message soon after the close', () => {
  const close = (c: Centre, interaction: string) =>
    c.host.run('closeInteraction', { interaction, username: 'anna', disposition: ['Done'], note: 'all well' });
  const OPTIONS = { reopenMinutes: 30, dispositions: [{ name: 'Done' }] };

  it('reopens the conversation for its last agent, who is asked', async () => {
    const { c, id } = await talking(OPTIONS);
    await close(c, id);
    await pass(c, 30 * 60);
    const h = await c.inbound(undefined, 'One more thing');
    expect(h.context.interaction).to.include({ id, status: 'open', agent: 'anna', isNew: false, unread: 1 });
    const view = await c.view(id);
    expect(view).to.include({ status: 'open', agent: 'anna', tabOpen: false, unread: 1, closedAt: null });
    expect(view.disposition).to.deep.equal([]);
    expect(view.unansweredSince).to.not.equal(null);
    expect(outcome(await c.route(h))).to.equal('waiting');
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.accept('anna');
    expect(await tabs(c)).to.deep.equal([id]);
    const audit = await c.rows<{ actor: string }>(`select actor from audit where event = 'interaction-reopened'`);
    expect(audit).to.deep.equal([{ actor: 'contact' }]);
    await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
    expect(await c.rows(`select note from interaction where id = '${id}'`)).to.deep.equal([{ note: 'all well' }]);
    await c.host.close();
  });

  it('later, or where it is not wanted, opens a new one', async () => {
    for (const [more, seconds] of [
      [OPTIONS, 30 * 60 + 1],
      [{ ...OPTIONS, reopenMinutes: 0 }, 0],
    ] as const) {
      const { c, id } = await talking(more);
      await close(c, id);
      await pass(c, seconds);
      const { context } = await c.inbound();
      expect(context.interaction.id).to.not.equal(id);
      expect(context.interaction).to.include({ isNew: true, agent: null });
      await c.host.close();
    }
  });

  it('a reaction reopens nothing', async () => {
    const { c, id } = await talking(OPTIONS);
    await close(c, id);
    const peer = { address: '+12025550199', phone: '+12025550199' };
    const reaction = { to: 'x', emoji: '+' };
    await c.host.run('ingest', {
      account: c.id,
      events: [{ kind: 'message', id: 'SMr', peer, type: 'reaction', text: '', reaction }],
    });
    expect((await c.view(id)).status).to.equal('closed');
    await c.host.close();
  });

  it('of an agent who is gone is nobody’s', async () => {
    for (const way of ['deleted', 'not in the account'] as const) {
      const { c, id } = await talking(OPTIONS);
      await close(c, id);
      if (way === 'deleted') await c.host.run('deleteAgent', { username: 'anna' });
      else await c.sync([account({ ...OPTIONS, agents: ['ben'] })], [queue({ name: 'Sales' })]);
      const h = await c.inbound();
      expect(h.context.interaction, way).to.include({ id, agent: null });
      expect(await c.route(h)).to.include({ output: 1, outcome: 'nobody' });
      expect((await c.host.run('desk', { username: 'ben' })).unassigned.map((ix) => ix.id)).to.deep.equal([id]);
      await c.host.close();
    }
  });

  it('two at once reopen it once', async () => {
    const { c, id } = await talking(OPTIONS);
    await close(c, id);
    const [one, two] = await Promise.all([c.inbound(undefined, 'a'), c.inbound(undefined, 'b')]);
    expect([one.context.interaction.id, two.context.interaction.id]).to.deep.equal([id, id]);
    expect((await c.view(id)).unread).to.equal(2);
    expect(await c.rows(`select 1 from audit where event = 'interaction-reopened'`)).to.have.length(1);
    await c.host.close();
  });
});

describe('silence', () => {
  const OPTIONS = { autoCloseHours: 2, mandatoryDisposition: true, dispositions: [{ name: 'Done' }] };

  it('closes by the system, with the disposition Timeout, whoever has it', async () => {
    const c = await Centre.open({ account: OPTIONS });
    await c.agent('anna');
    const id = (await c.toQueue(undefined, { timeout: 0 })).context.interaction.id;
    await c.advance(2 * HOUR - 1);
    expect((await c.view(id)).status).to.equal('open');
    await c.advance(1);
    const view = await c.view(id);
    expect(view).to.include({ status: 'closed', waiting: null, unread: 0 });
    expect(view.disposition).to.deep.equal(['Timeout']);
    expect(Date.parse(view.closedAt!)).to.equal(c.clock.now());
    const events = await c.rows<{ event: string; actor: string }>(
      `select event, actor from audit where interaction_id = '${id}' and event in ('interaction-closed', 'disposed')`,
    );
    expect(events.map((e) => `${e.event} ${e.actor}`)).to.have.members([
      'interaction-closed system',
      'disposed system',
    ]);
    await c.host.close();
  });

  it('counts from the newest message, in or out, but not from a note', async () => {
    const { c, id } = await talking(OPTIONS);
    await pass(c, HOUR);
    await c.inbound();
    await pass(c, HOUR);
    await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Yes' });
    await pass(c, HOUR);
    await c.host.run('addNote', { interaction: id, actor: { username: 'anna' }, text: 'x' });
    await pass(c, HOUR - 1);
    expect((await c.view(id)).status).to.equal('open');
    await pass(c, 1);
    expect((await c.view(id)).status).to.equal('closed');
    expect(await tabs(c)).to.deep.equal([]);
    await c.host.close();
  });

  it('0 = never; a deploy that sets, shortens or lifts it holds for what is open', async () => {
    const { c, id } = await talking();
    const status = async () => (await c.view(id)).status;
    const deploy = (hours: number) => c.sync([account({ autoCloseHours: hours })], [queue({ name: 'Sales' })]);
    await c.advance(10 * HOUR);
    await deploy(20);
    await c.advance(5 * HOUR);
    await deploy(0);
    await c.advance(10 * HOUR);
    expect(await status()).to.equal('open');
    await deploy(100);
    await deploy(26);
    await c.advance(HOUR - 62);
    expect(await status()).to.equal('open');
    await c.advance(1);
    expect(await status()).to.equal('closed');
    await c.host.close();
  });

  it('a removed account closes nothing', async () => {
    const { c, id } = await talking(OPTIONS);
    await c.sync([], [queue({ name: 'Sales' })]);
    await c.advance(3 * HOUR);
    expect((await c.view(id)).status).to.equal('open');
    await c.host.close();
  });

  it('what fell due while nothing ran is closed after the start', () =>
    inDirectory(async (file) => {
      let { c, id } = await talking(OPTIONS, file);
      await c.host.close();
      c.clock.set(c.clock.now() + 2 * HOUR * 1000);
      c = await Centre.open({ file, clock: c.clock, account: OPTIONS });
      await c.advance(0);
      expect((await c.view(id)).status).to.equal('closed');
      await c.host.close();
    }));

  it('a reopened conversation has its time again', async () => {
    const { c, id } = await talking({ ...OPTIONS, reopenMinutes: 60 });
    await c.advance(2 * HOUR);
    expect((await c.view(id)).status).to.equal('closed');
    await c.inbound();
    await c.advance(2 * HOUR - 1);
    expect((await c.view(id)).status).to.equal('open');
    await c.advance(1);
    expect((await c.view(id)).status).to.equal('closed');
    await c.host.close();
  });
});
