import { expect } from 'chai';
import { meta } from '../../providers/meta/index.ts';
import type { OutboundMessage, ProviderAccount } from '../../providers/provider.ts';
import { everythingIn, json, META_ACCOUNT, type Seen, startServer } from './support.ts';

const MESSAGE: OutboundMessage = { id: 'our-1', to: { address: '+12025550142' }, text: 'Hello ✓' };
/** As long as they are, with a character that is none of a word. */
const WAMID = 'wamid.HBgLMTIwMjU1NTAxNDIVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTc=';
const SENT = {
  messaging_product: 'whatsapp',
  contacts: [{ input: '+12025550142', wa_id: '12025550142' }],
  messages: [{ id: WAMID, message_status: 'accepted' }],
};

type Answer = Parameters<typeof startServer>[0];

async function withServer(answer: Answer, test: (account: ProviderAccount, seen: Seen[]) => Promise<void>) {
  const server = await startServer(answer);
  try {
    await test({ ...META_ACCOUNT, baseUrl: server.url }, server.seen);
  } finally {
    await server.stop();
  }
}

async function send(account: ProviderAccount, message = MESSAGE, timeout = 5000) {
  const result = await meta.send(account, message, timeout);
  for (const secret of [META_ACCOUNT.authToken, META_ACCOUNT.webhookSecret!, META_ACCOUNT.verifyToken!]) {
    expect(everythingIn(result)).not.include(secret);
  }
  return result;
}

