import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { ProviderError } from '../../providers/failure.ts';
import { isProblem, largestFile, sendable } from '../../providers/media-limits.ts';
import { meta } from '../../providers/meta/index.ts';
import type { OutboundMedia, OutboundMessage, ProviderAccount } from '../../providers/provider.ts';
import { sinch } from '../../providers/sinch/index.ts';
import { twilio } from '../../providers/twilio/index.ts';
import { listen, type TestServer } from '../server/support.ts';
import { PDF, PNG } from '../support/pictures.ts';

const account = (more: Partial<ProviderAccount>): ProviderAccount => ({
  ...{ provider: 'meta', phone: '+12025550100', appId: '106540352242922' },
  ...{ accountSid: 'AC00000000000000000000000000000001', authToken: 'fictional-token' },
  ...more,
});
const outbound = (more: Partial<OutboundMedia> = {}): OutboundMedia => ({
  ...{ type: 'image', contentType: 'image/png', fileName: 'a "b".png', size: PNG.length },
  link: 'https://wa.example.com/whatsapp/media/t',
  open: async () => Readable.from([PNG]),
  ...more,
});
const message = (more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  ...{ id: 'm1', to: { address: '+12025550142' }, text: 'Look', media: outbound() },
  ...more,
});

describe('providers: who sees the credentials', () => {
  const sees = async (provider: typeof twilio, url: string, more: Partial<ProviderAccount> = {}) =>
    Object.keys(await provider.media.credentials(account({ provider: provider.name, ...more }), new URL(url)));

  it('only hosts of the provider, over https, and what the base URL names', async () => {
    expect(await sees(twilio, 'https://api.twilio.com/x')).to.deep.equal(['Authorization']);
    expect(await sees(meta, 'https://lookaside.fbsbx.com/x')).to.deep.equal(['Authorization']);
    expect(await sees(sinch, 'https://eu.conversation.api.sinch.com/x')).to.deep.equal(['Authorization']);
    for (const url of [
      'http://api.twilio.com/x',
      'https://api.twilio.com.evil.example/x',
      'https://eviltwilio.com/x',
      'https://api.twilio.com:8443/x',
      'https://user@api.twilio.com/x',
      'https://mms.twiliocdn.com/x',
    ])
      expect(await sees(twilio, url), url).to.deep.equal([]);
    expect(await sees(meta, 'https://facebook.com.evil.example/')).to.deep.equal([]);
    expect(await sees(sinch, 'https://storage.example.com/abc.jpg')).to.deep.equal([]);
    const baseUrl = 'http://127.0.0.1:1881';
    expect(await sees(twilio, 'http://127.0.0.1:1881/x', { baseUrl })).to.deep.equal(['Authorization']);
    expect(await sees(twilio, 'http://127.0.0.1:1882/x', { baseUrl })).to.deep.equal([]);
  });

  it('what Twilio lists under its own host is asked of the base URL', async () => {
    const source = 'https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1?x=1';
    const at = await twilio.media.locate(account({ baseUrl: 'http://127.0.0.1:1881/' }), source);
    expect(at.url).to.equal('http://127.0.0.1:1881/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1?x=1');
    expect((await twilio.media.locate(account({}), source)).url).to.equal(source);
  });
});

describe('providers: what files they send', () => {
  const kinds = (provider: 'twilio' | 'sinch' | 'meta', contentType: string, size = 1000) => {
    const found = sendable(provider, { contentType, size });
    return isProblem(found) ? found.code : `${found.kind}${found.caption ? ' with caption' : ''}`;
  };

  it('by type and size, in plain words', () => {
    expect(kinds('twilio', 'image/jpeg')).to.equal('image with caption');
    expect(kinds('twilio', 'application/pdf')).to.equal('document');
    expect(kinds('twilio', 'image/gif')).to.equal('media_type');
    expect(kinds('meta', 'audio/ogg; codecs=opus')).to.equal('audio');
    expect(kinds('meta', 'application/zip')).to.equal('media_type');
    expect(kinds('sinch', 'application/zip')).to.equal('document');
    expect(kinds('meta', 'image/png', 5 * 1024 * 1024 + 1)).to.equal('media_size');
    expect(kinds('meta', 'application/pdf', 99 * 1024 * 1024)).to.equal('document with caption');
    expect(kinds('meta', 'image/webp', 600 * 1024)).to.equal('media_size');
    expect(kinds('meta', 'image/png', 0)).to.equal('media_empty');
    expect(sendable('twilio', { contentType: 'video/mp4', size: 17 * 1024 * 1024 })).to.deep.equal({
      code: 'media_size',
      message: 'Twilio sends a video of at most 16 MB; this file is larger.',
    });
    expect(largestFile('twilio')).to.equal(16 * 1024 * 1024);
  });
});

