/**
 * Whatever this pack asks of a provider is as the provider's description wants it: `WHATSAPP_SPECS` names the folder of the
 * descriptions, which are not ours to publish. What they leave out is named here.
 */
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { providerOf } from '../../providers/index.ts';
import type { OutboundMedia, OutboundMessage, ProviderAccount } from '../../providers/provider.ts';
import { type Described, serveDescribed } from './prism/prism.ts';
import { META_ACCOUNT, SINCH_ACCOUNT, TWILIO_ACCOUNT } from './support.ts';

const FOLDER = process.env.WHATSAPP_SPECS;
const FILES = {
  twilio: [
    ...['twilio-messages.openapi.json', 'twilio-content.openapi.json'],
    ...['twilio-messaging-v2.openapi.json', 'twilio-messaging-v3-typing.openapi.json'],
  ],
  sinch: ['sinch-conversation-sdk.openapi.json'],
  meta: ['meta-whatsapp-cloud.openapi.json'],
};
/** Examples stand for a message with a file, without a page after it, and for places that are none. */
const examples = (answer: string) =>
  answer
    .replace(/"next_page_ur[il]":"[^"]*"/g, '"next_page_uri":null')
    .replace(/"direction":"[^"]*"/g, '"direction":"inbound"')
    .replace(/"num_media":"0"/g, '"num_media":"1"')
    .replace(/"from":"[^"]*"/g, `"from":"whatsapp:${PHONE}"`)
    .replace(/"date_(sent|created)":"[^"]*"/g, `"date_$1":"${new Date().toUTCString()}"`)
    .replaceAll('<MEDIA_ID>', '7730041188215566')
    .replaceAll('<URL>', 'https://lookaside.example/7730041188215566');
/** ms: a description is compiled when it is first used. */
const PATIENCE = 60_000;
const PHONE = '+12025550167';
const USER = 'IT.40718821009355216';

const file = (type: OutboundMedia['type'], contentType: string, fileName: string): OutboundMedia => ({
  ...{ type, contentType, fileName, size: 4, link: 'https://wa.example.com/whatsapp/media/a-token' },
  open: async () => Readable.from([Buffer.from('%PDF')]),
});
const template = { id: `HX${'0'.repeat(31)}7`, name: 'order_update', language: 'en_US' };
const place = { latitude: 45.4384, longitude: 10.9916 };
const choices = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `c${i}`, text: `Choice ${i}` }));

/** Everything that can be in a message, for every provider that sends it. */
const MESSAGES: Record<string, Omit<OutboundMessage, 'id' | 'to'>> = {
  text: { text: 'Hello ✓ 🚲' },
  'the longest text': { text: 'x'.repeat(1600) },
  picture: { media: file('image', 'image/jpeg', 'a.jpg') },
  'picture with a caption': { text: 'Look', media: file('image', 'image/png', 'a.png') },
  'voice message': { media: file('audio', 'audio/ogg', 'a.ogg') },
  video: { text: 'Hear that', media: file('video', 'video/mp4', 'a.mp4') },
  document: { text: 'Your receipt', media: file('document', 'application/pdf', 'a "b" ü.pdf') },
  sticker: { media: file('sticker', 'image/webp', 'a.webp') },
  'location with a name': { location: { ...place, name: 'Calder Cycles', address: 'Piazza Bra 1' } },
  location: { location: place },
  'template with nothing to fill in': { template: { ...template, variables: {} } },
  template: { template: { ...template, variables: { 1: 'Noor', 2: '42' } } },
  'template with a header and a button': {
    template: { ...template, variables: { 'header.1': 'Order', 1: 'Noor', 'button.0': '42' } },
  },
  'template with a picture and named variables': {
    template: { ...template, variables: { 'header.image': 'https://wa.example.com/a.jpg', name: 'Noor' } },
  },
  buttons: { text: 'When?', buttons: choices(3) },
  list: { text: 'When?', buttons: choices(8) },
};
/** What goes out by Twilio as a prepared template only. */
const NOT_BY_TWILIO = ['buttons', 'list'];

