import { expect } from 'chai';
import type { LookUpResult, SendResult } from '../../providers/provider.ts';
import { Centre } from './support.ts';

const LOST: SendResult = { outcome: 'ambiguous', code: 'timeout', message: 'no answer' };
const SENT: SendResult = { outcome: 'sent', providerId: 'SMfound', status: 'queued' };
const ABSENT: LookUpResult = { outcome: 'absent' };

/** A customer whom a plan has sent two texts, the first of which got no answer. */
async function lost(more: Parameters<typeof Centre.open>[0] = {}) {
  const c = await Centre.open(more);
  const h = await c.inbound();
  const send = async (text: string) =>
    (
      await c.host.run('queueSend', {
        ...{ node: 's', interaction: h.context.interaction.id, plan: h.context.plan },
        ...{ text, type: 'text', content: null, once: false },
      })
    ).message.id;
  const [first, second] = [await send('one'), await send('two')];
  const claim = async () => (await c.host.run('claimOutgoing', { accounts: [c.id], limit: 10 })).map((j) => j.message);
  expect(await claim()).to.deep.equal([first]);
  await c.host.run('finishOutgoing', { message: first, result: LOST });
  const look = async (found: LookUpResult | null) => {
    const jobs = await c.host.run('claimLookUps', { account: c.id, limit: 10 });
    for (const job of jobs) await c.host.run('finishLookUp', { message: job.message, found });
    return jobs;
  };
  const stateOf = (message: string) => c.host.run('sending', { message });
  const ends = () => c.effects.filter((e) => e.kind === 'outgoing-done');
  return { c, first, second, claim, look, stateOf, ends };
}

describe('a send without a clear answer', () => {
  it('is marked, is not at its end, and what follows for the contact waits', async () => {
    const { c, first, claim, stateOf, ends } = await lost();
    expect(await stateOf(first)).to.include({ status: 'ambiguous', pending: true });
    expect(await claim()).to.deep.equal([]);
    expect(ends()).to.deep.equal([]);
    expect(c.effects.some((e) => e.kind === 'look-up' && e.at === c.clock.now() + 2000)).to.equal(true);
    await c.host.close();
  });

  it('is sent, if the provider has it; then the next one goes', async () => {
    const { c, first, second, claim, look, stateOf, ends } = await lost();
    expect(await look(SENT)).to.deep.equal([]);
    await c.advance(2);
    const [job] = await look(SENT);
    expect(job).to.deep.include({
      message: first,
      text: 'one',
      to: { address: '+12025550199' },
    });
    expect(await stateOf(first)).to.include({ status: 'sent', pending: false });
    expect((await c.host.run('message', { message: first })).providerId).to.equal('SMfound');
    expect(ends()).to.have.length(1);
    expect(await claim()).to.deep.equal([second]);
    await c.host.close();
  });

  it('is sent again only after a minute in which the provider does not list it', async () => {
    const { c, first, second, claim, look, stateOf } = await lost();
    for (const wait of [2, 5, 10, 15]) {
      await c.advance(wait);
      expect(await look(ABSENT)).to.have.length(1);
      expect(await claim()).to.deep.equal([]);
    }
    expect(await stateOf(first)).to.include({ status: 'ambiguous', pending: true });
    await c.advance(30);
    await look(ABSENT);
    expect(await stateOf(first)).to.include({ status: 'queued', pending: true });
    // In the order of the contact.
    expect(await claim()).to.deep.equal([first]);
    await c.host.run('finishOutgoing', { message: first, result: SENT });
    expect(await claim()).to.deep.equal([second]);
    await c.host.close();
  });

  it('is never sent again while the provider cannot say, and stays unclear in the end', async () => {
    const { c, first, second, claim, look, stateOf, ends } = await lost();
    for (let n = 0; n < 10; n++) {
      await c.advance(30);
      await look(n % 2 === 0 ? null : { outcome: 'ambiguous', code: 'not_told_apart', message: '' });
    }
    expect(await stateOf(first)).to.include({ status: 'ambiguous', pending: false });
    expect(ends()).to.deep.include({ kind: 'outgoing-done', message: first, status: 'ambiguous', error: null });
    expect(await claim()).to.deep.equal([second]);
    await c.host.close();
  });

  it('is answered by a delivery status as well, with its id at the provider', async () => {
    const { c, first, second, claim, look, stateOf, ends } = await lost();
    await c.host.run('ingest', {
      account: c.id,
      events: [{ kind: 'status', id: 'SMlate', ourId: first, status: 'delivered' }],
    });
    expect(await stateOf(first)).to.include({ status: 'delivered', pending: false });
    expect((await c.host.run('message', { message: first })).providerId).to.equal('SMlate');
    expect(ends()).to.have.length(1);
    await c.advance(60);
    expect(await look(ABSENT)).to.deep.equal([]);
    expect(await claim()).to.deep.equal([second]);
    await c.host.close();
  });

  it('that was refused, as its provider knows, is refused', async () => {
    const { c, first, look, stateOf } = await lost();
    await c.advance(2);
    await look({ outcome: 'rejected', code: '63016', reason: 'window_closed', message: '', retry: false });
    expect(await stateOf(first)).to.deep.include({
      status: 'failed',
      pending: false,
      error: { code: '63016', reason: 'window_closed' },
    });
    await c.host.close();
  });

  it('goes on to be looked up after a restart, and so does what the process was sending', async () => {
    const { c, first } = await lost();
    c.effects.splice(0);
    await c.host.run('resume', { attempts: true });
    expect(c.effects.some((e) => e.kind === 'look-up')).to.equal(true);
    await c.host.close();
    const other = await Centre.open();
    const h = await other.inbound();
    const { message } = await other.host.run('queueSend', {
      ...{ node: 's', interaction: h.context.interaction.id, plan: h.context.plan },
      ...{ text: 'x', type: 'text', content: null, once: false },
    });
    await other.host.run('claimOutgoing', { accounts: [other.id], limit: 1 });
    await other.advance(61);
    expect(await other.host.run('sending', { message: message.id })).to.include({ status: 'ambiguous', pending: true });
    await other.advance(2);
    const [job] = await other.host.run('claimLookUps', { account: other.id, limit: 1 });
    // It began a minute ago: not to be listed means that it was not taken.
    await other.host.run('finishLookUp', { message: job!.message, found: ABSENT });
    expect(await other.host.run('sending', { message: message.id })).to.include({ status: 'queued', pending: true });
    expect(first).to.be.a('string');
    await other.host.close();
  });

  it('stays so at a provider that cannot be asked, until a status says more', async () => {
    const { c, first, second, claim, look, stateOf } = await lost({ account: { provider: 'meta' } });
    expect(await stateOf(first)).to.include({ status: 'ambiguous', pending: false });
    expect(await claim()).to.deep.equal([second]);
    await c.advance(10);
    expect(await look(ABSENT)).to.deep.equal([]);
    await c.host.run('ingest', {
      account: c.id,
      events: [{ kind: 'status', id: 'wamid.1', ourId: first, status: 'sent' }],
    });
    expect(await stateOf(first)).to.include({ status: 'sent', pending: false });
    await c.host.close();
  });
});
