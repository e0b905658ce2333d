import { expect } from 'chai';
import type { SendResult } from '../../providers/provider.ts';
import { Centre } from './support.ts';

const SENT = (n: number): SendResult => ({ outcome: 'sent', providerId: `SM${n}`, status: 'queued' });

/** Conversations with so many contacts, and so many texts queued for each. */
async function queued(c: Centre, contacts: number, each = 1): Promise<void> {
  for (let i = 0; i < contacts; i++) {
    const h = await c.inbound(`+1202555${1000 + i}`);
    for (let n = 0; n < each; n++)
      await c.host.run('queueSend', {
        ...{ node: 's', interaction: h.context.interaction.id, plan: h.context.plan },
        ...{ text: `text ${n}`, type: 'text', content: null, once: false },
      });
  }
}
const claim = (c: Centre, limit = 20) => c.host.run('claimOutgoing', { accounts: [c.id], limit });
/** When the store says that is to be asked again, seconds from now. */
const wakes = (c: Centre) =>
  c.effects
    .splice(0)
    .filter((e) => e.kind === 'outgoing' && e.at > c.clock.now())
    .map((e) => ((e as { at: number }).at - c.clock.now()) / 1000);

let sent = 0;
/** Sends what may go until nothing is left, as a sender would: asks when it is told to. */
async function sendAll(c: Centre): Promise<number[]> {
  const times: number[] = [];
  for (;;) {
    c.effects.splice(0);
    const jobs = await claim(c);
    for (const job of jobs) {
      times.push(c.clock.now());
      await c.host.run('finishOutgoing', { message: job.message, result: SENT(sent++) });
    }
    if (jobs.length > 0) continue;
    const [next] = wakes(c);
    if (next === undefined) return times;
    await c.advance(next);
  }
}

describe('the pace of sending', () => {
  it('is the rate of the account, without a time of its own for each message', async () => {
    const c = await Centre.open({ account: { rate: 10 } });
    await queued(c, 40);
    const times = await sendAll(c);
    expect(times).to.have.length(40);
    const start = times[0]!;
    for (let from = 0; from <= 3000; from += 250) {
      const within = times.filter((at) => at >= start + from && at < start + from + 1000).length;
      expect(within).to.be.at.most(11);
    }
    expect(times.at(-1)! - start).to.be.within(3700, 4000);
    await c.host.close();
  });

  it('is 80 a second if nothing else is said, in groups', async () => {
    const c = await Centre.open();
    await queued(c, 100);
    let asked = 0;
    const { run } = c.host;
    c.host.run = ((name: never, input: never) => {
      if (name === 'claimOutgoing') asked++;
      return run(name, input);
    }) as typeof run;
    const times = await sendAll(c);
    expect(times.at(-1)! - times[0]!).to.be.within(1050, 1300);
    expect(asked).to.be.below(75);
    await c.host.close();
  });

  it('holds for all processes and over a restart: it is in the store', async () => {
    const c = await Centre.open({ account: { rate: 1 } });
    await queued(c, 3);
    expect(await claim(c)).to.have.length(1);
    expect(await claim(c)).to.have.length(0);
    expect(wakes(c)).to.include(0.9);
    await c.advance(1);
    expect(await claim(c)).to.have.length(1);
    // A clock that was set back by hours does not keep anything.
    c.clock.jump(-7_200_000);
    expect(await c.rows('select account_id from pace')).to.have.length(1);
    await c.host.close();
  });

  it('a 429 holds up the whole account for as long as the provider says, in the order of the contact', async () => {
    const c = await Centre.open();
    await queued(c, 3, 2);
    const [first, ...others] = await claim(c, 2);
    const refused: SendResult = {
      ...{ outcome: 'rejected', code: '20429', reason: 'rate_limited', message: 'slow down', retry: true },
      retryAfter: 30,
    };
    expect((await c.host.run('finishOutgoing', { message: first!.message, result: refused })).status).to.equal(
      'queued',
    );
    for (const job of others) await c.host.run('finishOutgoing', { message: job.message, result: SENT(sent++) });
    c.effects.splice(0);
    expect(await claim(c)).to.deep.equal([]);
    expect(wakes(c)).to.include(30);
    await c.advance(29);
    expect(await claim(c)).to.deep.equal([]);
    await c.advance(1);
    const order: string[] = [];
    for (let more = await claim(c); order.length < 4; more = await claim(c)) {
      for (const job of more) {
        if (job.contact === first!.contact) order.push(job.message);
        await c.host.run('finishOutgoing', { message: job.message, result: SENT(sent++) });
      }
      await c.advance(0.1);
      if (order.length === 2) break;
    }
    expect(order[0]).to.equal(first!.message);
    expect(order).to.have.length(2);
    await c.host.close();
  });

  it('a message is not given up because the provider is busy for long', async () => {
    const c = await Centre.open();
    await queued(c, 1);
    const refused: SendResult = {
      ...{ outcome: 'rejected', code: '20429', reason: 'rate_limited', message: 'slow down', retry: true },
      retryAfter: 1,
    };
    for (let n = 0; n < 20; n++) {
      const [job] = await claim(c);
      expect(job, `attempt ${n}`).to.not.equal(undefined);
      await c.host.run('finishOutgoing', { message: job!.message, result: refused });
      await c.advance(61);
    }
    const [job] = await claim(c);
    await c.host.run('finishOutgoing', { message: job!.message, result: SENT(sent++) });
    expect((await c.host.run('message', { message: job!.message })).status).to.equal('sent');
    await c.host.close();
  });

  it('of a contact at Meta: a burst, then one in six seconds; others are not held up', async () => {
    const c = await Centre.open({ account: { provider: 'meta', rate: 1000 } });
    await queued(c, 1, 50);
    await queued(c, 2);
    const times = await sendAll(c);
    expect(times).to.have.length(52);
    const start = times[0]!;
    // Those of the burst, and the two of somebody else ... who is the first contact, too, once more.
    expect(times.filter((at) => at - start < 1000)).to.have.length.within(45, 47);
    const late = times.filter((at) => at - start >= 1000);
    for (const [i, at] of late.entries()) if (i > 0) expect(at - late[i - 1]!).to.be.within(5900, 6100);
    await c.host.close();
  });

  it('what Meta says about one contact holds for that one', async () => {
    const c = await Centre.open({ account: { provider: 'meta' } });
    await queued(c, 2, 2);
    const [first, other] = await claim(c, 2);
    await c.host.run('finishOutgoing', {
      message: first!.message,
      result: {
        ...{ outcome: 'rejected', code: '131056', reason: 'rate_limited', message: 'pair', retry: true },
        ...{ retryAfter: 6, contactOnly: true },
      },
    });
    await c.host.run('finishOutgoing', { message: other!.message, result: SENT(sent++) });
    expect((await claim(c)).map((job) => job.contact)).to.deep.equal([other!.contact]);
    await c.advance(6);
    expect((await claim(c)).map((job) => job.message)).to.deep.equal([first!.message]);
    await c.host.close();
  });
});
