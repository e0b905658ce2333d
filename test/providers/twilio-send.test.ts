import { parse as parseForm } from 'node:querystring';
import { expect } from 'chai';
import { ProviderError } from '../../providers/failure.ts';
import type { OutboundMessage, ProviderAccount, SendResult } from '../../providers/provider.ts';
import { twilio } from '../../providers/twilio/index.ts';
import { everythingIn, json, type Seen, startServer, TWILIO_ACCOUNT, URL_OF_HOOK } from './support.ts';

const MESSAGE: OutboundMessage = {
  id: 'our-1',
  to: { address: '+12025550142' },
  text: 'Hello ✓ & more',
  statusCallback: URL_OF_HOOK,
};
const CREATED = { sid: 'SM00000000000000000000000000000301', status: 'queued' };
const BASIC = Buffer.from(`${TWILIO_ACCOUNT.accountSid}:${TWILIO_ACCOUNT.authToken}`).toString('base64');

type Answer = Parameters<typeof startServer>[0];

/** Sends once against a server that answers as told. */
async function sendTo(
  answer: Answer,
  message: OutboundMessage = MESSAGE,
  timeout = 5000,
): Promise<{ result: SendResult; seen: Seen[] }> {
  const server = await startServer(answer);
  try {
    const account: ProviderAccount = { ...TWILIO_ACCOUNT, baseUrl: server.url };
    const result = await twilio.send(account, message, timeout);
    const text = everythingIn(result);
    for (const secret of [account.authToken, BASIC]) expect(text).not.include(secret);
    return { result, seen: server.seen };
  } finally {
    await server.stop();
  }
}

