/**
 * Collected payloads and vectors that are no part of this project: `WHATSAPP_FIXTURES` names their folder, `WHATSAPP_VECTORS` the
 * file of signatures. What is to be read in each stands here; a payload that nobody has judged fails.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { follows } from '../../core/statuses.ts';
import { providerOf } from '../../providers/index.ts';
import type { Json } from '../../providers/json.ts';
import { objectAt, textAt } from '../../providers/json.ts';
import {
  type OutboundMessage,
  type ProviderAccount,
  type ProviderEvent,
  UnreadableWebhook,
} from '../../providers/provider.ts';
import { formBody, json, META_ACCOUNT, requestOf, SINCH_ACCOUNT, startServer, TWILIO_ACCOUNT } from './support.ts';

const FOLDER = process.env.WHATSAPP_FIXTURES;
const VECTORS = process.env.WHATSAPP_VECTORS;
const ACCOUNTS = { twilio: TWILIO_ACCOUNT, sinch: SINCH_ACCOUNT, meta: META_ACCOUNT };

// biome-ignore lint/suspicious/noExplicitAny: foreign files of many shapes
type Foreign = any;
const read = (path: string): Foreign => JSON.parse(readFileSync(path, 'utf8'));
const fixture = (name: string): Foreign => read(join(FOLDER!, name));

/** Of each payload: its type, then what else is in the event besides id, sender and time. */
type Judged = Record<string, object[]>;

const place = (address: string) => ({
  location: { latitude: 52.3, longitude: 4.75, name: 'Example Office', address },
});
const twilioFile = (message: string, media: string, contentType: string) => ({
  source: `https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/MM000000000000000000000000000001${message}/Media/ME0000000000000000000000000000000${media}`,
  contentType,
});
const referral = {
  headline: 'Send us a message',
  body: 'Learn more by sending us a message',
  url: 'https://fb.example/xyz123',
  id: '120000000000000001',
};
const flow = '{"flow_token":"abcd1234","screen_0_Choose_one_0":"1_Yes"}';

const TWILIO_INBOUND: Judged = {
  text: [{ type: 'text', text: 'Hello, where is my order?' }],
  'text-via-messaging-service': [{ type: 'text', text: 'שלום' }],
  'text-unicode-emoji-plus': [{ type: 'text', text: 'Café ✓ 100% & a+b=c 👍\nsecond line' }],
  'image-with-caption': [{ type: 'image', text: 'my caption', media: [twilioFile('11', '1', 'image/jpeg')] }],
  'image-no-caption': [{ type: 'image', text: '', media: [twilioFile('12', '2', 'image/jpeg')] }],
  document: [
    {
      ...{ type: 'document', text: 'invoice.pdf' },
      media: [{ ...twilioFile('14', '4', 'application/pdf'), fileName: 'invoice.pdf' }],
    },
  ],
  video: [{ type: 'video', text: '', media: [twilioFile('15', '5', 'video/mp4')] }],
  location: [
    {
      ...{ type: 'location', text: '' },
      location: {
        ...place('1 Example Street, Exampletown').location,
        latitude: 52.303897857666016,
        longitude: 4.750025749206543,
      },
    },
  ],
  'quick-reply-button': [
    {
      ...{ type: 'button', text: 'Confirm', button: { id: '{"order":42}', text: 'Confirm' } },
      repliedTo: 'MM00000000000000000000000000000901',
    },
  ],
  'list-reply': [{ type: 'list', text: 'Friday', button: { id: 'slot-fri', text: 'Friday' } }],
  'flow-completed': [{ type: 'button', text: 'Sent', button: { id: flow, text: 'Sent' } }],
  'call-permission-rejected': [
    { type: 'button', text: 'VOICE_CALL_REQUEST', button: { id: 'REJECTED', text: 'VOICE_CALL_REQUEST' } },
  ],
  'reply-to-message': [{ type: 'text', text: 'yes that one', repliedTo: 'SM00000000000000000000000000000903' }],
  forwarded: [{ type: 'text', text: 'fwd', forwarded: 'once' }],
  'click-to-whatsapp-ad': [{ type: 'text', text: 'Can I get more info?', referral }],
  'username-user-without-phone': [{ type: 'text', text: 'hi' }],
};
const TWILIO_STATUS: Judged = {
  queued: [{ status: 'queued' }],
  sent: [{ status: 'sent' }],
  delivered: [{ status: 'delivered' }],
  read: [{ status: 'read' }],
  'failed-outside-window': [{ status: 'failed', error: { code: '63016', reason: 'window_closed' } }],
  'undelivered-outside-window': [{ status: 'failed', error: { code: '63016', reason: 'window_closed' } }],
  'undelivered-invalid-recipient': [{ status: 'failed', error: { code: '63024', reason: 'recipient_invalid' } }],
  canceled: [{ status: 'failed', error: { code: 'canceled', reason: 'unknown' } }],
};

