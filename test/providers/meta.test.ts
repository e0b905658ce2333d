import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { meta } from '../../providers/meta/index.ts';
import { signMeta } from '../../providers/meta/signature.ts';
import { type ProviderEvent, UnreadableWebhook } from '../../providers/provider.ts';
import { META_ACCOUNT, requestOf } from './support.ts';

const USER = 'US.13491208655302741918';
const PEER = { address: '+12025550142', phone: '+12025550142', userId: USER, profileName: 'Zoë Example' };
const CONTACT = { profile: { name: 'Zoë Example' }, wa_id: '12025550142', user_id: USER };
const SENDER = { from: '12025550142', from_user_id: USER, id: 'wamid.IN1', timestamp: '1795521600' };
const AT = 1_795_521_600_000;

/** What stands in `value` besides the messages or statuses. */
const withMetadata = (content: object, number = META_ACCOUNT.appId) => ({
  messaging_product: 'whatsapp',
  metadata: { display_phone_number: '12025550100', phone_number_id: number },
  contacts: [CONTACT],
  ...content,
});
const bodyOf = (...values: object[]) => ({
  object: 'whatsapp_business_account',
  entry: values.map((value) => ({ id: '102290129340398', changes: [{ field: 'messages', value }] })),
});

function parse(...values: object[]): ProviderEvent[] {
  return meta.parse(requestOf(JSON.stringify(bodyOf(...values))), META_ACCOUNT);
}

/** The event of one message of a type, with what the type is about. */
function received(type: string, said: unknown, more: object = {}): ProviderEvent | undefined {
  const [event, ...others] = parse(withMetadata({ messages: [{ ...SENDER, type, [type]: said, ...more }] }));
  expect(others).deep.equal([]);
  return event;
}

describe('providers/meta signature', () => {
  const body = '{"name":"Zo\\u00eb Example","text":"Hello \\u2713"}';
  const header = (secret: string, over = body) => createHmac('sha256', secret).update(over).digest('hex');
  const verify = (signature: string | string[] | undefined, account = META_ACCOUNT, over = body) =>
    meta.verify(account, requestOf(over, { headers: { 'x-hub-signature-256': signature } }));

  it('covers the raw bytes', () => {
    const right = `sha256=${header(META_ACCOUNT.webhookSecret!)}`;
    expect(verify(right)).equal(true);
    // The same object, written by somebody else.
    expect(verify(right, META_ACCOUNT, JSON.stringify(JSON.parse(body)))).equal(false);
    expect(signMeta(META_ACCOUNT.webhookSecret!, Buffer.from(body))).equal(right);
  });

  it('reproduces a vector that was computed elsewhere', () => {
    // openssl dgst -sha256 -hmac key, over the sentence.
    const account = { ...META_ACCOUNT, webhookSecret: 'key' };
    const digest = 'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8';
    expect(verify(`sha256=${digest}`, account, 'The quick brown fox jumps over the lazy dog')).equal(true);
  });

  it('is false for anything else', () => {
    const digest = header(META_ACCOUNT.webhookSecret!);
    for (const wrong of [
      undefined,
      '',
      'sha256=',
      digest,
      `sha1=${digest}`,
      `sha256=${digest.toUpperCase()}`,
      `sha256=${digest} `,
      `sha256=${header('another-secret')}`,
      [`sha256=${digest}`, `sha256=${digest}`],
    ])
      expect(verify(wrong), String(wrong)).equal(false);
    for (const webhookSecret of [undefined, '', 'another-secret']) {
      expect(verify(`sha256=${digest}`, { ...META_ACCOUNT, webhookSecret })).equal(false);
    }
  });
});

