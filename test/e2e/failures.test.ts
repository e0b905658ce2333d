/**
 * Everything goes wrong at once: webhooks come twice, late, out of order and forged, sends are refused, slow, and lost on their way
 * there and back. `npm run test:failures` does it with 2,000 messages in and out at each provider, `FAILURES_SEED` chooses the chances.
 */
import { expect } from 'chai';
import type { Behaviour, SimulatedProvider } from '../../simulator/types.ts';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, probe, tab } from './support/flows.ts';
import { eventually, Office } from './support/office.ts';

const MESSAGES = Number(process.env.FAILURES_MESSAGES ?? 200);
/** How many of them one customer writes. */
const EACH = 5;
const SEED = Number(process.env.FAILURES_SEED ?? 20_261_125);
/** In the short form nothing that may have been sent was not: it would be looked for longer than a test may take. */
const PHASES: Partial<Behaviour>[] =
  MESSAGES > 200 ? [{ send: 'mixed', sendDelay: 300 }] : [{ send: '429' }, { send: 'lost' }, { sendDelay: 1000 }];
/** Of a hundred calls and webhooks, how many go wrong. */
const SHARE = 20;
/** Customers who write at the same time. */
const WRITING = 25;
/** ms in which all is to be over. */
const PATIENCE = 60_000 + MESSAGES * 300;

const PHONES: Record<SimulatedProvider, string> = {
  twilio: '+12025550100',
  sinch: '+12025550101',
  meta: '+12025550102',
};
const PROVIDERS = Object.keys(PHONES) as SimulatedProvider[];

function flows(): FlowNode[] {
  return PROVIDERS.flatMap((provider) => {
    const { node: page, place } = tab(provider);
    const name = (what: string) => `${what}-${provider}`;
    return [
      page,
      account({ id: name('account'), key: provider.toUpperCase(), phone: PHONES[provider], provider }),
      node('wa-inbound', name('inbound'), place(), [[`probe-${name('in')}`], []], { account: name('account') }),
      probe(name('in'), place(), [[name('answer')]]),
      node('wa-send', name('answer'), place(), [[]], { mode: 'text', text: 'Re: {{payload}}' }),
    ];
  });
}

/** Chance that can be repeated: the linear congruential generator of Numerical Recipes. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Row {
  id: string;
  contact: string;
  provider_id: string | null;
  text: string;
  status: string;
  error_code: string | null;
}

/** Whether the items of one list stand in the other in the same order. */
function inOrder(some: string[], all: string[]): boolean {
  let at = 0;
  for (const one of some) {
    at = all.indexOf(one, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function grouped<T>(items: T[], key: (item: T) => string, value: (item: T) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), value(item)]);
  return groups;
}

