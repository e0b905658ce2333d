import { expect } from 'chai';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { answerMeta, META, SINCH, startReceiver, TWILIO, twilioSend } from './receiver.ts';

/** Chance that can be repeated. Source: the linear congruential generator of Numerical Recipes. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('simulator: bad days', () => {
  let simulator: Simulator;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;

  beforeEach(async () => {
    receiver = await startReceiver(answerMeta);
    simulator = await startSimulator({ statusDelay: 5, random: chance(7) });
    for (const account of [TWILIO, SINCH, META]) simulator.register({ ...account, webhookUrl: `${receiver.url}/hook` });
    await simulator.settled();
    receiver.received.length = 0;
  });
  afterEach(async () => {
    await simulator.close();
    await receiver.close();
  });

  const behave = (change: object) =>
    fetch(`${simulator.url}/api/behaviour`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    });
  // No id of a message looks like one: base64 has no hyphen.
  const texts = () => receiver.received.map(({ body }) => /note-\d+-/.exec(decodeURIComponent(body))?.[0]);

  for (const { provider, phone } of [TWILIO, SINCH, META])
    it(`webhooks of ${provider} overtake each other, and all come`, async () => {
      await behave({ webhookShuffle: 150 });
      const sent = Array.from({ length: 20 }, (_, i) => `note-${i}-`);
      const account = `${provider}-${phone.slice(1)}`;
      const answers = await Promise.all(sent.map((text) => simulator.inbound({ account, from: '+12025550142', text })));
      expect(answers.every(({ status }) => status === 200)).equal(true);
      expect(texts()).have.members(sent).and.not.deep.equal(sent);
    });

  it('some webhooks come twice or are forged, by chance', async () => {
    await behave({ webhookTwice: true, wrongSignature: true, share: 30 });
    const account = `${TWILIO.provider}-${TWILIO.phone.slice(1)}`;
    for (let i = 0; i < 40; i++) await simulator.inbound({ account, from: '+12025550142', text: 'again' });
    expect(receiver.received.length).within(44, 70);
    expect((await behave({ share: 101 })).status).equal(400);
    expect((await behave({ webhookShuffle: -1 })).status).equal(400);
  });

  it('a send API has all its faults on a bad day, and none afterwards', async () => {
    await behave({ send: 'mixed', retryAfter: 2 });
    const send = async () => {
      const fields = { To: 'whatsapp:+12025550142', Body: 'Hi' };
      const response = await twilioSend(simulator.url, fields).catch(() => null);
      await response?.arrayBuffer();
      if (response?.status === 429) expect(response.headers.get('retry-after')).equal('2');
      return response?.status ?? 0;
    };
    const seen = new Set(await Promise.all(Array.from({ length: 60 }, send)));
    expect([...seen]).have.members([0, 201, 429, 500, 503]);
    simulator.calm();
    expect(await send()).equal(201);
  });
});
