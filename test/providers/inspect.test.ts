import { expect } from 'chai';
import { providerOf } from '../../providers/index.ts';
import type { ProviderAccount } from '../../providers/provider.ts';
import {
  everythingIn,
  json,
  META_ACCOUNT,
  type Seen,
  SINCH_ACCOUNT,
  startServer,
  TWILIO_ACCOUNT,
  URL_OF_HOOK,
} from './support.ts';

type Answers = Record<string, [number, object]>;

/** Runs against a server that answers by the path, 404 for what it does not know. */
async function against<T>(
  account: ProviderAccount,
  answers: Answers,
  work: (account: ProviderAccount) => Promise<T>,
): Promise<{ result: T; seen: Seen[] }> {
  const server = await startServer((seen, response) => {
    const path = seen.path.split('?')[0]!;
    const [, answer] = Object.entries(answers).find(([end]) => path.endsWith(end)) ?? [];
    if (path === '/oauth2/token' && !answer) json(response, 200, { access_token: 'fictional-bearer', expires_in: 9 });
    else json(response, ...(answer ?? [404, { code: 20404, message: 'not found' }]));
  });
  try {
    const result = await work({ ...account, baseUrl: server.url });
    for (const secret of [account.authToken, account.webhookSecret ?? account.authToken])
      expect(everythingIn(result)).not.to.contain(secret);
    return { result, seen: server.seen.filter(({ path }) => path !== '/oauth2/token') };
  } finally {
    await server.stop();
  }
}

const inspect = async (account: ProviderAccount, answers: Answers, url = URL_OF_HOOK) => {
  const { result } = await against(account, answers, (at) => providerOf(at.provider).inspect!(at, url));
  return Object.fromEntries(result.map(({ what, state }) => [what, state]));
};
const set = async (account: ProviderAccount, answers: Answers) => {
  const { result, seen } = await against(account, answers, (at) =>
    providerOf(at.provider).setWebhook!(at, URL_OF_HOOK).then(
      () => 'done',
      (error: Error) => error.message,
    ),
  );
  return { result, last: seen.at(-1)! };
};

describe('providers/twilio account', () => {
  const OF = `/Accounts/${TWILIO_ACCOUNT.accountSid}.json`;
  const SID = `XE${'0'.repeat(32)}`;
  const active: Answers = { [OF]: [200, { status: 'active' }] };
  const sender = (more: object = {}): Answers => ({
    ...active,
    '/Senders': [
      200,
      {
        senders: [{ sid: SID, sender_id: 'whatsapp:+12025550100', status: 'ONLINE', ...more }],
        meta: { next_page_url: null },
      },
    ],
    [`/Senders/${SID}`]: [202, { sid: SID }],
  });

  it('is told by its account and its sender', async () => {
    const webhook = { callback_url: `${URL_OF_HOOK}#rc=3&rp=all` };
    expect(await inspect(TWILIO_ACCOUNT, sender({ webhook }))).to.deep.equal({
      ...{ credentials: 'ok', number: 'ok', webhook: 'ok' },
    });
    expect(await inspect(TWILIO_ACCOUNT, sender({ status: 'OFFLINE' }))).to.include({ number: 'failed' });
    expect(await inspect(TWILIO_ACCOUNT, sender())).to.include({ webhook: 'failed' });
    expect(await inspect(TWILIO_ACCOUNT, sender({ sender_id: 'whatsapp:+12025550111' }))).to.include({
      number: 'failed',
    });
  });

  it('with wrong credentials, or without an answer, is asked nothing more', async () => {
    const refused: Answers = { [OF]: [401, { code: 20003, message: `Authenticate ${TWILIO_ACCOUNT.authToken}` }] };
    expect(await inspect(TWILIO_ACCOUNT, refused)).to.deep.equal({ credentials: 'failed' });
    expect(await inspect(TWILIO_ACCOUNT, { [OF]: [503, {}] })).to.deep.equal({ credentials: 'unknown' });
    expect(await inspect(TWILIO_ACCOUNT, { [OF]: [200, { status: 'suspended' }] })).to.deep.equal({
      credentials: 'failed',
    });
  });

  it('the sandbox, and who does not list senders, are no failures', async () => {
    expect(await inspect({ ...TWILIO_ACCOUNT, phone: '+14155238886' }, active)).to.deep.equal({
      ...{ credentials: 'ok', number: 'ok', webhook: 'unknown' },
    });
    expect(await inspect(TWILIO_ACCOUNT, active)).to.deep.equal({ credentials: 'ok', number: 'unknown' });
  });

  it('gets the Receive URL with three retries, statuses too', async () => {
    const { result, last } = await set(TWILIO_ACCOUNT, sender());
    expect(result).to.equal('done');
    expect(last).to.include({ method: 'POST', path: `/v2/Channels/Senders/${SID}` });
    expect(JSON.parse(last.body)).to.deep.equal({
      webhook: {
        ...{ callback_url: `${URL_OF_HOOK}#rc=3&rp=all`, callback_method: 'POST' },
        ...{ status_callback_url: URL_OF_HOOK, status_callback_method: 'POST' },
      },
    });
    expect((await set(TWILIO_ACCOUNT, sender({ sender_id: 'whatsapp:+1' }))).result).to.match(/no WhatsApp sender/);
  });
});

