import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { type ProviderEvent, UnreadableWebhook, type WebhookRequest } from '../../providers/provider.ts';
import { sinch } from '../../providers/sinch/index.ts';
import { signSinch } from '../../providers/sinch/signature.ts';
import { requestOf, SINCH_ACCOUNT } from './support.ts';

const HEADER = 'x-sinch-webhook-signature';
const SECONDS = 1_795_521_601;

function signed(body: string, more: Record<string, string | undefined> = {}): WebhookRequest {
  const digest = createHmac('sha256', SINCH_ACCOUNT.webhookSecret!).update(`${body}.n1.${SECONDS}`).digest('base64');
  const headers = {
    [HEADER]: digest,
    [`${HEADER}-timestamp`]: String(SECONDS),
    [`${HEADER}-nonce`]: 'n1',
    [`${HEADER}-algorithm`]: 'HmacSHA256',
    ...more,
  };
  return requestOf(body, { headers, now: SECONDS * 1000 });
}

const ENVELOPE = {
  app_id: '01W4FFL35P4NC4K35CONVAPP01',
  project_id: '11111111-2222-4333-8444-555555555555',
  accepted_time: '2026-11-24T12:00:01.250Z',
  event_time: '2026-11-24T12:00:00.900Z',
  message_metadata: '',
};
const WHATSAPP = { channel: 'WHATSAPP', identity: '12025550142', app_id: '' };
const PEER = { address: '+12025550142', phone: '+12025550142' };

function parse(body: object): ProviderEvent[] {
  return sinch.parse(requestOf(JSON.stringify({ ...ENVELOPE, ...body })), SINCH_ACCOUNT);
}

function received(contact_message: object, more: object = {}): ProviderEvent | undefined {
  const message = { id: '01MSG', direction: 'TO_APP', channel_identity: WHATSAPP, contact_message, ...more };
  return parse({ message: { accept_time: '2026-11-24T12:00:01.200Z', ...message } })[0];
}

describe('providers/sinch signature', () => {
  it('covers the raw bytes', () => {
    const body = '{\n  "a": "Hello ✓ from Zoë"\n}';
    expect(sinch.verify(SINCH_ACCOUNT, signed(body))).equal(true);
    expect(sinch.verify(SINCH_ACCOUNT, { ...signed(body), body: Buffer.from('{"a":"Hello ✓ from Zoë"}') })).equal(
      false,
    );
    expect(signSinch(SINCH_ACCOUNT.webhookSecret!, Buffer.from(body), 'n1', SECONDS)).equal(
      signed(body).headers[HEADER],
    );
    const { [`${HEADER}-algorithm`]: _, ...headers } = signed(body).headers;
    expect(sinch.verify(SINCH_ACCOUNT, { ...signed(body), headers })).equal(true);
  });

  it('refuses what is older or newer than five minutes', () => {
    const request = signed('{}');
    for (const [age, valid] of [
      [-299, true],
      [299, true],
      [301, false],
      [-301, false],
      [Number.NaN, false],
    ] as const) {
      expect(sinch.verify(SINCH_ACCOUNT, { ...request, now: (SECONDS + age) * 1000 }), `${age} s`).equal(valid);
    }
  });

  it('is false for anything else', () => {
    const wrong: Record<string, string | undefined>[] = [
      { [HEADER]: undefined },
      { [HEADER]: 'x' },
      { [`${HEADER}-nonce`]: 'n2' },
      { [`${HEADER}-nonce`]: undefined },
      { [`${HEADER}-timestamp`]: String(SECONDS + 1) },
      { [`${HEADER}-timestamp`]: 'soon' },
      { [`${HEADER}-timestamp`]: undefined },
      { [`${HEADER}-algorithm`]: 'none' },
    ];
    for (const headers of wrong) expect(sinch.verify(SINCH_ACCOUNT, signed('{}', headers))).equal(false);
    for (const webhookSecret of [undefined, '', 'another-secret']) {
      expect(sinch.verify({ ...SINCH_ACCOUNT, webhookSecret }, signed('{}'))).equal(false);
    }
  });
});