describe(`${MESSAGES} messages in and out at each provider while everything fails`, function () {
  this.timeout(PATIENCE * 2);
  let office: Office;
  before(async () => {
    const simulator = { random: chance(SEED), keep: 50_000 };
    office = await Office.open({ flows: flows(), simulator });
  });
  after(async () => {
    await office?.close();
  });

  const rows = (provider: SimulatedProvider, direction: 'in' | 'out'): Row[] =>
    office.rows(
      `select m.id, i.contact_id as contact, m.provider_id, m.text, m.status, m.error_code
       from message m join interaction i on i.id = m.interaction_id join account a on a.id = i.account_id
       where a.provider = ? and m.direction = ? order by m.id`,
      provider,
      direction,
    );
  const left = (table: string): number => office.rows(`select count(*) as n from ${table}`)[0].n;

  /** Customers write while these faults are on; what Node-RED did not take, they send again. Gives how much that was. */
  async function write(provider: SimulatedProvider, first: number, last: number): Promise<number> {
    const { simulator } = office;
    let customer = first;
    const one = async () => {
      while (customer < last) {
        const number = customer++;
        const from = `+1202556${1000 + number}`;
        // At once: shuffled webhooks then overtake each other.
        await Promise.all(
          Array.from({ length: EACH }, (_, i) =>
            simulator.inbound({ account: PHONES[provider], from, text: `${number}.${i}` }),
          ),
        );
      }
    };
    await Promise.all(Array.from({ length: WRITING }, one));
    const accountId = simulator.simulation.world.account(PHONES[provider]).id;
    const failed = () =>
      simulator.simulation.world
        .messages()
        .filter((m) => m.account === accountId && m.direction === 'in' && m.status === 'failed');
    const refused = failed().length;
    // Each try is forged by chance again.
    for (let tries = 0; failed().length > 0 && tries < 100; tries++) {
      for (const { id } of failed()) simulator.simulation.again(id);
      await eventually(() => {
        const sending = simulator.simulation.world
          .messages()
          .filter((m) => m.account === accountId && m.status === 'sending');
        expect(sending).length(0);
      }, PATIENCE);
    }
    expect(failed()).length(0);
    return refused;
  }

  it('are written, forged ones refused and written again', async () => {
    const always = {
      ...{ share: SHARE, webhookTwice: true, wrongSignature: true, webhookShuffle: 200, webhookDelay: 300 },
      ...{ retryAfter: 1, autoRead: 20, statuses: 'reversed' as const },
    };
    const refused: Record<string, number> = {};
    const customers = MESSAGES / EACH;
    for (const [i, phase] of PHASES.entries()) {
      office.simulator.calm();
      office.simulator.behave({ ...always, ...phase });
      const [first, last] = [i, i + 1].map((n) => Math.round((customers * n) / PHASES.length));
      await Promise.all(
        PROVIDERS.map(async (provider) => {
          refused[provider] = (refused[provider] ?? 0) + (await write(provider, first!, last!));
        }),
      );
    }
    console.log(`      refused at first: ${JSON.stringify(refused)}`);
    await eventually(() => {
      for (const provider of PROVIDERS) expect(rows(provider, 'out').length, provider).least(MESSAGES);
      expect(left('handover')).equal(0);
      expect(left('outgoing')).equal(0);
    }, PATIENCE);
    await office.simulator.settled();
  });

  for (const provider of PROVIDERS)
    it(`${provider}: what came in is there once, and was handed over once, in order`, () => {
      const all = rows(provider, 'in');
      const { world } = office.simulator.simulation;
      const { id: accountId } = world.account(PHONES[provider]);
      const written = world.messages().filter((m) => m.account === accountId && m.direction === 'in');
      expect(written).length(MESSAGES);
      expect(all.map((row) => row.provider_id)).have.members(written.map(({ id }) => id));
      const handed = office.probes.of(`in-${provider}`);
      expect(handed.map((seen) => seen.whatsapp.message.id)).have.members(all.map(({ id }) => id));
      const byContact = grouped(
        handed,
        (seen) => seen.whatsapp.contact.id,
        (seen) => seen.whatsapp.message.id,
      );
      const received = grouped(
        all,
        (row) => row.contact,
        (row) => row.id,
      );
      expect(received.size).equal(MESSAGES / EACH);
      for (const [contact, ids] of received) expect(byContact.get(contact), contact).deep.equal(ids);
    });

  for (const provider of PROVIDERS)
    it(`${provider}: what went out is at the provider once, in order, or marked as not known`, () => {
      const all = rows(provider, 'out');
      const expected = rows(provider, 'in').map(({ text }) => `Re: ${text}`);
      expect(all.map(({ text }) => text)).have.members(expected);
      const accepted = office.simulator.sends({ account: PHONES[provider] });
      const times = grouped(
        accepted,
        ({ text }) => text,
        ({ id }) => id,
      );
      const counts = { once: 0, ambiguous: 0, ambiguousSent: 0, ambiguousNot: 0, doubled: 0, failed: 0 };
      for (const { text, status, error_code } of all) {
        const at = times.get(text)?.length ?? 0;
        if (status === 'ambiguous') {
          counts.ambiguous++;
          counts[at === 0 ? 'ambiguousNot' : 'ambiguousSent']++;
        } else if (status === 'failed') counts.failed++;
        else counts[at === 1 ? 'once' : 'doubled']++;
        if (status !== 'ambiguous') expect(at, `${text} is ${status} ${error_code}`).equal(1);
      }
      console.log(`      ${provider}: ${accepted.length} at the provider of ${all.length}: ${JSON.stringify(counts)}`);
      expect(counts).include({ doubled: 0, failed: 0 });
      const byCustomer = grouped(
        accepted,
        ({ customer }) => customer,
        ({ text }) => text,
      );
      const queued = grouped(
        all,
        ({ text }) => text.slice(4).split('.')[0]!,
        ({ text }) => text,
      );
      for (const texts of byCustomer.values()) {
        const sent = queued.get(texts[0]!.slice(4).split('.')[0]!)!;
        expect(inOrder([...new Set(texts)], sent), `${texts} as ${sent}`).equal(true);
      }
    });

  it('the process lives', () => {
    expect(office.red.process.exitCode).equal(null);
    expect(office.red.uncaught()).deep.equal([]);
  });
});