describe('providers: sending files', () => {
  let server: TestServer;
  let asked: { path: string; headers: Record<string, unknown>; body: Buffer }[];
  let answers: { status: number; body: object }[];
  beforeEach(async () => {
    asked = [];
    answers = [];
    server = await listen(async (req, res) => {
      asked.push({ path: req.url ?? '', headers: req.headers, body: await buffer(req) });
      const { status, body } = answers.shift() ?? { status: 500, body: {} };
      res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  afterEach(() => server.close());

  it('meta: uploads the bytes, then sends the id with caption and name', async () => {
    answers = [
      { status: 200, body: { id: '4711' } },
      { status: 200, body: { messages: [{ id: 'wamid.1' }] } },
    ];
    const result = await meta.send(account({ baseUrl: server.url }), message());
    expect(result).to.deep.equal({ outcome: 'sent', providerId: 'wamid.1', status: 'queued' });
    const [upload, send] = asked;
    expect(upload!.path).to.equal('/v25.0/106540352242922/media');
    expect(upload!.headers.authorization).to.equal('Bearer fictional-token');
    const form = await new Response(new Uint8Array(upload!.body), {
      headers: { 'content-type': String(upload!.headers['content-type']) },
    }).formData();
    expect(form.get('messaging_product')).to.equal('whatsapp');
    const file = form.get('file') as File;
    expect([file.name, file.type, file.size]).to.deep.equal(['a "b".png', 'image/png', PNG.length]);
    expect(JSON.parse(String(send!.body))).to.deep.include({ type: 'image', image: { id: '4711', caption: 'Look' } });
  });

  it('meta: documents keep their name, sounds have no caption', async () => {
    const ok = () => [
      { status: 200, body: { id: '4711' } },
      { status: 200, body: { messages: [{ id: 'wamid.1' }] } },
    ];
    answers = [...ok(), ...ok()];
    const pdf = outbound({ type: 'document', contentType: 'application/pdf', fileName: 'x.pdf', size: PDF.length });
    const open = async () => Readable.from([PDF]);
    await meta.send(account({ baseUrl: server.url }), message({ media: { ...pdf, open } }));
    expect(JSON.parse(String(asked[1]!.body)).document).to.deep.equal({
      id: '4711',
      caption: 'Look',
      filename: 'x.pdf',
    });
    await meta.send(account({ baseUrl: server.url }), message({ text: '', media: outbound({ type: 'audio' }) }));
    expect(JSON.parse(String(asked[3]!.body)).audio).to.deep.equal({ id: '4711' });
  });

  it('meta: an upload that fails was no message; what may pass is tried again', async () => {
    answers = [{ status: 503, body: {} }];
    expect(await meta.send(account({ baseUrl: server.url }), message())).to.deep.include({
      outcome: 'rejected',
      reason: 'temporary',
      retry: true,
    });
    answers = [{ status: 400, body: { error: { code: 100, message: 'file type for fictional-token' } } }];
    const refused = await meta.send(account({ baseUrl: server.url }), message());
    expect(refused).to.deep.include({ outcome: 'rejected', reason: 'content_rejected', retry: false });
    expect(JSON.stringify(refused)).to.not.contain('fictional-token');
    expect(asked).to.have.length(2);
    const broken = outbound({
      open: async () => {
        throw new Error('gone');
      },
    });
    expect(await meta.send(account({ baseUrl: server.url }), message({ media: broken }))).to.deep.include({
      code: 'file_lost',
      retry: false,
    });
  });

  it('meta: an id leads to an address and its hash, or to why not', async () => {
    const at = account({ baseUrl: server.url });
    const sha256 = 'AB'.repeat(32);
    const url = 'https://lookaside.fbsbx.com/x';
    answers = [{ status: 200, body: { url, sha256, mime_type: 'image/png', file_size: 70 } }];
    expect(await meta.media.locate(at, '4711')).to.deep.equal({
      ...{ url, sha256: sha256.toLowerCase(), contentType: 'image/png', size: 70 },
    });
    expect(asked[0]!.path).to.equal('/v25.0/4711?phone_number_id=106540352242922');
    const failure = async (source: string) =>
      meta.media.locate(at, source).then(
        () => 'found',
        (error: unknown) => (error instanceof ProviderError ? `${error.code} ${error.reason}` : String(error)),
      );
    answers = [{ status: 500, body: {} }];
    expect(await failure('4711')).to.equal('http_500 temporary');
    expect(await failure('../../me')).to.equal('source_invalid media');
  });

  it('twilio: gives the address, the caption only where there is one', async () => {
    const sent = { status: 201, body: { sid: 'MM00000000000000000000000000000001', status: 'queued' } };
    answers = [sent, sent];
    const at = account({ provider: 'twilio', baseUrl: server.url });
    await twilio.send(at, message());
    const form = new URLSearchParams(String(asked[0]!.body));
    expect([form.getAll('MediaUrl'), form.get('Body')]).to.deep.equal([[outbound().link], 'Look']);
    await twilio.send(at, message({ text: '', media: outbound({ type: 'audio' }) }));
    expect(new URLSearchParams(String(asked[1]!.body)).has('Body')).to.equal(false);
  });

  it('sinch: gives the address and the name', async () => {
    answers = [{ status: 200, body: { message_id: '01ABC' } }];
    await sinch.send(account({ provider: 'sinch', baseUrl: server.url }), message({ text: '' }));
    expect(JSON.parse(String(asked[0]!.body)).message).to.deep.equal({
      media_message: { url: outbound().link, filename_override: 'a "b".png' },
    });
  });

  it('twilio and sinch cannot fetch from a server without an address', async () => {
    for (const provider of [twilio, sinch]) {
      const at = account({ provider: provider.name, baseUrl: server.url });
      const result = await provider.send(at, message({ media: outbound({ link: '' }) }));
      expect(result).to.deep.include({ outcome: 'rejected', code: 'domain_missing', retry: false });
    }
    expect(asked).to.deep.equal([]);
  });
});
