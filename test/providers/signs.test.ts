import { parse as parseForm } from 'node:querystring';
import { expect } from 'chai';
import { providerOf } from '../../providers/index.ts';
import type { ProviderAccount, Sign } from '../../providers/provider.ts';
import { json, META_ACCOUNT, SINCH_ACCOUNT, startServer, TWILIO_ACCOUNT } from './support.ts';

const SID = 'SM00000000000000000000000000000301';

/** Shows a sign and gives the calls that it made, or why it was not taken. */
async function show(account: ProviderAccount, sign: Sign['sign'], status = 200) {
  const server = await startServer(({ path }, response) =>
    path === '/oauth2/token'
      ? json(response, 200, { access_token: 'fictional-bearer', expires_in: 9 })
      : json(response, status, { success: true }),
  );
  try {
    const about: Sign = { sign, messageId: SID, to: { address: '+12025550142' } };
    await providerOf(account.provider).showSign!({ ...account, baseUrl: server.url }, about);
    return server.seen.filter(({ path }) => path !== '/oauth2/token');
  } finally {
    await server.stop();
  }
}

describe('providers: read receipts and typing', () => {
  it('Twilio has typing, which reads as well', async () => {
    expect(await show(TWILIO_ACCOUNT, 'read')).to.deep.equal([]);
    const [call, ...more] = await show(TWILIO_ACCOUNT, 'typing');
    expect(more).to.deep.equal([]);
    expect(call).to.include({ method: 'POST', path: '/v2/Indicators/Typing.json' });
    expect({ ...parseForm(call!.body) }).to.deep.equal({ messageId: SID, channel: 'whatsapp' });
  });

  it('Sinch has typing only', async () => {
    expect(await show(SINCH_ACCOUNT, 'read')).to.deep.equal([]);
    const [call] = await show(SINCH_ACCOUNT, 'typing');
    expect(call).to.include({ method: 'POST', path: `/v1/projects/${SINCH_ACCOUNT.accountSid}/events:send` });
    expect(JSON.parse(call!.body)).to.deep.equal({
      app_id: SINCH_ACCOUNT.appId,
      recipient: { identified_by: { channel_identities: [{ channel: 'WHATSAPP', identity: '12025550142' }] } },
      event: { composing_event: {} },
    });
  });

  it('Meta has both in one call', async () => {
    const read = { messaging_product: 'whatsapp', status: 'read', message_id: SID };
    const [first] = await show(META_ACCOUNT, 'read');
    expect(first).to.include({ method: 'POST', path: `/v25.0/${META_ACCOUNT.appId}/messages` });
    expect(JSON.parse(first!.body)).to.deep.equal(read);
    const [second] = await show(META_ACCOUNT, 'typing');
    expect(JSON.parse(second!.body)).to.deep.equal({ ...read, typing_indicator: { type: 'text' } });
  });
});