const asked = '01W4FFL35P4NC4K35MESSAGE902';
const ourId = '{"conversation":"abc"}';
const SINCH: Judged = {
  'inbound-text': [{ type: 'text', text: 'Hello, where is my order?' }],
  'inbound-reply': [{ type: 'text', text: 'yes', repliedTo: '01W4FFL35P4NC4K35MESSAGE901' }],
  'inbound-media': [
    {
      ...{ type: 'image', text: '' },
      media: [{ source: 'https://storage.example.com/media/abc.jpg', fileName: 'abc.jpg' }],
    },
  ],
  'inbound-location': [{ type: 'location', text: '', ...place('1 Example Street') }],
  'inbound-choice': [
    { type: 'button', text: 'slot-fri', button: { id: 'slot-fri', text: 'slot-fri' }, repliedTo: asked },
  ],
  'inbound-fallback': [{ type: 'unknown', text: '' }],
  'inbound-username-user': [{ type: 'text', text: 'hi' }],
  'delivery-queued': [{ status: 'sent', ourId }],
  'delivery-delivered': [{ status: 'delivered', ourId }],
  'delivery-read': [{ status: 'read', ourId }],
  'delivery-failed-window': [
    { status: 'failed', ourId, error: { code: 'OUTSIDE_ALLOWED_SENDING_WINDOW', reason: 'window_closed' } },
  ],
  'delivery-failed-not-reachable': [
    { status: 'failed', ourId, error: { code: 'RECIPIENT_NOT_REACHABLE', reason: 'recipient_invalid' } },
  ],
  submit: [{ status: 'sent' }],
  'event-composing': [],
  'channel-event-quality': [],
  unsupported: [{ type: 'unknown', text: '' }],
};

const repliedTo = 'wamid.FICTIONAL9001';
const META: Judged = {
  text: [{ type: 'text', text: 'Hello' }],
  'text-without-user-id': [{ type: 'text', text: 'Hello' }],
  'username-user-without-phone': [{ type: 'text', text: 'Hello' }],
  reply: [{ type: 'text', text: 'yes', repliedTo }],
  image: [{ type: 'image', text: 'look', media: [{ source: '1003383421387256', contentType: 'image/jpeg' }] }],
  location: [{ type: 'location', text: '', ...place('1 Example Street') }],
  reaction: [{ type: 'reaction', text: '👍', reaction: { to: repliedTo, emoji: '👍' }, repliedTo }],
  'template-button': [
    { type: 'button', text: 'Stop promotions', button: { id: 'stop-promos', text: 'Stop promotions' }, repliedTo },
  ],
  'button-reply': [{ type: 'button', text: 'Cancel', button: { id: 'cancel', text: 'Cancel' }, repliedTo }],
  'list-reply': [{ type: 'list', text: 'Friday', button: { id: 'slot-fri', text: 'Friday' }, repliedTo }],
  'ad-referral': [
    {
      ...{ type: 'text', text: 'info?' },
      referral: { headline: 'Chat with us', body: 'Ad body', url: 'https://fb.example/xyz', id: '120000000000000001' },
    },
  ],
  unsupported: [{ type: 'unknown', text: '' }],
  'status-sent': [{ status: 'sent' }],
  'status-delivered': [{ status: 'delivered' }],
  'status-read': [{ status: 'read' }],
  'status-failed': [{ status: 'failed', error: { code: '131047', reason: 'window_closed' } }],
};

