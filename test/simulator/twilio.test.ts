import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { contentSid, FIRST_TEMPLATES } from '../../simulator/templates.ts';
import { basic, type Received, startReceiver, TWILIO, twilioSend } from './receiver.ts';

const PUBLIC = 'https://flows.example.com/whatsapp/webhooks/a1/secret-path';
const CUSTOMER = '+12025550142';
const AUTH = { authorization: basic(TWILIO.accountSid, TWILIO.authToken) };

/** Twilio's published algorithm, written out a second time. */
function signature(url: string, body: string): string {
  let text = url;
  const fields = [...new URLSearchParams(body)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of fields) text += name + value;
  return createHmac('sha1', TWILIO.authToken).update(Buffer.from(text, 'utf8')).digest('base64');
}

function form(received: Received): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(received.body));
}

describe('simulator: Twilio', () => {
  let simulator: Simulator;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let answer = 200;

  beforeEach(async () => {
    answer = 200;
    receiver = await startReceiver(() => answer);
    simulator = await startSimulator({ statusDelay: 5 });
    simulator.register({ ...TWILIO, webhookUrl: `${receiver.url}/whatsapp/webhooks/a1/secret-path` });
  });
  afterEach(async () => {
    await simulator.close();
    await receiver.close();
  });

  const statuses = () =>
    receiver.received.map(form).flatMap((fields) => (fields.MessageStatus ? [fields.MessageStatus] : []));
  const send = (fields: Record<string, string> = {}) =>
    twilioSend(simulator.url, {
      To: `whatsapp:${CUSTOMER}`,
      Body: 'Hello',
      StatusCallback: `${receiver.url}/status?wa=m1#rc=3&rp=all`,
      ...fields,
    });
  const open = () => simulator.inbound({ from: CUSTOMER, text: 'Hi' });
  const list = async (query: string) => {
    const response = await fetch(`${simulator.url}/2010-04-01/Accounts/${TWILIO.accountSid}/Messages.json?${query}`, {
      headers: AUTH,
    });
    return (await response.json()) as { messages: Record<string, string>[]; next_page_uri: string | null };
  };

  it('delivers a customer’s message as Twilio does, signed over the connected URL', async () => {
    const text = 'Café ✓ 100% & a+b=c 👍\nsecond line';
    const result = await simulator.inbound({ from: CUSTOMER, name: 'Zoë Example', text });
    expect(result.status).to.equal(200);
    expect(result.message.status).to.equal('delivered');
    const [got] = receiver.received;
    expect(form(got!)).to.include({
      MessageSid: result.message.id,
      SmsStatus: 'received',
      Body: text,
      From: `whatsapp:${CUSTOMER}`,
      To: `whatsapp:${TWILIO.phone}`,
      WaId: '12025550142',
      ProfileName: 'Zoë Example',
      MessageType: 'text',
      NumMedia: '0',
      AccountSid: TWILIO.accountSid,
    });
    expect(form(got!)).not.to.have.property('MessageStatus');
    expect(got!.headers['content-type']).to.match(/^application\/x-www-form-urlencoded/);
    expect(got!.headers['x-twilio-signature']).to.equal(
      signature(`${receiver.url}/whatsapp/webhooks/a1/secret-path`, got!.body),
    );
  });

  it('signs over the public URL without its fragment, connects to the other, and adds the headers', async () => {
    simulator.register({
      ...TWILIO,
      webhookUrl: `${receiver.url}/internal/hook`,
      publicUrl: `${PUBLIC}#rc=3&rp=all`,
      webhookHeaders: { 'X-Proxy': 'yes' },
    });
    await open();
    await (await send({ StatusCallback: `${PUBLIC}?wa=m1#rc=3&rp=all` })).json();
    await simulator.settled();
    const [inbound, status] = receiver.received;
    expect(inbound!.url).to.equal('/internal/hook');
    expect(inbound!.headers['x-proxy']).to.equal('yes');
    expect(inbound!.headers['x-twilio-signature']).to.equal(signature(PUBLIC, inbound!.body));
    expect(status!.url).to.equal('/internal/hook?wa=m1');
    expect(status!.headers['x-twilio-signature']).to.equal(signature(`${PUBLIC}?wa=m1`, status!.body));
  });

  it('uses a chosen message id, and delivers the same id again', async () => {
    const id = 'SM00000000000000000000000000000777';
    await simulator.inbound({ from: CUSTOMER, text: 'once', id });
    await simulator.inbound({ from: CUSTOMER, text: 'once', id });
    expect(receiver.received.map((one) => form(one).MessageSid)).to.deep.equal([id, id]);
    expect((await list('')).messages).to.have.length(1);
  });

  it('hands out signed requests for load generators without sending them', async () => {
    const { id, request } = simulator.signedRequest({ from: CUSTOMER, text: 'load' });
    expect(receiver.received).to.have.length(0);
    const response = await fetch(request.url, request);
    expect(response.status).to.equal(200);
    expect(form(receiver.received[0]!).MessageSid).to.equal(id);
    expect(receiver.received[0]!.headers['x-twilio-signature']).to.equal(signature(request.url, request.body));
  });

  it('repeats only as the fragment says', async () => {
    answer = 503;
    expect((await open()).attempts).to.equal(1);
    simulator.register({ ...TWILIO, webhookUrl: `${receiver.url}/hook#rc=2&rp=5xx` });
    const result = await open();
    expect(result.attempts).to.equal(3);
    expect(result.message.error).to.deep.equal({
      code: '503',
      message: 'The account is not deployed, or its store is down (503).',
    });
  });

  it('accepts a send and calls back sent, delivered, and read once the customer looks', async () => {
    await open();
    const response = await send();
    expect(response.status).to.equal(201);
    const created = (await response.json()) as Record<string, unknown>;
    expect(created).to.include({
      status: 'queued',
      body: 'Hello',
      direction: 'outbound-api',
      from: `whatsapp:${TWILIO.phone}`,
      to: `whatsapp:${CUSTOMER}`,
      date_sent: null,
      error_code: null,
    });
    expect(created.sid).to.match(/^SM[0-9a-f]{32}$/);
    const taken = await simulator.waitForSend({ to: CUSTOMER, text: 'Hello' });
    expect(taken.id).to.equal(created.sid);
    await simulator.settled();
    expect(statuses()).to.deep.equal(['sent', 'delivered']);
    const read = await fetch(`${simulator.url}/api/phones/12025550142/read`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account: 'twilio-12025550100' }),
    });
    expect(read.status).to.equal(204);
    await simulator.settled();
    expect(statuses()).to.deep.equal(['sent', 'delivered', 'read']);
    for (const got of receiver.received.slice(1)) {
      expect(got.url).to.equal('/status?wa=m1');
      expect(got.headers['x-twilio-signature']).to.equal(signature(`${receiver.url}/status?wa=m1`, got.body));
      expect(form(got)).to.include({ MessageSid: created.sid, ChannelPrefix: 'whatsapp' });
    }
  });

  it('waits for a send that comes later, and gives each one out once', async () => {
    await open();
    const later = simulator.waitForSend({ text: /second/ });
    await send({ Body: 'first' });
    await send({ Body: 'the second' });
    expect((await later).text).to.equal('the second');
    expect((await simulator.waitForSend()).text).to.equal('first');
    let problem: unknown;
    await simulator.waitForSend({}, 20).catch((error: unknown) => {
      problem = error;
    });
    expect(problem).to.be.instanceOf(Error);
    expect(simulator.sends({ to: CUSTOMER }).map(({ text }) => text)).to.deep.equal(['first', 'the second']);
  });

  it('reverses, doubles and suppresses status callbacks', async () => {
    await open();
    simulator.behave({ statuses: 'reversed', autoRead: 0 });
    await send();
    await simulator.settled();
    expect(statuses()).to.deep.equal(['read', 'delivered', 'sent']);
    simulator.calm();
    simulator.behave({ webhookTwice: true });
    await send();
    await simulator.settled();
    expect(statuses().slice(3)).to.deep.equal(['sent', 'sent', 'delivered', 'delivered']);
    simulator.calm();
    simulator.behave({ statuses: 'none' });
    await send();
    await simulator.settled();
    expect(statuses()).to.have.length(7);
    simulator.calm();
    simulator.behave({ statusesFirst: true });
    const { sid } = (await (await send()).json()) as { sid: string };
    expect(receiver.received.filter((one) => form(one).MessageSid === sid)).to.have.length(2);
    await simulator.callback(sid, 'sent');
    expect(statuses().at(-1)).to.equal('sent');
  });

  it('fails free text outside the 24-hour window by callback, lets templates through', async () => {
    const response = await send();
    expect(response.status).to.equal(201);
    await send({ Body: '', ContentSid: contentSid(FIRST_TEMPLATES[0]!), ContentVariables: '{"1":"Zoë","2":"42"}' });
    await simulator.settled();
    expect(statuses()).to.have.members(['failed', 'sent', 'delivered']);
    const failed = receiver.received.map(form).find((fields) => fields.MessageStatus === 'failed');
    expect(failed).to.include({ ErrorCode: '63016' });
    const { sid } = (await response.json()) as { sid: string };
    const fetched = await fetch(`${simulator.url}/2010-04-01/Accounts/${TWILIO.accountSid}/Messages/${sid}.json`, {
      headers: AUTH,
    });
    expect(await fetched.json()).to.include({ sid, status: 'failed', error_code: 63016 });
  });

  it('answers 429, 5xx, late, or not at all', async () => {
    await open();
    simulator.failNext({ kind: '429', retryAfter: 7 });
    const busy = await send();
    expect(busy.status).to.equal(429);
    expect(busy.headers.get('retry-after')).to.equal('7');
    expect(await busy.json()).to.include({ code: 20429, status: 429 });
    simulator.failNext({ kind: '503' });
    expect((await send()).status).to.equal(503);
    expect(simulator.sends()).to.have.length(0);

    simulator.failNext({ kind: '500', processed: true });
    expect((await send({ Body: 'processed' })).status).to.equal(500);
    simulator.failNext({ kind: 'lost' });
    expect(await send({ Body: 'lost' }).catch(() => 'no answer')).to.equal('no answer');
    simulator.failNext({ kind: 'refused' });
    expect(await send({ Body: 'refused' }).catch(() => 'no answer')).to.equal('no answer');
    expect(simulator.sends().map(({ text }) => text)).to.deep.equal(['processed', 'lost']);

    simulator.failNext({ kind: 'slow', delay: 80 });
    const started = Date.now();
    expect((await send()).status).to.equal(201);
    expect(Date.now() - started).to.be.at.least(75);
    simulator.failNext({ kind: 'delivery', code: '63024', message: 'Invalid message recipient' });
    await send({ Body: 'undeliverable' });
    await simulator.settled();
    expect(simulator.sends({ text: 'undeliverable' })[0]).to.deep.include({ status: 'failed' });
  });

  it('refuses what Twilio refuses', async () => {
    const cases: [Record<string, string>, number, number][] = [
      [{ To: '' }, 400, 21604],
      [{ From: '' }, 400, 21603],
      [{ Body: '' }, 400, 21619],
      [{ To: 'whatsapp:nonsense' }, 400, 21211],
      [{ From: 'whatsapp:+12025550199' }, 400, 63007],
      [{ Body: 'x'.repeat(1601) }, 400, 21617],
      [{ MediaUrl: 'file:///etc/passwd' }, 400, 21620],
      [{ ContentSid: 'HX1', ContentVariables: '[' }, 400, 21656],
    ];
    for (const [fields, status, code] of cases) {
      const response = await send(fields);
      expect(response.status).to.equal(status);
      expect(await response.json()).to.include({
        code,
        status,
        more_info: `https://www.twilio.com/docs/errors/${code}`,
      });
    }
    simulator.behave({ optedOut: true });
    expect(await (await send()).json()).to.include({ code: 21610 });
  });

  it('asks for the account’s credentials everywhere', async () => {
    const base = `${simulator.url}/2010-04-01/Accounts/${TWILIO.accountSid}`;
    for (const path of ['.json', '/Messages.json', '/Messages/SM1.json', '/Messages/SM1/Media.json', '/Unknown.json']) {
      for (const authorization of ['', basic(TWILIO.accountSid, 'wrong'), basic('AC2', TWILIO.authToken)]) {
        const response = await fetch(base + path, { headers: authorization ? { authorization } : {} });
        expect(response.status, path).to.equal(401);
        expect(await response.json()).to.include({ code: 20003 });
      }
    }
    expect(await (await fetch(`${base}.json`, { headers: AUTH })).json()).to.include({ status: 'active' });
    const missing = await fetch(`${base}/Messages/SM404.json`, { headers: AUTH });
    expect(missing.status).to.equal(404);
    expect(await missing.json()).to.include({ code: 20404 });
  });

  it('lists messages newest first, filtered and paged', async () => {
    for (const text of ['a', 'b', 'c']) await simulator.inbound({ from: CUSTOMER, text });
    await simulator.inbound({ from: '+12025550143', text: 'other' });
    await send({ Body: 'answer' });
    const all = await list('');
    expect(all.messages.map(({ body }) => body)).to.deep.equal(['answer', 'other', 'c', 'b', 'a']);
    expect(all.messages[1]).to.include({ direction: 'inbound', status: 'received', from: 'whatsapp:+12025550143' });
    const inbound = `To=${encodeURIComponent(`whatsapp:${TWILIO.phone}`)}`;
    const first = await list(`${inbound}&PageSize=3`);
    expect(first.messages.map(({ body }) => body)).to.deep.equal(['other', 'c', 'b']);
    await simulator.inbound({ from: CUSTOMER, text: 'meanwhile' });
    const second = await fetch(simulator.url + first.next_page_uri, { headers: AUTH });
    const page = (await second.json()) as { messages: Record<string, string>[]; next_page_uri: string | null };
    expect(page.messages.map(({ body }) => body)).to.deep.equal(['a']);
    expect(page.next_page_uri).to.equal(null);
    const hour = new Date(Date.now() - 3_600_000).toISOString();
    expect((await list(`DateSent>=${hour}`)).messages).to.have.length(6);
    expect((await list(`DateSent%3C=${hour}`)).messages).to.have.length(0);
  });

  it('serves media by redirect, and fetches what the business sends', async () => {
    const bytes = Buffer.from('89504e470d0a1a0a', 'hex');
    await simulator.inbound({ from: CUSTOMER, text: 'look', media: { contentType: 'image/png', bytes } });
    const fields = form(receiver.received[0]!);
    expect(fields).to.include({ NumMedia: '1', MediaContentType0: 'image/png', MessageType: 'image' });
    expect(fields.MessageSid).to.match(/^MM/);
    const redirect = await fetch(fields.MediaUrl0!, { headers: AUTH, redirect: 'manual' });
    expect(redirect.status).to.equal(307);
    const file = await fetch(redirect.headers.get('location')!);
    expect(file.headers.get('content-type')).to.equal('image/png');
    expect(Buffer.from(await file.arrayBuffer())).to.deep.equal(bytes);
    expect((await fetch(fields.MediaUrl0!)).status).to.equal(401);
    const listed = await fetch(
      `${simulator.url}/2010-04-01/Accounts/${TWILIO.accountSid}/Messages/${fields.MessageSid}/Media.json`,
      { headers: AUTH },
    );
    expect(((await listed.json()) as { media_list: unknown[] }).media_list).to.have.length(1);

    await send({ Body: '', MediaUrl: redirect.headers.get('location')! });
    await send({ Body: '', MediaUrl: `${simulator.url}/media/none` });
    await simulator.settled();
    const [good, bad] = simulator.sends();
    expect(good!.media[0]).to.include({ contentType: 'image/png', size: 8 });
    expect(bad!.error!.code).to.equal('63019');
  });
});