const described = FOLDER ? describe : describe.skip;
described(
  `requests as the providers describe them${FOLDER ? '' : ' (skipped: WHATSAPP_SPECS is not set)'}`,
  function () {
    this.timeout(2 * PATIENCE);
    const apis = {} as Record<keyof typeof FILES, Described>;
    before(async () => {
      for (const name of Object.keys(FILES) as (keyof typeof FILES)[])
        apis[name] = await serveDescribed(FOLDER!, FILES[name], examples);
    });
    after(async () => {
      for (const api of Object.values(apis)) await api.close();
    });

    const at = (account: ProviderAccount): ProviderAccount => ({ ...account, baseUrl: apis[account.provider].url });

    /** What was asked meanwhile: none of it against the description. */
    async function asked(account: ProviderAccount, work: (at: ProviderAccount) => Promise<unknown>): Promise<string[]> {
      const { exchanges } = apis[account.provider];
      const from = exchanges.length;
      await work(at(account));
      const made = exchanges.slice(from);
      for (const { what, violations } of made) expect(violations, what).deep.equal([]);
      return made.map(({ what }) => what);
    }

    it('tell what is wrong, so that nothing wrong can pass unseen', async () => {
      const wrong = {
        twilio: { path: '/2010-04-01/Accounts/AC1/Messages.json', body: 'Body=Hello', type: 'x-www-form-urlencoded' },
        sinch: { path: '/v1/projects/p/messages:send', body: '{"app_id":"a"}', type: 'json' },
        meta: { path: '/v25.0/1/messages', body: '{"messaging_product":"sms"}', type: 'json' },
      };
      for (const [name, { path, body, type }] of Object.entries(wrong)) {
        const { url, exchanges } = apis[name as keyof typeof FILES];
        const authorization = name === 'twilio' ? 'Basic YTpi' : 'Bearer invented';
        const headers = { authorization, 'content-type': `application/${type}` };
        await fetch(url + path, { method: 'POST', headers, body });
        expect(exchanges.at(-1)!.violations, name).not.empty;
      }
    });

    for (const account of [TWILIO_ACCOUNT, SINCH_ACCOUNT, META_ACCOUNT]) {
      const name = account.provider;
      const sends = {
        twilio: 'POST /2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json',
        sinch: `POST /v1/projects/${SINCH_ACCOUNT.accountSid}/messages:send`,
        meta: `POST /v25.0/${META_ACCOUNT.appId}/messages`,
      }[name];

      describe(name, () => {
        for (const [what, message] of Object.entries(MESSAGES)) {
          if (name === 'twilio' && NOT_BY_TWILIO.includes(what)) continue;
          it(`sends: ${what}`, async () => {
            for (const address of [PHONE, USER]) {
              const more = {
                id: '01HZXFICTIONAL',
                to: { address },
                statusCallback: 'https://wa.example.com/whatsapp/webhooks/a/b',
              };
              const made = await asked(account, async (to) => {
                const result = await providerOf(name).send(to, { ...message, ...more }, PATIENCE);
                expect(result).include({ outcome: 'sent' });
              });
              expect(made.at(-1)).equal(sends);
              if (name === 'meta' && message.media) expect(made[0]).equal(`POST /v25.0/${META_ACCOUNT.appId}/media`);
            }
          });
        }
      });
    }

    describe('twilio', () => {
      it('lists messages and their files', async () => {
        const until = Date.now();
        const made = await asked(TWILIO_ACCOUNT, (to) => providerOf('twilio').list!(to, until - 3_600_000, { until }));
        const messages = `GET /2010-04-01/Accounts/${TWILIO_ACCOUNT.accountSid}/Messages`;
        expect(made.filter((what) => what === `${messages}.json`)).length(2);
        expect(made.some((what) => what.startsWith(`${messages}/`) && what.endsWith('/Media.json'))).equal(true);
      });

      it('lists templates with their approvals', async () => {
        const made = await asked(TWILIO_ACCOUNT, (to) => providerOf('twilio').templates(to));
        expect(made).include('GET /v1/ContentAndApprovals');
      });
      // Not described: the file itself (`…/Media/ME…` without `.json`).
    });

    describe('sinch', () => {
      it('asks for a token', async () => {
        const fresh = { ...SINCH_ACCOUNT, authToken: 'another-key:another-secret' };
        const made = await asked(fresh, (to) =>
          providerOf('sinch').send(to, { id: '1', to: { address: PHONE }, text: 'Hi' }, PATIENCE),
        );
        expect(made).deep.equal(['POST /oauth2/token', `POST /v1/projects/${SINCH_ACCOUNT.accountSid}/messages:send`]);
      });
      // Not described: templates, which another API keeps (Provisioning).
    });

    describe('meta', () => {
      it('lists templates', async () => {
        const business = { ...META_ACCOUNT, accountSid: '104416859277001' };
        const made = await asked(business, (to) => providerOf('meta').templates(to));
        expect(made).deep.equal(['GET /v25.0/104416859277001/message_templates']);
      });

      it('asks where a file is', async () => {
        const made = await asked(META_ACCOUNT, (to) => providerOf('meta').media.locate(to, '7730041188215566'));
        expect(made).deep.equal(['GET /v25.0/7730041188215566']);
      });
      // Not described: which business account a number belongs to (`GET /<phone number id>?fields=whatsapp_business_account`).
    });
  },
);