const USER = 'US.13491208655302741918';
const NUMBER = '+12025550142';

/** Who wrote, as it stands in the payload and not in what was read of it. */
function senderIn(payload: string): object {
  const hasNumber = payload.includes('whatsapp:+12025550142') || /"(from|identity)": ?"12025550142"/.test(payload);
  const address = hasNumber ? NUMBER : USER;
  return {
    address,
    ...(hasNumber ? { phone: NUMBER } : {}),
    ...(payload.includes(USER) ? { userId: USER } : {}),
    ...(payload.includes('Zoë Example') ? { profileName: 'Zoë Example' } : {}),
  };
}

function judge(account: ProviderAccount, body: string, payload: string, expected: object[] | undefined): void {
  expect(expected, 'nobody has judged this one').an('array');
  const events = providerOf(account.provider).parse(requestOf(body), account);
  const more = events.map((event: ProviderEvent, index) => {
    expect(payload).contain(`"${event.id}"`);
    if (event.kind !== 'message') return { kind: event.kind, ...expected![index] };
    expect(event.peer).deep.equal(senderIn(payload));
    return { kind: 'message', peer: event.peer, ...expected![index] };
  });
  const plain = events.map(({ id: _id, ...event }) => {
    const { at, ...rest } = event as typeof event & { at?: number };
    if (account.provider !== 'twilio') expect(new Date(at ?? 0).toISOString()).match(/^2026-11-24T12:0\d:0/);
    return rest;
  });
  expect(plain).deep.equal(more);
  expect(events).length(expected!.length);
}

/** What a message's status is after updates in this order, as the store keeps it. */
const after = (statuses: string[]) => statuses.reduce((now, next) => (follows(next, now) ? next : now), 'queued');

/** Without the files there is nothing to do, which the name of the suite says. */
function foreign(what: string, variable: string, set: string | undefined, tests: () => void): void {
  if (set) describe(what, tests);
  else describe.skip(`${what} (skipped: ${variable} is not set)`, tests);
}

foreign('foreign fixtures', 'WHATSAPP_FIXTURES', FOLDER, () => {
  const all = (file: string, account: ProviderAccount, judged: Judged, write: (one: Foreign) => string) =>
    it(file, () => {
      const { cases, sequences } = fixture(file);
      const bodies = new Map<string, Foreign>(cases.map((one: Foreign) => [one.name, one]));
      for (const { name, same_as } of cases) {
        const one = bodies.get(same_as ?? name);
        judge(account, write(one), JSON.stringify(one.params ?? one.body), judged[same_as ?? name]);
      }
      const common = (raw: string): string => {
        const text = write([...bodies.values()].find((one) => JSON.stringify(one).includes(`"${raw}"`)));
        return (providerOf(account.provider).parse(requestOf(text), account)[0] as { status: string }).status;
      };
      for (const { name, statuses, expect_final } of sequences ?? []) {
        const final = common(expect_final ?? statuses.at(-1));
        expect(after(statuses.map(common)), name).equal(final);
      }
    });
  const asJson = ({ body }: Foreign) => JSON.stringify(body);
  all('twilio-inbound.json', TWILIO_ACCOUNT, TWILIO_INBOUND, ({ params }) => formBody(params));
  all('twilio-status.json', TWILIO_ACCOUNT, TWILIO_STATUS, ({ params }) => formBody(params));
  all('sinch-callbacks.json', SINCH_ACCOUNT, SINCH, asJson);
  all('meta-webhooks.json', META_ACCOUNT, META, asJson);

  it('acknowledge as it is expected', () => {
    const { status, content_type: contentType, body } = fixture('twilio-inbound.json').expected_reply;
    expect(providerOf('twilio').success).deep.equal({ status, contentType, body });
    for (const name of ['sinch', 'meta'] as const) expect(providerOf(name).success.status).equal(200);
  });

  it('sinch-legacy-whatsapp.json: refused', () => {
    for (const { name, body } of fixture('sinch-legacy-whatsapp.json').callbacks) {
      const parse = () => providerOf('sinch').parse(requestOf(JSON.stringify(body)), SINCH_ACCOUNT);
      expect(parse, name).throw(UnreadableWebhook);
    }
  });
});

