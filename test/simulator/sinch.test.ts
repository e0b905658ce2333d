import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { basic, type Received, SINCH, startReceiver } from './receiver.ts';

const CUSTOMER = '+12025550142';
const [KEY_ID, KEY_SECRET] = SINCH.authToken.split(':') as [string, string];

function isSigned({ headers, body }: Received, secret = SINCH.webhookSecret): boolean {
  const nonce = String(headers['x-sinch-webhook-signature-nonce']);
  const time = String(headers['x-sinch-webhook-signature-timestamp']);
  const expected = createHmac('sha256', secret).update(`${body}.${nonce}.${time}`).digest('base64');
  return (
    headers['x-sinch-webhook-signature'] === expected &&
    headers['x-sinch-webhook-signature-algorithm'] === 'HmacSHA256' &&
    Math.abs(Number(time) - Date.now() / 1000) < 5
  );
}

describe('simulator: Sinch', () => {
  let simulator: Simulator;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let now = Date.now();

  beforeEach(async () => {
    now = Date.now();
    receiver = await startReceiver();
    simulator = await startSimulator({ statusDelay: 5, now: () => now });
    simulator.register({ ...SINCH, webhookUrl: `${receiver.url}/hook` });
  });
  afterEach(async () => {
    await simulator.close();
    await receiver.close();
  });

  const token = async () => {
    const response = await fetch(`${simulator.url}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: basic(KEY_ID, KEY_SECRET) },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return (await response.json()) as { access_token: string; expires_in: number; token_type: string };
  };
  const send = (authorization: string, body: object = {}, project = SINCH.accountSid) =>
    fetch(`${simulator.url}/v1/projects/${project}/messages:send`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        app_id: SINCH.appId,
        recipient: { identified_by: { channel_identities: [{ channel: 'WHATSAPP', identity: CUSTOMER.slice(1) }] } },
        message: { text_message: { text: 'Hello' } },
        ...body,
      }),
    });
  const bodies = () => receiver.received.map(({ body }) => JSON.parse(body) as Record<string, Record<string, unknown>>);

  it('delivers a customer’s message as a signed callback', async () => {
    const { message } = await simulator.inbound({ from: CUSTOMER, text: 'Grüße ✓' });
    expect(isSigned(receiver.received[0]!)).to.equal(true);
    expect(bodies()[0]).to.deep.include({ app_id: SINCH.appId, project_id: SINCH.accountSid });
    expect(bodies()[0]!.message).to.deep.include({
      id: message.id,
      direction: 'TO_APP',
      contact_message: { text_message: { text: 'Grüße ✓' } },
      channel_identity: { channel: 'WHATSAPP', identity: '12025550142', app_id: '' },
      sender_id: '12025550101',
    });
    simulator.behave({ wrongSignature: true });
    await simulator.inbound({ from: CUSTOMER, text: 'forged' });
    expect(isSigned(receiver.received[1]!)).to.equal(false);
  });

  it('takes a send with a token and reports its delivery', async () => {
    await simulator.inbound({ from: CUSTOMER, text: 'Hi' });
    const granted = await token();
    expect(granted).to.include({ expires_in: 3599, token_type: 'bearer' });
    const response = await send(`Bearer ${granted.access_token}`, { message_metadata: 'm1', correlation_id: 'c1' });
    expect(response.status).to.equal(200);
    const { message_id } = (await response.json()) as { message_id: string };
    expect((await simulator.waitForSend({ to: CUSTOMER, text: 'Hello' })).id).to.equal(message_id);
    await simulator.settled();
    simulator.markRead(SINCH.phone, '12025550142');
    await simulator.settled();
    const reports = bodies().slice(1);
    expect(reports.map((one) => one.message_delivery_report!.status)).to.deep.equal([
      'QUEUED_ON_CHANNEL',
      'DELIVERED',
      'READ',
    ]);
    expect(reports[0]).to.include({ message_metadata: 'm1', correlation_id: 'c1' });
    expect(reports[0]!.message_delivery_report).to.include({ message_id, metadata: 'm1' });
    for (const got of receiver.received) expect(isSigned(got)).to.equal(true);
    const fetched = await fetch(`${simulator.url}/v1/projects/${SINCH.accountSid}/messages/${message_id}`, {
      headers: { authorization: `Bearer ${granted.access_token}` },
    });
    expect(await fetched.json()).to.deep.include({ id: message_id, direction: 'TO_CONTACT' });
  });

  it('refuses wrong credentials, expired tokens, foreign projects and apps, and bad messages', async () => {
    const refusal = async (response: Response) => {
      const { error } = (await response.json()) as { error: { status: string } };
      return `${response.status} ${error.status}`;
    };
    expect(await refusal(await send('Bearer nonsense'))).to.equal('401 UNAUTHENTICATED');
    expect(await refusal(await send(basic(KEY_ID, 'wrong')))).to.equal('401 UNAUTHENTICATED');
    const bearer = `Bearer ${(await token()).access_token}`;
    expect(await refusal(await send(bearer, {}, 'other'))).to.equal('403 PERMISSION_DENIED');
    expect(await refusal(await send(bearer, { app_id: 'other' }))).to.equal('404 NOT_FOUND');
    expect(await refusal(await send(bearer, { message: {} }))).to.equal('400 INVALID_ARGUMENT');
    simulator.failNext({ kind: '429' });
    const busy = await send(bearer);
    expect(busy.headers.get('retry-after')).to.equal('1');
    expect(await refusal(busy)).to.equal('429 RESOURCE_EXHAUSTED');
    now += 3_600_000;
    const expired = await send(bearer);
    expect(expired.headers.get('www-authenticate')).to.contain('expired');
    expect(await refusal(expired)).to.equal('401 UNAUTHENTICATED');
    const wrong = await fetch(`${simulator.url}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: basic(KEY_ID, 'wrong') },
      body: 'grant_type=client_credentials',
    });
    expect(wrong.status).to.equal(401);
  });

  it('takes places and choices as they are described, and refuses others', async () => {
    await simulator.inbound({ from: CUSTOMER, text: 'Hi' });
    const bearer = `Bearer ${(await token()).access_token}`;
    const coordinates = { latitude: 43.7696, longitude: 11.2558 };
    const choice = (text: string) => ({ text_message: { text }, postback_data: text.toLowerCase() });
    const place = { location_message: { title: 'Shop', label: 'Via Roma 1', coordinates } };
    const question = { choice_message: { text_message: { text: 'Well?' }, choices: [choice('Yes'), choice('No')] } };
    for (const message of [place, question]) expect((await send(bearer, { message })).status).to.equal(200);
    const [first, second] = simulator.sends();
    expect(first!.location).to.deep.equal({ ...coordinates, name: 'Shop', address: 'Via Roma 1' });
    expect(second!.buttons).to.deep.equal([
      { id: 'yes', text: 'Yes' },
      { id: 'no', text: 'No' },
    ]);
    for (const message of [
      { location_message: { title: '', coordinates } },
      { location_message: { title: 'Shop', coordinates: { latitude: 'north', longitude: 11 } } },
      { location_message: { title: 'Shop', coordinates: { latitude: 91, longitude: 11 } } },
      { choice_message: { text_message: { text: 'Well?' }, choices: [] } },
      { choice_message: { text_message: { text: 'Well?' }, choices: [choice('')] } },
      { choice_message: { text_message: { text: 'Well?' }, choices: Array(11).fill(choice('x')) } },
    ])
      expect((await send(bearer, { message })).status, JSON.stringify(message)).to.equal(400);
  });

  it('reports a closed window and answers to the callback URL of the message', async () => {
    await send(basic(KEY_ID, KEY_SECRET), { callback_url: `${receiver.url}/own?x=1` });
    await simulator.settled();
    expect(receiver.received[0]!.url).to.equal('/own?x=1');
    expect(bodies()[0]!.message_delivery_report).to.deep.include({
      status: 'FAILED',
      reason: {
        code: 'OUTSIDE_ALLOWED_SENDING_WINDOW',
        description: 'Failed to send freeform message because you are outside the allowed window.',
        sub_code: 'UNSPECIFIED_SUB_CODE',
      },
    });
  });

  it('shows the business typing, which also marks as read', async () => {
    const { message } = await simulator.inbound({ from: CUSTOMER, text: 'Hi' });
    const response = await fetch(`${simulator.url}/v1/projects/${SINCH.accountSid}/events:send`, {
      method: 'POST',
      headers: { authorization: basic(KEY_ID, KEY_SECRET), 'content-type': 'application/json' },
      body: JSON.stringify({
        app_id: SINCH.appId,
        recipient: { identified_by: { channel_identities: [{ channel: 'WHATSAPP', identity: CUSTOMER.slice(1) }] } },
        event: { composing_event: {} },
      }),
    });
    expect(response.status).to.equal(200);
    expect(message.status).to.equal('read');
  });
});
