import { expect } from 'chai';
import type { OutboundMessage, ProviderAccount } from '../../providers/provider.ts';
import { sinch } from '../../providers/sinch/index.ts';
import { tokenUrl } from '../../providers/sinch/token.ts';
import { everythingIn, json, type Seen, SINCH_ACCOUNT, startServer } from './support.ts';

const MESSAGE: OutboundMessage = {
  id: 'our-1',
  to: { address: '+12025550142' },
  text: 'Hello ✓',
  statusCallback: 'https://x',
};
const TOKEN = 'fictional-access-token';
const SENT = { accepted_time: '2026-11-24T12:00:00.000Z', message_id: '01OUT' };

type Answer = Parameters<typeof startServer>[0];
let keys = 0;

/** An account with a key of its own, so that no test meets another's token. */
function accountAt(baseUrl: string): ProviderAccount {
  return { ...SINCH_ACCOUNT, authToken: `key-${keys++}:fictional-key-secret`, baseUrl };
}

/** A server that gives tokens and answers sends as told. */
async function withServer(
  onSend: Answer,
  test: (account: ProviderAccount, seen: Seen[]) => Promise<void>,
  onToken: Answer = (_, response) => json(response, 200, { access_token: TOKEN, expires_in: 3599 }),
): Promise<void> {
  const server = await startServer((seen, response) =>
    seen.path === '/oauth2/token' ? onToken(seen, response) : onSend(seen, response),
  );
  try {
    await test(accountAt(server.url), server.seen);
  } finally {
    await server.stop();
  }
}

async function send(account: ProviderAccount, message = MESSAGE, timeout = 5000) {
  const result = await sinch.send(account, message, timeout);
  const text = everythingIn(result);
  const basic = Buffer.from(account.authToken).toString('base64');
  for (const secret of ['fictional-key-secret', basic || TOKEN, TOKEN, account.webhookSecret!]) {
    expect(text).not.include(secret);
  }
  return result;
}