foreign('foreign API answers', 'WHATSAPP_FIXTURES', FOLDER, () => {
  const to = { address: NUMBER };
  const use = { id: 'HX00000000000000000000000000000001', name: 'order_update', language: 'en_US' };
  const file = { type: 'image', contentType: 'image/jpeg', fileName: 'a.jpg', size: 1 } as const;
  const media = {
    ...{ ...file, link: 'https://media.example.com/a.jpg' },
    open: () => Promise.reject(new Error('unused')),
  };

  /** What a send makes of an answer, and what it asked. */
  async function ask(account: ProviderAccount, answer: Foreign, message: Partial<OutboundMessage> = { text: 'Hello' }) {
    const server = await startServer((seen, response) => {
      if (seen.path === '/oauth2/token') return json(response, 200, { access_token: 'invented', expires_in: 3599 });
      const { status, headers = {}, body } = answer;
      if (typeof body !== 'string') return json(response, status, body);
      response.writeHead(status, headers).end(body);
    });
    try {
      const at = { ...account, baseUrl: server.url, accountSid: account.accountSid };
      const result = await providerOf(account.provider).send(at, { id: 'abc', to, ...message });
      return { result, request: server.seen.at(-1)! };
    } finally {
      await server.stop();
    }
  }

  it('twilio-api.json: what was accepted', async () => {
    const sends: Record<string, Partial<OutboundMessage>> = {
      text: { text: 'Hello' },
      media: { media },
      template: { template: { ...use, variables: { 1: 'Zoë', 2: '42' } } },
      location: place('1 Example Street'),
    };
    for (const { name, request, response } of fixture('twilio-api.json').created) {
      const { result, request: made } = await ask(TWILIO_ACCOUNT, response, sends[name] ?? sends.text);
      expect(result, name).deep.equal({ outcome: 'sent', providerId: response.body.sid, status: 'queued' });
      const { StatusCallback: _, MessagingServiceSid, ...asked } = request;
      const own = Object.fromEntries(new URLSearchParams(made.body));
      // The pack names the number, never a service.
      expect(own, name).deep.equal(MessagingServiceSid ? { ...own, Body: 'Hello' } : asked);
    }
  });

  it('sinch-api.json: what was accepted', async () => {
    const sends: Record<string, Partial<OutboundMessage>> = {
      media: { media },
      template: { template: { ...use, variables: { 1: 'Zoë' } } },
      bsuid: { text: 'Hello', to: { address: USER } },
    };
    for (const { name, request, response } of fixture('sinch-api.json').send) {
      const { result, request: made } = await ask(SINCH_ACCOUNT, response, sends[name] ?? { text: 'Hello' });
      expect(result, name).deep.equal({ outcome: 'sent', providerId: response.body.message_id, status: 'queued' });
      const own = JSON.parse(made.body) as Json;
      expect(own.recipient, name).deep.equal(request.recipient);
      expect(JSON.stringify(own.message), name).equal(
        JSON.stringify(request.message).replace('a.jpg"', 'a.jpg","filename_override":"a.jpg"'),
      );
      expect(own).include({ app_id: request.app_id, message_metadata: 'abc' });
    }
  });

  it('meta-api.json: what was accepted, and where files are', async () => {
    const { send, send_bsuid, media: files } = fixture('meta-api.json');
    const { result, request } = await ask(META_ACCOUNT, send.response);
    expect(result).deep.equal({ outcome: 'sent', providerId: 'wamid.FICTIONAL9001', status: 'queued' });
    // With a plus sign, which Meta takes as well.
    expect(JSON.parse(request.body)).deep.equal({ ...send.request.body, to: NUMBER });
    expect(new URL(send.request.url).pathname).equal(request.path);
    const other = await ask(META_ACCOUNT, send.response, { text: 'Hello', to: { address: USER } });
    expect(JSON.parse(other.request.body)).include({ recipient: send_bsuid.body.recipient }).not.property('to');
    const server = await startServer((_, response) => json(response, 200, files.lookup.response.body));
    try {
      const found = await providerOf('meta').media.locate({ ...META_ACCOUNT, baseUrl: server.url }, '1003383421387256');
      const { url, mime_type: contentType } = files.lookup.response.body;
      expect(found).deep.equal({ url, contentType, size: 303_833 });
      expect(`${server.seen[0]!.method} ${server.seen[0]!.path}`).equal(files.lookup.request);
    } finally {
      await server.stop();
    }
  });

  const REASONS: Record<string, Record<string, string>> = {
    twilio: {
      ...{ authenticate: 'account', 'not-found': 'account', 'too-many-requests': 'rate_limited' },
      ...{ 'invalid-to': 'recipient_invalid', 'to-required': 'recipient_invalid', 'body-required': 'content_rejected' },
      ...{ 'from-or-service-required': 'account', unsubscribed: 'opted_out', 'body-too-long': 'content_rejected' },
      ...{ 'invalid-media-url': 'media', 'content-variables': 'template', 'channel-not-found': 'account' },
      'rfc9457-shape': 'recipient_invalid',
    },
    sinch: {
      ...{ invalid_argument: 'content_rejected', unauthenticated: 'account', permission_denied: 'account' },
      ...{ not_found: 'account', resource_exhausted: 'rate_limited', 'expired-token': 'account' },
    },
    meta: {
      ...{ 're-engagement': 'window_closed', 'rate-throughput': 'rate_limited', 'rate-pair': 'rate_limited' },
      ...{ undeliverable: 'recipient_invalid', 'token-expired': 'account' },
    },
  };
  for (const [name, reasons] of Object.entries(REASONS))
    it(`${name}-api.json: what was refused, and what is not known`, async () => {
      for (const error of fixture(`${name}-api.json`).errors) {
        const { result } = await ask(ACCOUNTS[name as keyof typeof ACCOUNTS], error.response);
        const { status } = error.response;
        // Who answers with 5xx may have sent it all the same.
        if (status >= 500) expect(result, error.name).include({ outcome: 'ambiguous' });
        else {
          const retry = reasons[error.name] === 'rate_limited';
          expect(result, error.name).include({ outcome: 'rejected', reason: reasons[error.name], retry });
        }
      }
    });
});

