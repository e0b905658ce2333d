import { expect } from 'chai';
import { ProviderError } from '../../providers/failure.ts';
import { providerOf } from '../../providers/index.ts';
import { LOOKS_UP, PROVIDER_NAMES, type ProviderAccount, type Sought } from '../../providers/provider.ts';
import { json, type Seen, SINCH_ACCOUNT, startServer, TWILIO_ACCOUNT } from './support.ts';

const SINCE = Date.parse('2026-11-24T10:00:00Z');
const sid = (n: number) => `SM${String(n).padStart(32, '0')}`;
const sought = (more: Partial<Sought> = {}): Sought => ({
  ...{ id: 'our-1', to: { address: '+12025550142' }, type: 'text', text: 'Hello', since: SINCE },
  untaken: async (ids) => new Set(ids),
  ...more,
});
/** Looks once, against a server that answers as told. */
async function look(account: ProviderAccount, answer: (seen: Seen) => [number, object], of = sought()) {
  const server = await startServer((seen, response) => {
    if (seen.path.startsWith('/oauth2')) json(response, 200, { access_token: 'token', expires_in: 3599 });
    else json(response, ...answer(seen));
  });
  try {
    const found = await providerOf(account.provider).lookUp!({ ...account, baseUrl: server.url }, of).catch(
      (error: unknown) => error as ProviderError,
    );
    return { found, seen: server.seen.filter(({ path }) => !path.startsWith('/oauth2')) };
  } finally {
    await server.stop();
  }
}

describe('providers that can be asked what became of a send', () => {
  it('are those that say so', () => {
    for (const name of PROVIDER_NAMES)
      expect(providerOf(name).lookUp !== undefined, name).to.equal(LOOKS_UP.includes(name));
  });
});

describe('providers/twilio look-up', () => {
  const item = (n: number, more: object = {}) => ({
    ...{ sid: sid(n), direction: 'outbound-api', body: 'Hello', status: 'delivered', num_media: '0' },
    ...{ date_created: 'Tue, 24 Nov 2026 10:00:01 +0000', date_sent: null, error_code: null },
    ...more,
  });
  const list = (...messages: object[]) => look(TWILIO_ACCOUNT, () => [200, { messages }]);

  it('asks for the newest messages to the recipient, queued ones too, and knows the text again', async () => {
    const { found, seen } = await list(item(1, { body: 'Hello ' }), item(2, { direction: 'inbound' }));
    expect(found).to.deep.equal({ outcome: 'sent', providerId: sid(1), status: 'delivered' });
    const asked = new URL(seen[0]!.path, 'http://x').searchParams;
    expect(Object.fromEntries(asked)).to.deep.equal({
      ...{ To: 'whatsapp:+12025550142', From: 'whatsapp:+12025550100', PageSize: '100' },
    });
  });

  it('does not take one of another message, or an older one, for it', async () => {
    const old = item(3, { date_created: 'Tue, 24 Nov 2026 09:59:00 +0000' });
    const { found } = await look(
      TWILIO_ACCOUNT,
      () => [200, { messages: [item(1), old] }],
      sought({ untaken: async (ids) => new Set(ids.filter((id) => id !== sid(1))) }),
    );
    expect(found).to.deep.equal({ outcome: 'absent' });
  });

  it('does not say that there is none while one may be it', async () => {
    expect((await list(item(1, { body: 'Something else' }))).found).to.include({ outcome: 'ambiguous' });
    expect((await list(item(1, { num_media: '1' }))).found).to.include({ outcome: 'ambiguous' });
    const full = Array.from({ length: 100 }, (_, n) => item(n, { direction: 'inbound' }));
    expect((await list(...full)).found).to.include({ outcome: 'ambiguous' });
  });

  it('says why it was refused after all', async () => {
    const { found } = await list(item(1, { status: 'failed', error_code: 63016 }));
    expect(found).to.include({ outcome: 'rejected', code: '63016', reason: 'window_closed', retry: false });
  });

  it('an answer that is none is an error, without secrets', async () => {
    const { found } = await look(TWILIO_ACCOUNT, () => [500, { message: `no ${TWILIO_ACCOUNT.authToken}` }]);
    expect(found).to.be.instanceOf(ProviderError);
    expect((found as ProviderError).message)
      .to.contain('***')
      .and.not.contain(TWILIO_ACCOUNT.authToken);
  });
});

describe('providers/sinch look-up', () => {
  const item = (metadata: string, more: object = {}) => ({
    ...{ id: '01FOUND', direction: 'TO_CONTACT', metadata, accept_time: '2026-11-24T10:00:01Z' },
    ...more,
  });

  it('knows it again by our id, on whichever page', async () => {
    const { found, seen } = await look(SINCH_ACCOUNT, ({ path }) =>
      path.includes('page_token=next')
        ? [200, { messages: [item('our-1')], next_page_token: '' }]
        : [200, { messages: [item('our-0'), item('', { direction: 'TO_APP' })], next_page_token: 'next' }],
    );
    expect(found).to.deep.equal({ outcome: 'sent', providerId: '01FOUND', status: 'queued' });
    const url = new URL(seen[0]!.path, 'http://x');
    expect(url.pathname).to.equal(`/v1/projects/${SINCH_ACCOUNT.accountSid}/messages`);
    expect(Object.fromEntries(url.searchParams)).to.deep.equal({
      ...{ app_id: SINCH_ACCOUNT.appId, channel_identity: '12025550142', view: 'WITH_METADATA', page_size: '20' },
      start_time: '2026-11-24T09:59:30.000Z',
    });
  });

  it('is absent only if all others are told apart', async () => {
    expect((await look(SINCH_ACCOUNT, () => [200, { messages: [item('our-0')] }])).found).to.deep.equal({
      outcome: 'absent',
    });
    expect((await look(SINCH_ACCOUNT, () => [200, { messages: [item('')] }])).found).to.include({
      outcome: 'ambiguous',
    });
    const endless = await look(SINCH_ACCOUNT, () => [200, { messages: [], next_page_token: 'more' }]);
    expect(endless.found).to.include({ outcome: 'ambiguous' });
    expect(endless.seen).to.have.length(5);
  });

  it('fetches a token anew that ended, once', async () => {
    let refused = 0;
    const { found, seen } = await look(SINCH_ACCOUNT, () =>
      refused++ < 1
        ? [401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'expired' } }]
        : [200, { messages: [] }],
    );
    expect(found).to.deep.equal({ outcome: 'absent' });
    expect(seen).to.have.length(2);
    const { found: never } = await look(SINCH_ACCOUNT, () => [
      401,
      { error: { code: 401, status: 'UNAUTHENTICATED', message: 'no' } },
    ]);
    expect(never).to.be.instanceOf(ProviderError).and.include({ code: 'UNAUTHENTICATED', reason: 'account' });
  });
});