const ok: Answer = (_, response) => json(response, 200, SENT);
const fail =
  (status: number, name: string, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    json(
      response,
      status,
      { error: { code: status, message: `because of ${name}`, status: name, details: [] } },
      headers,
    );

describe('providers/sinch send', () => {
  it('fetches a token once and sends with our id', async () => {
    await withServer(ok, async (account, seen) => {
      const results = await Promise.all([send(account), send(account), send(account)]);
      for (const result of results)
        expect(result).deep.equal({ outcome: 'sent', providerId: '01OUT', status: 'queued' });
      const [token, first] = seen;
      expect(seen.map((one) => one.path)).deep.equal([
        '/oauth2/token',
        ...Array(3).fill(`/v1/projects/${account.accountSid}/messages:send`),
      ]);
      expect(token!.headers.authorization).equal(`Basic ${Buffer.from(account.authToken).toString('base64')}`);
      expect(token!.body).equal('grant_type=client_credentials');
      expect(first!.headers.authorization).equal(`Bearer ${TOKEN}`);
      expect(JSON.parse(first!.body)).deep.equal({
        app_id: account.appId,
        recipient: { identified_by: { channel_identities: [{ channel: 'WHATSAPP', identity: '12025550142' }] } },
        message: { text_message: { text: 'Hello ✓' } },
        message_metadata: 'our-1',
      });
      await send({ ...account });
      expect(seen.filter((one) => one.path === '/oauth2/token')).length(1);
    });
  });

  it('sends choices, places and to business-scoped user ids', async () => {
    await withServer(ok, async (account, seen) => {
      const to = { address: 'US.13491208655302741918' };
      await send(account, { id: '1', to, text: 'Well?', buttons: [{ id: 'y', text: 'Yes' }] });
      await send(account, { id: '2', to, location: { latitude: 52.3, longitude: 4.75, name: 'Office' } });
      const place = { latitude: 52.3, longitude: 4.75, name: 'Office', address: 'Main Street 1' };
      await send(account, { id: '3', to, location: place });
      await send(account, { id: '4', to, location: { latitude: 52.3, longitude: 4.75 } });
      const [first, second, third, fourth] = seen
        .slice(1)
        .map((one) => JSON.parse(one.body) as Record<string, unknown>);
      expect(JSON.stringify(first!.recipient)).include('"identity":"US.13491208655302741918"');
      const choices = [{ text_message: { text: 'Yes' }, postback_data: 'y' }];
      expect(first!.message).deep.equal({ choice_message: { text_message: { text: 'Well?' }, choices } });
      const coordinates = { latitude: 52.3, longitude: 4.75 };
      expect(second!.message).deep.equal({ location_message: { title: 'Office', coordinates } });
      expect(third!.message).deep.equal({ location_message: { title: 'Office', label: 'Main Street 1', coordinates } });
      expect(fourth!.message).deep.equal({ location_message: { title: '52.3, 4.75', coordinates } });
    });
  });

  it('uses a bearer token as it is', async () => {
    await withServer(ok, async (account, seen) => {
      await send({ ...account, authToken: 'ready-made-token' });
      expect(seen).length(1);
      expect(seen[0]!.headers.authorization).equal('Bearer ready-made-token');
    });
    await withServer(fail(401, 'UNAUTHENTICATED'), async (account, seen) => {
      const result = await send({ ...account, authToken: 'ready-made-token' });
      expect(result).include({ outcome: 'rejected', code: 'UNAUTHENTICATED', reason: 'account', retry: false });
      expect(seen).length(1);
    });
  });

  it('fetches a new token when the old one is refused or about to end', async () => {
    let given = 0;
    const numbered: Answer = (_, response) =>
      json(response, 200, { access_token: `token-${++given}`, expires_in: 3599 });
    const onlySecond: Answer = (seen, response) =>
      (seen.headers.authorization === 'Bearer token-2' ? ok : fail(401, 'UNAUTHENTICATED'))(seen, response);
    await withServer(
      onlySecond,
      async (account, seen) => {
        expect(await send(account)).include({ outcome: 'sent' });
        expect(seen).length(4);
      },
      numbered,
    );
    await withServer(
      ok,
      async (account) => {
        await send(account);
        await send(account);
        expect(given).equal(4);
      },
      (_, response) => json(response, 200, { access_token: `token-${++given}`, expires_in: 0 }),
    );
    await withServer(fail(401, 'UNAUTHENTICATED'), async (account, seen) => {
      expect(await send(account)).include({ outcome: 'rejected', reason: 'account', retry: false });
      expect(seen).length(4);
    });
  });

  it('says why Sinch refused', async () => {
    const cases: [number, string, string][] = [
      [400, 'INVALID_ARGUMENT', 'content_rejected'],
      [403, 'PERMISSION_DENIED', 'account'],
      [404, 'NOT_FOUND', 'account'],
      [418, 'NEW', 'unknown'],
    ];
    for (const [status, code, reason] of cases) {
      await withServer(fail(status, code), async (account) => {
        const message = `Sinch refused the message: because of ${code}`;
        expect(await send(account)).include({ outcome: 'rejected', code, reason, retry: false, message });
      });
    }
  });

  it('allows a retry after 429 only, leaves open what may have been sent', async () => {
    await withServer(fail(429, 'RESOURCE_EXHAUSTED', { 'retry-after': '3' }), async (account) => {
      const expected = {
        outcome: 'rejected',
        code: 'RESOURCE_EXHAUSTED',
        reason: 'rate_limited',
        retry: true,
        retryAfter: 3,
      };
      expect(await send(account)).include(expected);
    });
    const unclear: [Answer, string, number?][] = [
      [fail(500, 'INTERNAL'), 'INTERNAL'],
      [(_, response) => response.writeHead(503).end('<html/>'), 'http_503'],
      [(_, response) => response.writeHead(200).end('{}'), 'unreadable_answer'],
      [() => undefined, 'timeout', 150],
      [(_, response) => response.socket?.destroy(), 'ECONNRESET'],
    ];
    for (const [answer, code, timeout] of unclear) {
      await withServer(answer, async (account, seen) => {
        expect(await send(account, MESSAGE, timeout)).include({ outcome: 'ambiguous', code });
        expect(seen).length(2);
      });
    }
  });

  it('knows that nothing was sent without a token or a connection', async () => {
    const cases: [Answer, object][] = [
      [fail(401, 'x'), { code: 'token_http_401', reason: 'account', retry: false }],
      [fail(503, 'x'), { code: 'token_http_503', reason: 'temporary', retry: true }],
      [fail(429, 'x', { 'retry-after': '9' }), { reason: 'rate_limited', retry: true, retryAfter: 9 }],
      [(_, response) => response.socket?.destroy(), { code: 'ECONNRESET', reason: 'temporary', retry: true }],
    ];
    for (const [answer, expected] of cases) {
      const check = async (account: ProviderAccount) => {
        expect(await send(account)).include({ outcome: 'rejected', ...expected });
      };
      await withServer(ok, check, answer);
    }
    const server = await startServer(() => undefined);
    await server.stop();
    const bearer = { ...accountAt(server.url), authToken: 'ready-made-token' };
    expect(await send(bearer)).include({ outcome: 'rejected', code: 'ECONNREFUSED', retry: true });
    expect(await send({ ...bearer, baseUrl: '' })).include({ outcome: 'rejected', reason: 'account', retry: false });
    expect(await send({ ...bearer, authToken: '' })).include({ outcome: 'rejected', reason: 'account', retry: false });
  });

  it('repeats no secret that a gateway echoes', async () => {
    const echo: Answer = (seen, response) =>
      json(response, 400, {
        error: { status: 'x y', message: `${'-'.repeat(285)} ${seen.headers.authorization} ${TOKEN}` },
      });
    await withServer(echo, async (account) => {
      const result = await send(account);
      expect(result).include({ outcome: 'rejected', code: 'http_400' });
      expect(everythingIn(result)).not.include(TOKEN.slice(0, 8));
    });
  });

  it('finds the token service by the base URL', () => {
    expect(tokenUrl('https://eu.conversation.api.sinch.com')).equal('https://auth.sinch.com/oauth2/token');
    expect(tokenUrl('http://127.0.0.1:4101/')).equal('http://127.0.0.1:4101/oauth2/token');
    expect(tokenUrl('https://sinch.com.example.org/x')).equal('https://sinch.com.example.org/x/oauth2/token');
  });
});