foreign('foreign signature vectors', 'WHATSAPP_VECTORS', VECTORS, () => {
  const headersOf = (vector: Foreign, name: string) => ({ [name]: vector.x_twilio_signature ?? undefined });

  it('of Twilio', () => {
    for (const vector of read(VECTORS!).twilio) {
      const account = { ...TWILIO_ACCOUNT, authToken: vector.auth_token };
      const body = vector.body ?? formBody(vector.params ?? {});
      const request = requestOf(body, {
        url: vector.url_given_to_validator,
        headers: headersOf(vector, 'x-twilio-signature'),
      });
      // Where the official validator throws, there are no parameters; a webhook without any is checked like one with some.
      if (vector.throws) expect(() => providerOf('twilio').verify(account, request), vector.name).not.throw();
      else expect(providerOf('twilio').verify(account, request), vector.name).equal(vector.expected_valid);
    }
  });

  it('of Sinch, which are too old a few minutes later', () => {
    for (const { name, secret, headers, body, expected_valid } of read(VECTORS!).sinch) {
      const account = { ...SINCH_ACCOUNT, webhookSecret: secret };
      const at = Number(headers['x-sinch-webhook-signature-timestamp']) * 1000;
      const verify = (now: number) => providerOf('sinch').verify(account, requestOf(body, { headers, now }));
      expect(verify(at), name).equal(expected_valid);
      expect(verify(at + 301_000), name).equal(false);
    }
  });

  it('of Meta', () => {
    for (const { name, app_secret, body, headers, expected_valid } of read(VECTORS!).meta) {
      if (body === undefined) continue;
      const account = { ...META_ACCOUNT, webhookSecret: app_secret };
      expect(providerOf('meta').verify(account, requestOf(body, { headers })), name).equal(expected_valid);
      const [event] = providerOf('meta').parse(requestOf(body), META_ACCOUNT);
      expect(textAt(objectAt({ event }, 'event'), 'text')).equal('Hello ✓');
    }
  });
});