describe('providers/meta parse', () => {
  it('reads a text with its sender', () => {
    expect(received('text', { body: 'Hello ✓' })).deep.equal({
      kind: 'message',
      id: 'wamid.IN1',
      peer: PEER,
      type: 'text',
      text: 'Hello ✓',
      at: AT,
    });
  });

  it('reads senders with a number, a user id, both, and by the list of contacts', () => {
    const sent = { id: 'wamid.IN1', type: 'text', text: { body: 'hi' } };
    const from = (sender: object, ...contacts: object[]) =>
      parse(withMetadata({ contacts, messages: [{ ...sent, ...sender }] }))[0];
    const named = (name: string, more: object) => ({ profile: { name }, ...more });
    const cases: [object, object[], object][] = [
      [{ from: '12025550142' }, [], { address: '+12025550142', phone: '+12025550142' }],
      [{ from_user_id: USER }, [named('Zoë', { user_id: USER })], { address: USER, userId: USER, profileName: 'Zoë' }],
      [{}, [named('Zoë', { user_id: USER })], { address: USER, userId: USER, profileName: 'Zoë' }],
      [
        { from: '12025550142' },
        [named('Ada', { wa_id: '12025550143' }), named('Zoë', { wa_id: '12025550142', user_id: USER })],
        { ...PEER, profileName: 'Zoë' },
      ],
      [
        { from: '12025550142' },
        [named('Ada', { wa_id: '12025550143' }), named('Ben', { wa_id: '12025550144' })],
        { address: '+12025550142', phone: '+12025550142' },
      ],
    ];
    for (const [sender, contacts, peer] of cases) expect(from(sender, ...contacts)).deep.include({ peer });
    expect(from({})).equal(undefined);
    expect(from({ id: '', from: '12025550142' })).equal(undefined);
  });

  it('reads media with their names and captions', () => {
    const file = { id: '1003383421387256', mime_type: 'image/jpeg', sha256: 'x' };
    const media = [{ source: '1003383421387256', contentType: 'image/jpeg' }];
    for (const type of ['image', 'video', 'audio', 'sticker', 'document'] as const) {
      expect(received(type, { ...file, caption: 'look' })).deep.include({ type, text: 'look', media });
    }
    expect(received('voice', file)).deep.include({ type: 'audio', media });
    expect(received('audio', { ...file, voice: true })).deep.include({ type: 'audio', text: '' });
    expect(received('document', { ...file, filename: 'invoice.pdf' })).deep.include({
      media: [{ ...media[0], fileName: 'invoice.pdf' }],
    });
    expect(received('image', { caption: 'without a file' })).deep.include({ type: 'unknown', text: 'without a file' });
    expect(received('image', undefined)).deep.include({ type: 'unknown', text: '' });
  });

  it('reads places and contact cards', () => {
    const coordinates = { latitude: 52.3, longitude: 4.75 };
    expect(received('location', { ...coordinates, name: 'Office', address: '1 Street' })).deep.include({
      type: 'location',
      location: { ...coordinates, name: 'Office', address: '1 Street' },
    });
    expect(received('location', coordinates)).deep.include({ location: coordinates });
    expect(received('location', { name: 'Office' })).deep.include({ type: 'unknown', text: 'Office' });
    const cards = [
      { name: { formatted_name: 'Ada Example' }, phones: [{ phone: '+1 202-555-0143' }, { wa_id: '12025550144' }] },
      { name: { first_name: 'Ben', last_name: 'Example' }, emails: [{ email: 'ben@example.com' }] },
      { org: { company: 'Calder Cycles' } },
      {},
    ];
    expect(received('contacts', cards)).deep.include({
      type: 'contact',
      text: 'Ada Example +1 202-555-0143, +12025550144\nBen Example ben@example.com\nCalder Cycles',
    });
  });

  it('reads buttons, lists and forms, with what they answer', () => {
    const context = { from: '12025550100', id: 'wamid.ASK' };
    const answered = (type: string, said: object) => received(type, said, { context });
    expect(answered('button', { payload: 'stop', text: 'Stop it' })).deep.include({
      type: 'button',
      text: 'Stop it',
      button: { id: 'stop', text: 'Stop it' },
      repliedTo: 'wamid.ASK',
    });
    const button_reply = { id: 'cancel', title: 'Cancel' };
    expect(answered('interactive', { type: 'button_reply', button_reply })).deep.include({
      type: 'button',
      text: 'Cancel',
      button: { id: 'cancel', text: 'Cancel' },
      repliedTo: 'wamid.ASK',
    });
    const list_reply = { id: 'slot-fri', title: 'Friday', description: '10:00' };
    expect(answered('interactive', { type: 'list_reply', list_reply })).deep.include({
      type: 'list',
      text: 'Friday',
      button: { id: 'slot-fri', text: 'Friday' },
    });
    const nfm_reply = { name: 'flow', body: 'Sent', response_json: '{"a":1}' };
    expect(answered('interactive', { type: 'nfm_reply', nfm_reply })).deep.include({
      type: 'button',
      button: { id: '{"a":1}', text: 'Sent' },
    });
    const call_permission_reply = { response: 'reject', response_source: 'user_action' };
    expect(answered('interactive', { type: 'call_permission_reply', call_permission_reply })).deep.include({
      type: 'button',
      button: { id: 'reject', text: 'reject' },
    });
    expect(answered('interactive', { type: 'call_permission_reply' })).deep.include({ type: 'unknown', text: '' });
  });

  it('reads quotes, and whether it was forwarded or comes from an ad', () => {
    const text = { body: 'yes' };
    expect(received('text', text, { context: { from: '12025550100', id: 'wamid.Q' } })).deep.include({
      repliedTo: 'wamid.Q',
    });
    const plain = received('text', text);
    expect(received('text', text, { context: { forwarded: true } })).deep.equal({ ...plain, forwarded: 'once' });
    expect(received('text', text, { context: { frequently_forwarded: true } })).deep.include({ forwarded: 'often' });
    const referral = { source_type: 'ad', source_id: '1', headline: 'Chat with us', ctwa_clid: 'x' };
    const ad = { ...referral, source_url: 'https://fb.me/x', body: 'New' };
    expect(received('text', text, { referral: ad })).deep.equal({
      ...plain,
      referral: { headline: 'Chat with us', body: 'New', url: 'https://fb.me/x', id: '1' },
    });
    // An address that is none is not given on.
    expect(received('text', text, { referral: { source_url: 'javascript:alert(1)' } })).deep.equal(plain);
  });

  it('reads reactions, orders and notices', () => {
    expect(received('reaction', { message_id: 'wamid.OUT', emoji: '👍' })).deep.include({
      type: 'reaction',
      text: '👍',
      reaction: { to: 'wamid.OUT', emoji: '👍' },
      repliedTo: 'wamid.OUT',
    });
    // Taken back.
    expect(received('reaction', { message_id: 'wamid.OUT' })).deep.include({
      reaction: { to: 'wamid.OUT', emoji: '' },
    });
    expect(received('reaction', { emoji: '👍' })).deep.include({ type: 'unknown' });
    const product_items = [{ product_retailer_id: 'bike-7', quantity: 2, item_price: 900, currency: 'EUR' }];
    expect(received('order', { catalog_id: '1', text: 'In red', product_items })).deep.include({
      type: 'unknown',
      text: 'In red\n2 × bike-7',
    });
    const system = { type: 'user_changed_number', body: 'Zoë changed her number', new_wa_id: '12025550143' };
    expect(received('system', system)).deep.include({ type: 'system', text: 'Zoë changed her number' });
  });

  it('keeps what it does not know as unknown', () => {
    const errors = [{ code: 131051, title: 'Message type unknown' }];
    expect(received('unsupported', undefined, { errors })).deep.include({ id: 'wamid.IN1', type: 'unknown', text: '' });
    for (const type of ['new_kind', 'toString', '__proto__', '']) {
      expect(received(type, { body: 'words' }), type).deep.include({ type: 'unknown' });
    }
    expect(received('new_kind', { body: 'words' })).deep.include({ text: 'words' });
    expect(parse(withMetadata({ messages: [SENDER] }))[0]).deep.include({ type: 'unknown', peer: PEER });
  });

  it('reads statuses with our id', () => {
    const status = (raw: string, more: object = {}) =>
      parse(withMetadata({ statuses: [{ id: 'wamid.OUT', status: raw, timestamp: '1795521600', ...more }] }));
    const cases = { sent: 'sent', delivered: 'delivered', read: 'read', played: 'read' };
    for (const [raw, common] of Object.entries(cases)) {
      expect(status(raw, { biz_opaque_callback_data: 'our-1' })).deep.equal([
        { kind: 'status', id: 'wamid.OUT', status: common, ourId: 'our-1', at: AT },
      ]);
    }
    expect(status('sent')[0]).not.property('ourId');
    for (const raw of ['deleted', 'warning', 'toString', '']) expect(status(raw)).deep.equal([]);
    const reasons = {
      131047: 'window_closed',
      130429: 'rate_limited',
      131056: 'rate_limited',
      131026: 'recipient_invalid',
      131050: 'opted_out',
      131051: 'content_rejected',
      131053: 'media',
      132001: 'template',
      131031: 'account',
      131000: 'temporary',
      999999: 'unknown',
    };
    for (const [code, reason] of Object.entries(reasons)) {
      const [event] = status('failed', { errors: [{ code: Number(code), title: 'because' }] });
      expect(event).deep.include({ status: 'failed', error: { code, reason } });
    }
    expect(status('failed')[0]).deep.include({ error: { code: 'failed', reason: 'unknown' } });
  });

  it('reads batches, and leaves out what is for other numbers and of other fields', () => {
    const message = (id: string, from: string) => ({ id, from, type: 'text', text: { body: id } });
    const contacts = [CONTACT, { profile: { name: 'Ada' }, wa_id: '12025550143' }];
    const body = bodyOf(
      withMetadata({ contacts, messages: [message('wamid.1', '12025550142'), message('wamid.2', '12025550143')] }),
      withMetadata({ messages: [message('wamid.other', '12025550142')] }, '999'),
      withMetadata({ statuses: [{ id: 'wamid.OUT', status: 'read' }], messages: [message('wamid.3', '12025550142')] }),
    );
    const echo = {
      field: 'smb_message_echoes',
      value: withMetadata({ messages: [message('wamid.echo', '12025550100')] }),
    };
    body.entry[0]!.changes.push(echo);
    const request = requestOf(JSON.stringify(body));
    const events = meta.parse(request, META_ACCOUNT);
    expect(events.map((event) => event.id)).deep.equal(['wamid.1', 'wamid.2', 'wamid.3', 'wamid.OUT']);
    expect(events[1]).deep.include({ peer: { address: '+12025550143', phone: '+12025550143', profileName: 'Ada' } });
    expect(meta.misdirected!(request, META_ACCOUNT)).equal(undefined);
  });

  it('says so if nothing is for this number', () => {
    const request = requestOf(JSON.stringify(bodyOf(withMetadata({ messages: [SENDER] }, '99<b>9'))));
    expect(meta.parse(request, META_ACCOUNT)).deep.equal([]);
    const why = `it is for the phone number id 999, the account's is ${META_ACCOUNT.appId}`;
    expect(meta.misdirected!(request, META_ACCOUNT)).equal(why);
    const other = { object: 'whatsapp_business_account', entry: [{ changes: [{ field: 'account_update' }] }] };
    expect(meta.misdirected!(requestOf(JSON.stringify(other)), META_ACCOUNT)).equal(undefined);
  });

  it('refuses what is no webhook of WhatsApp', () => {
    for (const body of ['', 'x', '[]', 'null', '"a"', '{}', '{"object":"page","entry":[]}']) {
      expect(() => meta.parse(requestOf(body), META_ACCOUNT), body).throw(UnreadableWebhook);
    }
    expect(parse()).deep.equal([]);
  });

  it('throws nothing, whatever comes', () => {
    const keys = fc.constantFrom(
      ...['messages', 'statuses', 'contacts', 'metadata', 'phone_number_id', 'from', 'from_user_id', 'id', 'type'],
      ...['text', 'body', 'image', 'location', 'latitude', 'interactive', 'button_reply', 'context', 'errors', 'code'],
      ...['reaction', 'order', 'product_items', 'wa_id', 'profile', 'name', 'phones', 'timestamp', '__proto__'],
    );
    const leaf = fc.oneof(
      fc.constantFrom('text', 'image', 'contacts', 'interactive', 'reaction', 'failed', '12025550142', null, true),
      fc.string(),
      fc.double(),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6, depthSize: 'medium' },
        leaf,
        fc.dictionary(keys, tie('tree')),
        fc.array(tie('tree'), { maxLength: 2 }),
      ),
    }));
    const values = fc.record({ messages: fc.array(tree, { maxLength: 3 }), statuses: tree, contacts: tree });
    fc.assert(
      fc.property(values, (value) => {
        for (const event of parse(value)) {
          expect(event.id).a('string').not.equal('');
          if (event.kind === 'message') expect(event.peer.address).a('string').not.equal('');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