describe('providers/sinch account', () => {
  const APP = `/apps/${SINCH_ACCOUNT.appId}`;
  const TRIGGERS = ['MESSAGE_INBOUND', 'MESSAGE_DELIVERY', 'EVENT_INBOUND', 'OPT_IN', 'OPT_OUT', 'UNSUPPORTED'];
  const channel = { channel: 'WHATSAPP', channel_known_id: '12025550100', state: { status: 'ACTIVE' } };
  const app = (hooks: object[], more: object = {}): Answers => ({
    [APP]: [200, { id: SINCH_ACCOUNT.appId, channel_credentials: [{ ...channel, ...more }] }],
    [`${APP}/webhooks`]: [200, { webhooks: hooks }],
  });
  const hook = (more: object = {}) => ({ id: '01HOOK', target: URL_OF_HOOK, triggers: TRIGGERS, ...more });

  it('is told by its app and its webhooks', async () => {
    expect(await inspect(SINCH_ACCOUNT, app([hook()]))).to.deep.equal({
      ...{ credentials: 'ok', number: 'ok', webhook: 'ok' },
    });
    expect(await inspect(SINCH_ACCOUNT, app([]))).to.include({ webhook: 'failed' });
    expect(await inspect(SINCH_ACCOUNT, app([hook({ triggers: ['MESSAGE_INBOUND'] })]))).to.include({
      webhook: 'failed',
    });
    expect(await inspect(SINCH_ACCOUNT, app([], { channel_known_id: '12025550111' }))).to.include({ number: 'failed' });
    expect(await inspect(SINCH_ACCOUNT, app([], { state: { status: 'FAILING' } }))).to.include({ number: 'failed' });
    expect(await inspect(SINCH_ACCOUNT, app([], { channel: 'SMS' }))).to.include({ number: 'failed' });
  });

  it('with a wrong key or app is asked nothing more', async () => {
    const other = { ...SINCH_ACCOUNT, authToken: 'another-key:another-secret' };
    const refused: Answers = { '/oauth2/token': [401, { error: 'invalid_client' }] };
    expect(await inspect(other, refused)).to.deep.equal({ credentials: 'failed' });
    const none: Answers = { [APP]: [404, { error: { code: 404, status: 'NOT_FOUND', message: 'App not found' } }] };
    expect(await inspect(SINCH_ACCOUNT, none)).to.deep.equal({ credentials: 'ok', number: 'failed' });
  });

  it('gets a webhook, or its own one changed', async () => {
    const made = await set(SINCH_ACCOUNT, { ...app([]), '/webhooks': [200, { webhooks: [] }] });
    expect(made.result).to.equal('done');
    expect(made.last).to.include({ method: 'POST', path: `/v1/projects/${SINCH_ACCOUNT.accountSid}/webhooks` });
    expect(JSON.parse(made.last.body)).to.deep.equal({
      ...{ app_id: SINCH_ACCOUNT.appId, target: URL_OF_HOOK, target_type: 'HTTP', triggers: TRIGGERS },
      secret: SINCH_ACCOUNT.webhookSecret,
    });
    const old = hook({ target: 'https://old.example.com/red/whatsapp/webhooks/acc/tok' });
    const changed = await set(SINCH_ACCOUNT, { ...app([old]), '/webhooks/01HOOK': [200, {}] });
    expect(changed.last).to.include({
      ...{ method: 'PATCH', path: `/v1/projects/${SINCH_ACCOUNT.accountSid}/webhooks/01HOOK` },
    });
  });
});

describe('providers/meta account', () => {
  const account = { ...META_ACCOUNT, accountSid: '100000000000001' };
  const NUMBER = `/${META_ACCOUNT.appId}`;
  const number = (more: object = {}): [number, object] => [200, { display_phone_number: '+1 202-555-0100', ...more }];
  const APPS = `/${account.accountSid}/subscribed_apps`;

  it('is told by its phone number and the apps that are subscribed', async () => {
    const own = { data: [{ override_callback_uri: URL_OF_HOOK }] };
    expect(await inspect(account, { [NUMBER]: number(), [APPS]: [200, own] })).to.deep.equal({
      ...{ credentials: 'ok', number: 'ok', webhook: 'ok' },
    });
    expect(await inspect(account, { [NUMBER]: number(), [APPS]: [200, { data: [{}] }] })).to.include({
      webhook: 'unknown',
    });
    expect(await inspect(account, { [NUMBER]: number(), [APPS]: [200, { data: [] }] })).to.include({
      webhook: 'failed',
    });
    expect(await inspect(account, { [NUMBER]: number({ display_phone_number: '+1 202-555-0111' }) })).to.include({
      number: 'failed',
    });
  });

  it('with a wrong token or number is asked nothing more', async () => {
    const wrong: Answers = { [NUMBER]: [401, { error: { code: 190, message: 'Invalid OAuth access token' } }] };
    expect(await inspect(account, wrong)).to.deep.equal({ credentials: 'failed' });
    const none: Answers = { [NUMBER]: [400, { error: { code: 100, message: 'does not exist' } }] };
    expect(await inspect(account, none)).to.deep.equal({ credentials: 'ok', number: 'failed' });
  });

  it('gets the Receive URL for its business account, with the verify token', async () => {
    const { result, last } = await set(account, { [APPS]: [200, { success: true }] });
    expect(result).to.equal('done');
    expect(last).to.include({ method: 'POST', path: `/v25.0${APPS}` });
    expect(JSON.parse(last.body)).to.deep.equal({
      ...{ override_callback_uri: URL_OF_HOOK, verify_token: META_ACCOUNT.verifyToken },
    });
  });
});
