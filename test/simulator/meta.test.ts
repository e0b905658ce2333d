import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { answerMeta, META, type Received, startReceiver } from './receiver.ts';

const CUSTOMER = '+12025550142';

function isSigned({ headers, body }: Received): boolean {
  const digest = createHmac('sha256', META.webhookSecret).update(body).digest('hex');
  return headers['x-hub-signature-256'] === `sha256=${digest}`;
}

describe('simulator: Meta', () => {
  let simulator: Simulator;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;

  beforeEach(async () => {
    receiver = await startReceiver(answerMeta);
    simulator = await startSimulator({ statusDelay: 5 });
    simulator.register({ ...META, webhookUrl: `${receiver.url}/hook` });
    await simulator.settled();
  });
  afterEach(async () => {
    await simulator.close();
    await receiver.close();
  });

  const send = (body: object = {}, number = META.appId, token = META.authToken) =>
    fetch(`${simulator.url}/v25.0/${number}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: CUSTOMER,
        type: 'text',
        text: { preview_url: false, body: 'Hello' },
        ...body,
      }),
    });
  /** What stands in `value` of each webhook; the handshake has no body. */
  const values = () =>
    receiver.received
      .filter(({ body }) => body !== '')
      .map(({ body }) => {
        const { object, entry } = JSON.parse(body);
        expect([object, entry.length, entry[0].changes.length, entry[0].changes[0].field]).to.deep.equal([
          'whatsapp_business_account',
          1,
          1,
          'messages',
        ]);
        return entry[0].changes[0].value;
      });

  it('asks the Receive URL with the verify token when an account is connected', () => {
    const { url } = receiver.received[0]!;
    expect(url).to.match(/^\/hook\?hub\.mode=subscribe&hub\.challenge=\d+&hub\.verify_token=fictional-verify-token$/);
    const [entry] = simulator.simulation.world.log;
    expect(entry).to.include({ what: 'handshake', status: 200, failed: false });
  });

  it('delivers a customer’s message, signed, with escapes for what is not ASCII', async () => {
    const { message } = await simulator.inbound({ from: CUSTOMER, name: 'Zoë', text: 'Grüße ✓' });
    const last = receiver.received.at(-1)!;
    expect(isSigned(last)).to.equal(true);
    expect(last.body)
      .to.contain('Gr\\u00fc\\u00dfe \\u2713')
      .and.not.match(/[^\x20-\x7e]/);
    const [value] = values();
    expect(value.metadata).to.deep.equal({ display_phone_number: '12025550102', phone_number_id: META.appId });
    expect(value.contacts).to.deep.equal([
      { profile: { name: 'Zoë' }, user_id: value.contacts[0].user_id, wa_id: '12025550142' },
    ]);
    expect(value.messages).to.deep.equal([
      {
        from: '12025550142',
        from_user_id: value.contacts[0].user_id,
        id: message.id,
        timestamp: String(Math.floor(message.at / 1000)),
        type: 'text',
        text: { body: 'Grüße ✓' },
      },
    ]);
    expect(message.id).to.match(/^wamid\.[\w+/]+=*$/);
    simulator.behave({ wrongSignature: true });
    await simulator.inbound({ from: CUSTOMER, text: 'forged' });
    expect(isSigned(receiver.received.at(-1)!)).to.equal(false);
  });

  it('delivers people without a number, files, places, and kinds the phone does not write', async () => {
    await simulator.inbound({ from: 'US.13491208655302741918', text: 'Hi' });
    const media = { contentType: 'application/pdf', bytes: Buffer.from('x'), fileName: 'a.pdf' };
    await simulator.inbound({ from: CUSTOMER, text: 'look', media });
    await simulator.inbound({ from: CUSTOMER, location: { latitude: 52.3, longitude: 4.75, name: 'Office' } });
    const contacts = [{ name: { formatted_name: 'Ada' } }];
    await simulator.inbound({ from: CUSTOMER, content: { type: 'contacts', contacts } });
    const [user, file, place, card] = values();
    expect(user.messages[0]).to.include({ from_user_id: 'US.13491208655302741918' }).and.not.property('from');
    expect(user.contacts[0]).not.to.have.property('wa_id');
    expect(file.messages[0].document).to.include({ caption: 'look', filename: 'a.pdf', mime_type: 'application/pdf' });
    expect(place.messages[0].location).to.deep.equal({ latitude: 52.3, longitude: 4.75, name: 'Office' });
    expect(card.messages[0]).to.deep.include({ type: 'contacts', contacts });
  });

  it('delivers several messages in one webhook', async () => {
    const people = [CUSTOMER, '+12025550143', CUSTOMER];
    const outcome = await simulator.together(people.map((from, i) => ({ from, text: `no. ${i}` })));
    expect(outcome.status).to.equal(200);
    expect(outcome.messages.map(({ status }) => status)).to.deep.equal(['delivered', 'delivered', 'delivered']);
    const [value] = values();
    expect(value.messages.map((one: { from: string }) => one.from)).to.deep.equal(people.map((from) => from.slice(1)));
    expect(value.contacts).to.have.length(2);
  });

  it('takes a send and reports its delivery, with what was to come back', async () => {
    await simulator.inbound({ from: CUSTOMER, text: 'Hi' });
    const response = await send({ biz_opaque_callback_data: 'm1', context: { message_id: 'wamid.Q' } });
    expect(response.status).to.equal(200);
    const { messages, contacts } = (await response.json()) as { messages: { id: string }[]; contacts: object[] };
    expect(contacts).to.deep.equal([{ input: CUSTOMER, wa_id: '12025550142' }]);
    const sent = await simulator.waitForSend({ to: CUSTOMER, text: 'Hello' });
    expect(sent).to.include({ id: messages[0]!.id, metadata: 'm1', repliedTo: 'wamid.Q' });
    await simulator.settled();
    simulator.markRead(META.phone, '12025550142');
    await simulator.settled();
    const statuses = values()
      .slice(1)
      .map((value) => value.statuses[0]);
    expect(statuses.map(({ status }) => status)).to.deep.equal(['sent', 'delivered', 'read']);
    for (const status of statuses) {
      expect(status).to.include({ id: sent.id, recipient_id: '12025550142', biz_opaque_callback_data: 'm1' });
    }
    for (const got of receiver.received.slice(1)) expect(isSigned(got)).to.equal(true);
  });

  it('answers digits, user ids, and the closed window as a failed status', async () => {
    expect((await send({ to: '12025550142' })).status).to.equal(200);
    expect((await send({ to: undefined, recipient: 'US.13491208655302741918' })).status).to.equal(200);
    expect(simulator.sends().map(({ to }) => to)).to.deep.equal([CUSTOMER, 'US.13491208655302741918']);
    await simulator.settled();
    for (const value of values()) {
      expect(value).not.to.have.property('contacts');
      expect(value.statuses[0]).to.deep.include({ status: 'failed' });
      expect(value.statuses[0].errors[0]).to.include({ code: 131047 });
    }
  });

  it('takes places, buttons and lists as they are described, and their answers name what was tapped', async () => {
    await simulator.inbound({ from: CUSTOMER, text: 'Hi' });
    const reply = (title: string) => ({ type: 'reply', reply: { id: title.toLowerCase(), title } });
    const buttons = (...titles: string[]) => ({
      type: 'interactive',
      interactive: { type: 'button', body: { text: 'Well?' }, action: { buttons: titles.map(reply) } },
    });
    const list = (button: string, ...titles: string[]) => {
      const rows = titles.map((title) => ({ id: title.toLowerCase(), title }));
      return {
        type: 'interactive',
        interactive: { type: 'list', body: { text: 'Well?' }, action: { button, sections: [{ rows }] } },
      };
    };
    const place = (latitude: unknown) => ({
      type: 'location',
      location: { latitude, longitude: 4.75, name: 'Office' },
    });
    for (const body of [place(52.3), buttons('Yes', 'No'), list('Options', 'A', 'B', 'C', 'D')]) {
      expect((await send(body)).status).to.equal(200);
    }
    const [first, second, third] = simulator.sends();
    expect(first!.location).to.deep.equal({ latitude: 52.3, longitude: 4.75, name: 'Office' });
    expect(second!.buttons).to.deep.equal([
      { id: 'yes', text: 'Yes' },
      { id: 'no', text: 'No' },
    ]);
    expect(third!.buttons).to.have.length(4);
    await simulator.settled();
    receiver.received.length = 0;
    await simulator.inbound({ from: CUSTOMER, button: { id: 'yes', text: 'Yes' }, repliedTo: second!.id });
    await simulator.inbound({ from: CUSTOMER, button: { id: 'c', text: 'C' }, repliedTo: third!.id });
    const [tapped, chosen] = values().map((value) => value.messages[0]);
    expect(tapped.interactive).to.deep.equal({ type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } });
    expect(tapped.context).to.deep.equal({ from: META.phone.slice(1), id: second!.id });
    expect(chosen.interactive).to.deep.equal({ type: 'list_reply', list_reply: { id: 'c', title: 'C' } });
    for (const body of [
      place('north'),
      place(91),
      buttons(),
      buttons('Yes', 'Yes'),
      buttons('A', 'B', 'C', 'D'),
      buttons('x'.repeat(21)),
      list('', 'A'),
      list('Options', 'x'.repeat(25)),
      list('Options', ...'ABCDEFGHIJK'),
      { text: { body: '' } },
      { text: { body: 'x'.repeat(4097) } },
      { messaging_product: 'sms' },
      { to: '', recipient: '' },
      { to: 'anna' },
      { type: 'image', image: { id: '1' } },
    ])
      expect((await send(body)).status, JSON.stringify(body)).to.equal(400);
  });

  it('refuses other tokens and numbers, says 429 and 500 in Meta’s words', async () => {
    const refusal = async (response: Response) => {
      const { error } = (await response.json()) as { error: { code: number; error_subcode?: number } };
      return [response.status, error.code, error.error_subcode];
    };
    expect(await refusal(await send({}, META.appId, 'wrong'))).to.deep.equal([401, 190, undefined]);
    expect(await refusal(await send({}, '999'))).to.deep.equal([400, 100, 33]);
    simulator.failNext({ kind: '429', retryAfter: 7 });
    const busy = await send();
    expect(busy.headers.get('retry-after')).to.equal('7');
    expect(await refusal(busy)).to.deep.equal([429, 130429, undefined]);
    simulator.failNext({ kind: '500' });
    expect(await refusal(await send())).to.deep.equal([500, 131000, undefined]);
  });

  it('marks as read, and shows the business typing', async () => {
    const { message } = await simulator.inbound({ from: CUSTOMER, text: 'Hi' });
    const read = { status: 'read', message_id: message.id, typing_indicator: { type: 'text' } };
    const response = await send(read);
    expect(await response.json()).to.deep.equal({ success: true });
    expect(message.status).to.equal('read');
    expect((await send({ ...read, message_id: 'wamid.none' })).status).to.equal(400);
  });

  describe('files', () => {
    const headers = { authorization: `Bearer ${META.authToken}` };
    const get = (path: string, more = headers) => fetch(`${simulator.url}${path}`, { headers: more });
    const uploadOf = (form: FormData) =>
      fetch(`${simulator.url}/v25.0/${META.appId}/media`, { method: 'POST', headers, body: form });

    it('come in as an id, which leads to an address that needs the token and ends', async () => {
      const bytes = Buffer.from('a voice');
      await simulator.inbound({ from: CUSTOMER, media: { contentType: 'audio/ogg', bytes } });
      const { audio } = values()[0].messages[0];
      const about = await (await get(`/v25.0/${audio.id}?phone_number_id=${META.appId}`)).json();
      expect(about).to.include({ mime_type: 'audio/ogg', file_size: bytes.length, id: audio.id });
      const { pathname, search } = new URL(about.url);
      expect(Buffer.from(await (await get(pathname + search)).arrayBuffer()).equals(bytes)).to.equal(true);
      const without = { authorization: 'Bearer other' };
      expect((await get(pathname + search, without)).status).to.equal(401);
      expect((await get(`/v25.0/${audio.id}`, without)).status).to.equal(401);
      expect((await get('/v25.0/123')).status).to.equal(400);
      expect((await get(pathname + search.replace(/ext=\d+/, 'ext=1'))).status).to.equal(404);
    });

    it('go out by an id that was uploaded before, with a caption where there can be one', async () => {
      const form = new FormData();
      form.set('messaging_product', 'whatsapp');
      form.set('file', new Blob(['a picture'], { type: 'image/png' }), 'a.png');
      const { id } = (await (await uploadOf(form)).json()) as { id: string };
      await simulator.inbound({ from: CUSTOMER, text: 'hi' });
      expect((await send({ type: 'image', image: { id, caption: 'Look' } })).status).to.equal(200);
      const sent = await simulator.waitForSend({ to: CUSTOMER });
      expect(sent).to.deep.include({ text: 'Look' });
      expect(sent.media[0]).to.include({ contentType: 'image/png', fileName: 'a.png' });
      expect((await send({ type: 'image', image: { id: '1' } })).status).to.equal(400);
      expect((await send({ type: 'audio', audio: { id, caption: 'x' } })).status).to.equal(400);
      expect((await uploadOf(new FormData())).status).to.equal(400);
    });
  });
});