describe('providers/twilio send', () => {
  it('creates a message and gives our id to its statuses', async () => {
    const { result, seen } = await sendTo((_, response) => json(response, 201, CREATED));
    expect(result).deep.equal({ outcome: 'sent', providerId: CREATED.sid, status: 'queued' });
    expect(seen).length(1);
    expect(seen[0]).deep.include({
      method: 'POST',
      path: `/2010-04-01/Accounts/${TWILIO_ACCOUNT.accountSid}/Messages.json`,
    });
    expect(seen[0]!.headers.authorization).equal(`Basic ${BASIC}`);
    expect({ ...parseForm(seen[0]!.body) }).deep.equal({
      To: 'whatsapp:+12025550142',
      From: 'whatsapp:+12025550100',
      Body: 'Hello ✓ & more',
      StatusCallback: `${URL_OF_HOOK}?wa=our-1`,
    });
  });

  it('sends places and to business-scoped user ids; what needs prepared content it refuses before a call', async () => {
    const ok: Answer = (_, response) => json(response, 201, CREATED);
    const place = {
      id: 'a/b',
      to: { address: 'US.1349' },
      location: { latitude: 52.3, longitude: 4.75, name: 'Office' },
    };
    const first = await sendTo(ok, { ...place, statusCallback: `${URL_OF_HOOK}?x=1#rc=3` });
    expect({ ...parseForm(first.seen[0]!.body) }).deep.equal({
      To: 'whatsapp:US.1349',
      From: 'whatsapp:+12025550100',
      Body: 'Office',
      PersistentAction: 'geo:52.3,4.75|Office',
      StatusCallback: `${URL_OF_HOOK}?x=1&wa=a%2Fb`,
    });
    const address = { ...place.location, address: 'Main Street 1' };
    const second = await sendTo(ok, { ...place, location: address });
    expect(parseForm(second.seen[0]!.body))
      .include({ Body: 'Office', PersistentAction: 'geo:52.3,4.75|Main Street 1' })
      .not.property('StatusCallback');
    const buttons = [{ id: '1', text: 'Yes' }];
    const { seen, result } = await sendTo(ok, { id: 'c', to: { address: '+12025550142' }, text: 'Well?', buttons });
    expect(seen).deep.equal([]);
    expect(result).include({ outcome: 'rejected', code: 'mode_unsupported', retry: false });
  });

  it('keeps a path of the base URL', async () => {
    const server = await startServer((_, response) => json(response, 201, CREATED));
    await twilio.send({ ...TWILIO_ACCOUNT, baseUrl: `${server.url}/gateway/` }, MESSAGE);
    await server.stop();
    expect(server.seen[0]!.path).match(/^\/gateway\/2010-04-01\//);
  });

  it('says why Twilio refused', async () => {
    const cases: [number, object, string, string][] = [
      [400, { code: 21211, message: "Invalid 'To'", status: 400 }, '21211', 'recipient_invalid'],
      [400, { code: 21610, message: 'unsubscribed', status: 400 }, '21610', 'opted_out'],
      [400, { code: 63007, message: 'no channel', status: 400 }, '63007', 'account'],
      [401, { code: 20003, message: 'Authenticate', status: 401 }, '20003', 'account'],
      [404, {}, 'http_404', 'account'],
      [302, {}, 'http_302', 'unknown'],
      [400, { type: 't', title: 'Bad', detail: 'To', status: 400, code: 21656 }, '21656', 'template'],
    ];
    for (const [status, body, code, reason] of cases) {
      const { result } = await sendTo((_, response) => json(response, status, body, { location: '/elsewhere' }));
      expect(result).include({ outcome: 'rejected', code, reason, retry: false });
    }
    const failed = await sendTo((_, response) =>
      json(response, 201, { ...CREATED, status: 'failed', error_code: 63016 }),
    );
    expect(failed.result).include({ outcome: 'rejected', code: '63016', reason: 'window_closed', retry: false });
  });

  it('allows a retry after 429 only', async () => {
    const busy = { code: 20429, message: 'Too Many Requests', status: 429 };
    const first = await sendTo((_, response) => json(response, 429, busy, { 'retry-after': '7' }));
    expect(first.result).include({
      outcome: 'rejected',
      code: '20429',
      reason: 'rate_limited',
      retry: true,
      retryAfter: 7,
    });
    expect(first.seen).length(1);
    const second = await sendTo((_, response) => json(response, 429, busy));
    expect(second.result).include({ retry: true, retryAfter: 1 });
  });

  it('leaves open what may have been sent', async () => {
    const error = await sendTo((_, response) => json(response, 500, { code: 20500, message: 'oops', status: 500 }));
    expect(error.result).include({ outcome: 'ambiguous', code: '20500' });
    const html = await sendTo((_, response) => response.writeHead(502).end('<html>Bad gateway</html>'));
    expect(html.result).include({ outcome: 'ambiguous', code: 'http_502' });
    const late = await sendTo(() => undefined, MESSAGE, 80);
    expect(late.result).include({ outcome: 'ambiguous', code: 'timeout' });
    const reset = await sendTo((_, response) => response.socket?.destroy());
    expect(reset.result).include({ outcome: 'ambiguous', code: 'ECONNRESET' });
    const strange = await sendTo((_, response) => response.writeHead(201).end('not json'));
    expect(strange.result).include({ outcome: 'ambiguous', code: 'unreadable_answer' });
    for (const { seen } of [error, html, late, reset, strange]) expect(seen).length(1);
  });

  it('knows that nothing was sent if there was no connection', async () => {
    const server = await startServer(() => undefined);
    await server.stop();
    const result = await twilio.send({ ...TWILIO_ACCOUNT, baseUrl: server.url }, MESSAGE);
    expect(result).include({ outcome: 'rejected', code: 'ECONNREFUSED', reason: 'temporary', retry: true });
    const bad = await twilio.send({ ...TWILIO_ACCOUNT, accountSid: 'SK1', baseUrl: server.url }, MESSAGE);
    expect(bad).include({ outcome: 'rejected', reason: 'account', retry: false });
  });

  it('repeats no secret that a gateway echoes', async () => {
    const { result } = await sendTo((seen, response) =>
      json(response, 400, {
        code: TWILIO_ACCOUNT.authToken,
        message: `${seen.headers.authorization} ${TWILIO_ACCOUNT.authToken} ${seen.path} ${'x'.repeat(999)}`,
      }),
    );
    expect(result).include({ outcome: 'rejected', code: 'http_400' });
    if (result.outcome !== 'rejected') return;
    expect(result.message).not.include(TWILIO_ACCOUNT.accountSid);
    expect(result.message.length).below(400);
  });

  it('serves several accounts over the same host', async () => {
    const server = await startServer((_, response) => json(response, 201, CREATED));
    const other = { ...TWILIO_ACCOUNT, accountSid: 'AC00000000000000000000000000000002', baseUrl: server.url };
    await Promise.all([twilio.send({ ...TWILIO_ACCOUNT, baseUrl: server.url }, MESSAGE), twilio.send(other, MESSAGE)]);
    await server.stop();
    const users = server.seen.map((seen) => atob(seen.headers.authorization!.slice(6)).split(':')[0]);
    expect(users).members([TWILIO_ACCOUNT.accountSid, other.accountSid]);
  });
});

describe('providers/twilio list', () => {
  const since = Date.parse('2026-11-24T11:00:00.500Z');
  const common = { date_sent: 'Tue, 24 Nov 2026 12:00:00 +0000', num_media: '0', direction: 'inbound' };

  it('reads both directions, pages and media, newest first', async () => {
    const server = await startServer((seen, response) => {
      const url = new URL(seen.path, 'http://x');
      const from = 'whatsapp:+12025550142';
      if (url.pathname.endsWith('/Media.json')) {
        const uri = url.pathname.replace('.json', '/ME1.json');
        return json(response, 200, { media_list: [{ sid: 'ME1', content_type: 'image/jpeg', uri }] });
      }
      if (url.searchParams.get('From')) {
        const old = { ...common, sid: 'SM8', direction: 'outbound-api', date_sent: 'Tue, 24 Nov 2026 10:00:00 +0000' };
        const sent = { ...common, sid: 'SM9', direction: 'outbound-api', to: from, body: 'Hi', status: 'read' };
        return json(response, 200, { messages: [sent, old], next_page_uri: null });
      }
      if (url.searchParams.get('Page')) {
        const media = { ...common, sid: 'MM2', from, body: '', num_media: '1' };
        return json(response, 200, { messages: [media, { sid: 'SM3', ...common, from: '+12025550142' }] });
      }
      const newest = { ...common, sid: 'SM1', from, body: 'Hello', date_sent: 'Tue, 24 Nov 2026 12:00:05 +0000' };
      return json(response, 200, { messages: [newest], next_page_uri: `${url.pathname}?Page=1` });
    });
    const listed = await twilio.list!({ ...TWILIO_ACCOUNT, baseUrl: server.url }, since);
    await server.stop();
    const peer = { address: '+12025550142', phone: '+12025550142' };
    const at = Date.parse('2026-11-24T12:00:00Z');
    const source = `https://api.twilio.com/2010-04-01/Accounts/${TWILIO_ACCOUNT.accountSid}/Messages/MM2/Media/ME1`;
    const media = [{ source, contentType: 'image/jpeg' }];
    expect(listed).deep.equal({
      inbound: [
        { kind: 'message', id: 'SM1', peer, type: 'text', text: 'Hello', at: at + 5000 },
        { kind: 'message', id: 'MM2', peer, type: 'image', text: '', at, media },
      ],
      outbound: [{ id: 'SM9', to: '+12025550142', text: 'Hi', at, status: 'read' }],
      complete: true,
    });
    const first = new URL(server.seen[0]!.path, 'http://x').searchParams;
    expect(first.get('To')).equal('whatsapp:+12025550100');
    expect(first.get('DateSent>')).equal('2026-11-24T11:00:00Z');
  });

  it('of a range and one direction; details only of what is wanted; says when there was more than it lists', async () => {
    const at = (seconds: number) => new Date(since + 1000 * seconds).toUTCString().replace('GMT', '+0000');
    const server = await startServer((seen, response) => {
      const url = new URL(seen.path, 'http://x');
      if (url.pathname.endsWith('/Media.json')) return json(response, 200, { media_list: [] });
      const page = Number(url.searchParams.get('Page') ?? 0);
      const one = (sid: string, seconds: number) => ({
        ...{ ...common, sid, from: 'whatsapp:+12025550142', body: 'x', num_media: '1', date_sent: at(seconds) },
      });
      const messages = page === 0 ? [one('SMlate', 20), one('SMknown', 10), one('SMnew', 9)] : [];
      return json(response, 200, { messages, next_page_uri: `${url.pathname}?Page=${page + 1}` });
    });
    const asked: string[][] = [];
    const listed = await twilio.list!({ ...TWILIO_ACCOUNT, baseUrl: server.url }, since, {
      until: since + 10_000,
      inboundOnly: true,
      wanted: async (ids) => {
        asked.push(ids);
        return new Set(['SMnew']);
      },
    });
    await server.stop();
    expect(listed.inbound.map((message) => message.id)).deep.equal(['SMnew']);
    expect(listed).deep.include({ outbound: [], complete: false });
    expect(asked).deep.equal([['SMknown', 'SMnew']]);
    expect(server.seen.filter((seen) => seen.path.includes('From='))).deep.equal([]);
    expect(server.seen.filter((seen) => seen.path.includes('/Media.json')).map((seen) => seen.path)).length(1);
    expect(new URL(server.seen[0]!.path, 'http://x').searchParams.get('DateSent<')).equal('2026-11-24T11:00:11Z');
  });

  it('fails with a code and without secrets', async () => {
    const server = await startServer((seen, response) =>
      json(response, 401, { code: 20003, message: `no: ${seen.headers.authorization}` }),
    );
    const account = { ...TWILIO_ACCOUNT, baseUrl: server.url };
    const refused = await twilio.list!(account, since).catch((error: unknown) => error);
    await server.stop();
    expect(refused).instanceOf(ProviderError).include({ code: '20003', reason: 'account' });
    const gone = await twilio.list!(account, since).catch((error: unknown) => error);
    expect(gone).instanceOf(ProviderError).include({ reason: 'temporary' });
    for (const error of [refused, gone]) {
      expect(everythingIn(error)).not.include(BASIC).not.include(TWILIO_ACCOUNT.authToken);
    }
  });
});