const ok: Answer = (_, response) => json(response, 200, SENT);
const fail =
  (status: number, code: number, more: object = {}, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    json(response, status, { error: { message: `(#${code}) no`, type: 'OAuthException', code, ...more } }, headers);

describe('providers/meta send', () => {
  it('sends a text with our id', async () => {
    await withServer(ok, async (account, seen) => {
      expect(await send(account)).deep.equal({ outcome: 'sent', providerId: WAMID, status: 'queued' });
      const [request, ...others] = seen;
      expect(others).deep.equal([]);
      expect(request).include({ method: 'POST', path: `/v25.0/${account.appId}/messages` });
      expect(request!.headers).include({
        authorization: `Bearer ${account.authToken}`,
        'content-type': 'application/json',
      });
      expect(JSON.parse(request!.body)).deep.equal({
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: '+12025550142',
        type: 'text',
        text: { preview_url: false, body: 'Hello ✓' },
        biz_opaque_callback_data: 'our-1',
      });
    });
  });

  it('sends to business-scoped user ids, places, buttons and lists', async () => {
    await withServer(ok, async (account, seen) => {
      const to = { address: 'US.13491208655302741918', phone: '+12025550142' };
      const choices = ['A', 'B', 'C', 'D'].map((text) => ({ id: text.toLowerCase(), text }));
      const place = { latitude: 52.3, longitude: 4.75 };
      await send({ ...account, baseUrl: `${account.baseUrl}/` }, { id: '1', to, text: 'Hi' });
      await send(account, { id: '2', to, text: 'Well?', buttons: choices.slice(0, 3) });
      await send(account, { id: '3', to, text: 'Well?', buttons: choices });
      await send(account, { id: '4', to, location: { ...place, name: 'Office', address: 'Main Street 1' } });
      await send(account, { id: '5', to, location: place });
      await send(account, { id: '6', to, text: 'We are here', location: place });
      const [text, buttons, list, named, bare, titled] = seen.map((one) => JSON.parse(one.body));
      expect(seen[0]!.path).equal(`/v25.0/${account.appId}/messages`);
      expect(text).include({ recipient: to.address }).not.property('to');
      const reply = (id: string, title: string) => ({ type: 'reply', reply: { id, title } });
      expect(buttons).include({ type: 'interactive' });
      expect(buttons.interactive).deep.equal({
        type: 'button',
        body: { text: 'Well?' },
        action: { buttons: [reply('a', 'A'), reply('b', 'B'), reply('c', 'C')] },
      });
      const rows = choices.map(({ id, text: title }) => ({ id, title }));
      expect(list.interactive).deep.equal({
        type: 'list',
        body: { text: 'Well?' },
        action: { button: 'Options', sections: [{ rows }] },
      });
      expect(named).deep.include({
        type: 'location',
        location: { ...place, name: 'Office', address: 'Main Street 1' },
      });
      expect(bare.location).deep.equal(place);
      expect(titled.location).deep.equal({ ...place, name: 'We are here' });
    });
  });

  it('says why Meta refused', async () => {
    const cases: [number, number, string, object?][] = [
      [400, 131047, 'window_closed'],
      [400, 131026, 'recipient_invalid'],
      [400, 131030, 'recipient_invalid'],
      [401, 190, 'account', { error_subcode: 463 }],
      [403, 10, 'account'],
      [403, 200, 'account'],
      [400, 100, 'account', { error_subcode: 33 }],
      [400, 100, 'content_rejected'],
      [400, 131048, 'rate_limited'],
      [400, 132015, 'template'],
      [400, 131000, 'temporary'],
      [418, 999999, 'unknown'],
    ];
    for (const [status, code, reason, more] of cases) {
      const details = { error_data: { messaging_product: 'whatsapp', details: 'More of it.' }, ...more };
      await withServer(fail(status, code, details), async (account) => {
        expect(await send(account)).deep.equal({
          outcome: 'rejected',
          code: String(code),
          reason,
          message: `Meta refused the message: (#${code}) no: More of it.`,
          retry: false,
        });
      });
    }
  });

  it('allows a retry after a rate limit, whatever the status is', async () => {
    const cases: [number, number, number, Record<string, string>?][] = [
      [400, 130429, 2],
      [429, 130429, 3, { 'retry-after': '3' }],
      [400, 131056, 6],
      [500, 131056, 6],
      [400, 80007, 60],
      [400, 4, 60],
      [429, 999999, 1],
    ];
    for (const [status, code, retryAfter, headers] of cases) {
      await withServer(fail(status, code, {}, headers), async (account) => {
        const result = await send(account);
        expect(result).include({ outcome: 'rejected', reason: 'rate_limited', retry: true, retryAfter });
      });
    }
  });

  it('leaves open what may have been sent', async () => {
    const unclear: [Answer, string, number?][] = [
      [fail(500, 131000, { is_transient: true }), '131000'],
      [fail(503, 2), '2'],
      [(_, response) => response.writeHead(502).end('<html/>'), 'http_502'],
      [(_, response) => response.writeHead(200).end('{}'), 'unreadable_answer'],
      [(_, response) => json(response, 200, { messages: [{ id: 'a b' }] }), 'unreadable_answer'],
      [() => undefined, 'timeout', 150],
      [(_, response) => response.socket?.destroy(), 'ECONNRESET'],
    ];
    for (const [answer, code, timeout] of unclear) {
      await withServer(answer, async (account, seen) => {
        expect(await send(account, MESSAGE, timeout)).include({ outcome: 'ambiguous', code });
        expect(seen).length(1);
      });
    }
  });

  it('knows that nothing was sent without an id, a token or a connection', async () => {
    const server = await startServer(() => undefined);
    await server.stop();
    const account = { ...META_ACCOUNT, baseUrl: server.url };
    expect(await send(account)).include({ outcome: 'rejected', code: 'ECONNREFUSED', retry: true });
    for (const missing of [{ appId: '' }, { authToken: '' }]) {
      const result = await meta.send({ ...account, ...missing }, MESSAGE);
      expect(result).include({ outcome: 'rejected', reason: 'account', retry: false });
    }
  });

  it('repeats no secret that a gateway echoes', async () => {
    const echo: Answer = (seen, response) =>
      json(response, 400, {
        error: {
          code: 'x y',
          message: `${'-'.repeat(285)} ${seen.headers.authorization} ${META_ACCOUNT.webhookSecret}`,
        },
      });
    await withServer(echo, async (account) => {
      const result = await send(account);
      expect(result).include({ outcome: 'rejected', code: 'http_400' });
      expect(everythingIn(result)).not.include(META_ACCOUNT.authToken.slice(0, 10));
    });
  });
});
