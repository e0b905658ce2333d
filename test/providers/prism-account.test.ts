/**
 * What is asked of the providers besides sending: signs for the contact, looking for a message, what is known of the account, the
 * Receive URL. As in `prism.test.ts`, which says where the descriptions are.
 */
import { expect } from 'chai';
import { providerOf } from '../../providers/index.ts';
import type { ProviderAccount } from '../../providers/provider.ts';
import { type Described, serveDescribed } from './prism/prism.ts';
import { META_ACCOUNT, SINCH_ACCOUNT, TWILIO_ACCOUNT } from './support.ts';

const FOLDER = process.env.WHATSAPP_SPECS;
const RECEIVE_URL = 'https://wa.example.com/whatsapp/webhooks/a/b';
const TO = { address: '+12025550167', phone: '+12025550167' };
const META = { ...META_ACCOUNT, accountSid: '104416859277001' };
const SINCH = { ...SINCH_ACCOUNT, authToken: 'a-bearer-token' };
/** Examples list no sender. */
const SENDERS = `"senders":[{"sid":"XE${'0'.repeat(31)}7","sender_id":"whatsapp:${TWILIO_ACCOUNT.phone}"}]`;
const PROJECT = `/v1/projects/${SINCH.accountSid}`;

const described = FOLDER ? describe : describe.skip;
described(`other requests as described${FOLDER ? '' : ' (skipped: WHATSAPP_SPECS is not set)'}`, function () {
  this.timeout(120_000);
  let api: Described | undefined;
  afterEach(async () => {
    await api?.close();
    api = undefined;
  });

  async function serve(account: ProviderAccount, ...files: string[]) {
    const examples = (answer: string) => answer.replace('"senders":[]', SENDERS);
    const names = files.map((file) => `${file}.openapi.json`);
    api = await serveDescribed(FOLDER!, names, examples);
    const { url, exchanges } = api;
    const at = { ...account, baseUrl: url };
    const provider = providerOf(account.provider);
    return {
      sign: (sign: 'read' | 'typing', messageId: string) => provider.showSign!(at, { sign, messageId, to: TO }),
      lookUp: () =>
        provider.lookUp!(at, {
          ...{ id: '01', to: TO, type: 'text', text: 'Hello', since: Date.now() - 60_000 },
          untaken: async (ids) => new Set(ids),
        }),
      inspect: () => provider.inspect!(at, RECEIVE_URL),
      setWebhook: () => provider.setWebhook!(at, RECEIVE_URL),
      /** What was asked, none of it against the description. */
      asked: () => {
        for (const { what, violations } of exchanges) expect(violations, what).deep.equal([]);
        return new Set(exchanges.map(({ what }) => what));
      },
    };
  }

  it('twilio', async () => {
    const files = ['twilio-messages', 'twilio-messaging-v2', 'twilio-messaging-v3-typing'];
    const { sign, lookUp, inspect, setWebhook, asked } = await serve(TWILIO_ACCOUNT, ...files);
    await sign('typing', `SM${'0'.repeat(31)}7`);
    await lookUp();
    await inspect();
    await setWebhook();
    const account = `/2010-04-01/Accounts/${TWILIO_ACCOUNT.accountSid}`;
    const [typing, list, found, senders, sender, ...others] = [...asked()];
    expect([typing, list]).deep.equal(['POST /v2/Indicators/Typing.json', `GET ${account}/Messages.json`]);
    expect([found, senders]).deep.equal([`GET ${account}.json`, 'GET /v2/Channels/Senders']);
    expect(sender).match(/^POST \/v2\/Channels\/Senders\/XE/);
    expect(others).deep.equal([]);
  });

  it('sinch, by the description of its own client', async () => {
    const { sign, asked } = await serve(SINCH, 'sinch-conversation-sdk');
    await sign('typing', '01W4FFL35P4NC4K35MESSAGE001');
    expect([...asked()]).deep.equal([`POST ${PROJECT}/events:send`]);
  });

  it('sinch, by its older description where the other has nothing', async () => {
    const { lookUp, setWebhook, asked } = await serve(SINCH, 'sinch-conversation-2022');
    await lookUp();
    await setWebhook();
    expect([...asked()]).deep.equal([
      `GET ${PROJECT}/messages`,
      `GET ${PROJECT}/apps/${SINCH.appId}/webhooks`,
      `POST ${PROJECT}/webhooks`,
    ]);
    // Described by neither: the app itself (`GET …/apps/<id>`), which the test of the account asks for.
  });

  it('meta', async () => {
    const { sign, inspect, setWebhook, asked } = await serve(META, 'meta-whatsapp-cloud');
    await sign('read', 'wamid.HBgLMTIwMjU1NTAxNjc=');
    await sign('typing', 'wamid.HBgLMTIwMjU1NTAxNjc=');
    await inspect();
    await setWebhook();
    expect([...asked()]).deep.equal([
      `POST /v25.0/${META.appId}/messages`,
      `GET /v25.0/${META.appId}`,
      `GET /v25.0/${META.accountSid}/subscribed_apps`,
      `POST /v25.0/${META.accountSid}/subscribed_apps`,
    ]);
  });
});