describe('providers/sinch parse', () => {
  it('reads texts and quotes', () => {
    expect(received({ text_message: { text: 'Hello ✓' }, reply_to: { message_id: '01OLD' } })).deep.equal({
      kind: 'message',
      id: '01MSG',
      peer: PEER,
      type: 'text',
      text: 'Hello ✓',
      repliedTo: '01OLD',
      at: Date.parse('2026-11-24T12:00:01.200Z'),
    });
  });

  it('reads senders with and without a phone number', () => {
    const text_message = { text: 'hi' };
    const from = (identity: string) => received({ text_message }, { channel_identity: { ...WHATSAPP, identity } });
    expect(from('+12025550142')).deep.include({ peer: PEER });
    const id = 'US.13491208655302741918';
    expect(from(id)).deep.include({ peer: { address: id, userId: id } });
  });

  it('reads media, places, choices, forms and products', () => {
    const url = 'https://storage.example.com/media/abc.jpg?x=1';
    expect(received({ media_message: { url } })).deep.include({
      type: 'image',
      text: '',
      media: [{ source: url, fileName: 'abc.jpg' }],
    });
    expect(received({ media_card_message: { url: 'https://s.example.com/v.MP4', caption: 'look' } })).deep.include({
      type: 'video',
      text: 'look',
    });
    expect(received({ media_message: { url: 'https://s.example.com/download' } })).deep.include({
      type: 'document',
      media: [{ source: 'https://s.example.com/download' }],
    });
    const coordinates = { latitude: 52.3, longitude: 4.75 };
    expect(received({ location_message: { title: 'Office', label: '1 Street', coordinates } })).deep.include({
      type: 'location',
      location: { ...coordinates, name: 'Office', address: '1 Street' },
    });
    expect(received({ choice_response_message: { message_id: '01ASK', postback_data: 'slot-fri' } })).deep.include({
      type: 'button',
      text: 'slot-fri',
      button: { id: 'slot-fri', text: 'slot-fri' },
      repliedTo: '01ASK',
    });
    expect(received({ choice_response_message: { message_id: '01ASK', postback_data: '01ASK_Friday' } })).deep.include({
      text: 'Friday',
      button: { id: '01ASK_Friday', text: 'Friday' },
    });
    const nfm_reply = { name: 'flow', response_json: '{"a":1}', body: 'Sent' };
    expect(received({ channel_specific_message: { message_type: 'nfm_reply', message: { nfm_reply } } })).deep.include({
      type: 'button',
      button: { id: '{"a":1}', text: 'Sent' },
    });
    const products = [{ id: 'bike-7', marketplace: 'FACEBOOK', quantity: 2 }, { id: 'bell' }];
    expect(received({ product_response_message: { products, text: 'In red' } })).deep.include({
      type: 'unknown',
      text: 'In red\n2 × bike-7\n1 × bell',
    });
  });

  it('keeps what it does not know as unknown', () => {
    expect(received({ fallback_message: { raw_message: '{}' } })).deep.include({ type: 'unknown', text: '' });
    const unsupported_callback = { id: '01U', channel: 'WHATSAPP', channel_identity: WHATSAPP, payload: '{}' };
    expect(parse({ unsupported_callback })[0]).deep.include({ kind: 'message', id: '01U', type: 'unknown' });
  });

  it('reads contact cards and notices out of what Sinch passes on raw', () => {
    const cards = {
      type: 'contacts',
      contacts: [{ name: { formatted_name: 'Ada' }, phones: [{ phone: '+12025550143' }] }],
    };
    const card = { type: 'contact', text: 'Ada +12025550143' };
    const unsupported = (payload: string) =>
      parse({ unsupported_callback: { id: '01U', channel: 'WHATSAPP', channel_identity: WHATSAPP, payload } })[0];
    expect(received({ fallback_message: { raw_message: JSON.stringify(cards) } })).deep.include(card);
    expect(unsupported(JSON.stringify(cards))).deep.include(card);
    expect(unsupported(JSON.stringify({ type: 'system', system: { body: 'A new number' } }))).deep.include({
      type: 'system',
      text: 'A new number',
    });
    // Files and other messages are named by ids that are not Sinch's.
    const image = { type: 'image', image: { id: '1003', caption: 'look' }, context: { id: 'wamid.Q' } };
    const seen = received({ fallback_message: { raw_message: JSON.stringify(image) } });
    expect(seen).deep.include({ type: 'unknown', text: 'look' }).and.not.any.keys('media', 'repliedTo');
    expect(unsupported('no JSON')).deep.include({ type: 'unknown', text: '' });
  });

  it('reads reactions', () => {
    const reaction = (action: string) => {
      const reaction_event = { emoji: '👍', action, message_id: '01OUT' };
      return parse({ event: { id: '01EV', channel_identity: WHATSAPP, contact_message_event: { reaction_event } } })[0];
    };
    const reacted = { type: 'reaction', reaction: { to: '01OUT', emoji: '👍' } };
    expect(reaction('REACTION_ACTION_REACT')).deep.include(reacted);
    expect(reaction('REACTION_ACTION_UNREACT')).deep.include({ reaction: { to: '01OUT', emoji: '' } });
  });

  it('reads delivery reports', () => {
    const report = (status: string, more: object = {}) =>
      parse({ message_delivery_report: { message_id: '01OUT', status, metadata: 'our-1', ...more } });
    const at = Date.parse(ENVELOPE.event_time);
    for (const [raw, status] of [
      ['QUEUED_ON_CHANNEL', 'sent'],
      ['DELIVERED', 'delivered'],
      ['READ', 'read'],
    ] as const) {
      expect(report(raw)).deep.equal([{ kind: 'status', id: '01OUT', ourId: 'our-1', status, at }]);
    }
    const reasons = {
      OUTSIDE_ALLOWED_SENDING_WINDOW: 'window_closed',
      RATE_LIMITED: 'rate_limited',
      RECIPIENT_NOT_REACHABLE: 'recipient_invalid',
      RECIPIENT_NOT_OPTED_IN: 'opted_out',
      BAD_REQUEST: 'content_rejected',
      MEDIA_TOO_LARGE: 'media',
      TEMPLATE_NOT_FOUND: 'template',
      CHANNEL_BAD_CONFIGURATION: 'account',
      INTERNAL_ERROR: 'temporary',
      SOMETHING_NEW: 'unknown',
    };
    for (const [code, reason] of Object.entries(reasons)) {
      expect(report('FAILED', { reason: { code } })[0]).deep.include({ status: 'failed', error: { code, reason } });
    }
    expect(report('FAILED')[0]).deep.include({ error: { code: 'UNKNOWN', reason: 'unknown' } });
    for (const raw of ['SWITCHING_CHANNEL', 'NEW', 'toString']) expect(report(raw)).deep.equal([]);
    const submitted = { message_submit_notification: { message_id: '01OUT' }, message_metadata: 'our-1' };
    expect(parse(submitted)[0]).deep.include({ id: '01OUT', ourId: 'our-1', status: 'sent' });
  });

  it('gives no event for the rest', () => {
    expect(
      parse({ event: { id: '1', contact_event: { composing_event: {} }, channel_identity: WHATSAPP } }),
    ).deep.equal([]);
    expect(parse({ channel_event_notification: {} })).deep.equal([]);
    expect(received({ text_message: { text: 'x' } }, { channel_identity: { channel: 'SMS', identity: '1' } })).equal(
      undefined,
    );
    expect(received({ text_message: { text: 'x' } }, { direction: 'TO_CONTACT' })).equal(undefined);
    expect(received({ text_message: { text: 'x' } }, { channel_identity: null })).equal(undefined);
  });

  it('refuses what is no callback', () => {
    for (const body of ['', 'x', '[]', 'null', '"a"', '{}', '{"object":"other"}']) {
      expect(() => sinch.parse(requestOf(body), SINCH_ACCOUNT), body).throw(UnreadableWebhook);
    }
    expect(() => received({}, { id: '' })).throw(UnreadableWebhook);
  });

  it('throws nothing else, whatever comes', () => {
    const keys = fc.constantFrom(
      ...[
        'message',
        'contact_message',
        'text_message',
        'channel_identity',
        'identity',
        'channel',
        'id',
        'event',
        'url',
      ],
      ...['message_delivery_report', 'status', 'reason', 'code', 'message_id', 'media_message', 'location_message'],
      ...['coordinates', 'latitude', 'choice_response_message', 'postback_data', 'app_id', '__proto__', 'metadata'],
    );
    const leaf = fc.oneof(
      fc.constantFrom('WHATSAPP', 'FAILED', '12025550142', 'TO_APP', null, true),
      fc.string(),
      fc.double(),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5, depthSize: 'medium' },
        leaf,
        fc.dictionary(keys, tie('tree')),
        fc.array(tie('tree'), { maxLength: 2 }),
      ),
    }));
    const bytes = fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array));
    const body = fc.oneof(
      tree.map((value) => Buffer.from(JSON.stringify(value) ?? '')),
      bytes,
    );
    fc.assert(
      fc.property(body, (raw) => {
        try {
          for (const event of sinch.parse(requestOf(raw), SINCH_ACCOUNT)) expect(event.id).a('string').not.equal('');
        } catch (error) {
          expect(error).instanceOf(UnreadableWebhook);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
