/** Files in and out over a real Node-RED, at each provider. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import { JPEG, OGG, PDF, PNG } from '../support/pictures.ts';
import { unzip } from '../support/zip.ts';
import type { Desk } from './support/desk.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, eventually, Office } from './support/office.ts';

const PHONES = { twilio: '+12025550100', sinch: '+12025550101', meta: '+12025550103' } as const;
const PROVIDERS = ['twilio', 'sinch', 'meta'] as const;
const FROM = { twilio: '+12025550142', sinch: '+12025550143', meta: '+12025550147' } as const;

/** Whoever writes waits in a queue; a text that begins with "send" is answered with the file whose address follows. */
function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account-twilio', key: 'TWI', phone: PHONES.twilio }),
    account({ id: 'account-sinch', key: 'SIN', phone: PHONES.sinch, provider: 'sinch' }),
    account({ id: 'account-meta', key: 'META', phone: PHONES.meta, provider: 'meta' }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'in', place(), [['probe-in'], []], { account: '' }),
    probe('in', place(), [['route', 'which']]),
    node('switch', 'which', place(), [['send']], {
      property: 'payload',
      propertyType: 'msg',
      rules: [{ t: 'regex', v: '^send ', vt: 'str', case: false }],
      outputs: 1,
    }),
    node('wa-send', 'send', place(), [['probe-sent']], {
      mode: 'media',
      mediaUrl: '{{{whatsapp.message.media.0.url}}}',
      text: 'Back to you',
    }),
    probe('sent', place()),
    node('wa-route', 'route', place(), [[], ['step']]),
    node('wa-queue', 'step', place(), [[], []], { queue: 'everybody', queueType: 'queue', timeout: 0 }),
  ];
}

describe('files', function () {
  this.timeout(60_000);
  let office: Office;
  let anna: Desk;
  let ben: Desk;

  before(async () => {
    office = await Office.open({
      flows: flows(),
      agents: [{ username: 'anna', capacity: 20 }, { username: 'ben' }, { username: 'root', role: 'admin' }],
    });
    anna = await (await office.desk('anna')).connect();
    ben = await office.desk('ben');
  });
  after(async () => {
    await office?.close();
  });

  const api = (desk: Desk, path: string, init: RequestInit = {}) =>
    fetch(`${office.red.url}${path}`, { ...init, headers: { ...desk.headers, ...init.headers } });
  const upload = (desk: Desk, interaction: string, form: FormData, headers: Record<string, string> = {}) =>
    api(desk, `/whatsapp/api/interactions/${interaction}/messages`, { method: 'POST', body: form, headers });
  const formOf = (bytes: Buffer, type: string, name: string, text?: string): FormData => {
    const form = new FormData();
    if (text !== undefined) form.set('text', text);
    form.set('file', new Blob([new Uint8Array(bytes)], { type }), name);
    return form;
  };
  const kept = (): string[] => {
    const media = join(office.userDir, 'whatsapp-connector', 'media');
    return readdirSync(media, { recursive: true, encoding: 'utf8' }).filter((name) => /[0-9a-f]{64}$/.test(name));
  };
  const conversations = new Map<string, string>();

  for (const provider of PROVIDERS) {
    it(`${provider}: a picture is fetched, shown to its agent in whole and in part, and to nobody else`, async () => {
      const from = FROM[provider];
      const bytes = Buffer.concat([JPEG, Buffer.from(provider)]);
      await office.simulator.inbound({
        account: PHONES[provider],
        from,
        name: 'Zoe',
        text: 'Look',
        media: { contentType: 'image/jpeg', bytes, fileName: 'beach.jpg' },
      });
      const offer = await anna.offerOf(from);
      const { interaction } = await anna.ok('POST', `/offers/${offer.id}/accept`);
      conversations.set(provider, interaction.id);
      const message = await eventually(async () => {
        const { messages } = await anna.ok('GET', `/interactions/${interaction.id}/messages`);
        expect(messages[0].media[0].state).to.equal('ready');
        return messages[0];
      });
      expect(message).to.include({ type: provider === 'sinch' ? 'image' : 'image', text: 'Look' });
      expect(message.media[0]).to.include({ contentType: 'image/jpeg', size: bytes.length });
      expect(JSON.stringify(message)).to.not.contain(office.simulator.url);
      // The desk heard of it without asking.
      await anna.until('message', (m) => m.id === message.id && m.media[0].state === 'ready');

      const { url } = message.media[0];
      const whole = await api(anna, url);
      expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).to.equal(true);
      expect(Object.fromEntries(whole.headers)).to.include({
        'content-type': 'image/jpeg',
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache',
      });
      expect(whole.headers.get('content-security-policy')).to.contain('sandbox');
      expect(whole.headers.get('content-disposition')).to.match(/^inline/);
      const part = await api(anna, url, { headers: { Range: 'bytes=2-5' } });
      expect(part.status).to.equal(206);
      expect(part.headers.get('content-range')).to.equal(`bytes 2-5/${bytes.length}`);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(2, 6))).to.equal(true);
      const head = await api(anna, url, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, String(bytes.length)]);
      const known = await api(anna, url, { headers: { 'If-None-Match': whole.headers.get('etag') ?? '' } });
      expect(known.status).to.equal(304);
      expect((await api(anna, url, { headers: { Range: 'bytes=9999999-' } })).status).to.equal(416);
      // Nobody else: without a session, and an agent who may not see it.
      expect((await fetch(office.red.url + url)).status).to.equal(401);
      expect((await api(ben, url)).status).to.equal(403);
      for (const path of ['/0/../0', '/-1', '/99', '/x', '/0%2f..%2f..'])
        expect((await api(anna, url.replace(/\/0$/, path))).status, path).to.be.oneOf([403, 404, 200]);
      expect((await api(anna, url.replace(/\/0$/, '/1'))).status).to.equal(404);
    });

    it(`${provider}: a file from the desk reaches the phone, with its caption, once`, async () => {
      const interaction = conversations.get(provider)!;
      const key = { 'idempotency-key': `${provider}-file` };
      const form = () => formOf(PNG, 'image/png', 'plan "B".png', 'The plan');
      const [first, second] = [
        await upload(anna, interaction, form(), key),
        await upload(anna, interaction, form(), key),
      ];
      expect([first.status, second.status]).to.deep.equal([202, 202]);
      const { message } = (await first.json()) as { message: { id: string; type: string; media: object[] } };
      expect(((await second.json()) as { message: { id: string } }).message.id).to.equal(message.id);
      expect(message.type).to.equal('image');
      const send = await office.simulator.waitForSend({ account: PHONES[provider], to: FROM[provider] });
      await anna.until('message-status', (m) => m.id === message.id && m.status === 'delivered');
      const shown = office.simulator.simulation.world.message(send.id)!;
      expect(shown.media).to.have.length(1);
      const arrived = office.simulator.simulation.world.media(shown.media[0]!.id)!;
      expect(arrived.bytes.equals(PNG)).to.equal(true);
      expect(arrived.contentType).to.equal('image/png');
      if (provider === 'sinch') {
        // It takes no caption: the text follows by itself.
        const text = await office.simulator.waitForSend({ account: PHONES.sinch, to: FROM.sinch });
        expect([send.text, text.text]).to.deep.equal(['', 'The plan']);
      } else expect(send.text).to.equal('The plan');
      expect(office.simulator.sends({ account: PHONES[provider], to: FROM[provider] })).to.have.length(
        provider === 'sinch' ? 2 : 1,
      );
    });

    it(`${provider}: a flow passes on what the customer sent`, async () => {
      await office.simulator.inbound({
        account: PHONES[provider],
        from: FROM[provider],
        text: 'send it back',
        media: { contentType: 'application/pdf', bytes: PDF, fileName: 'offer.pdf' },
      });
      // The file may still be on its way when the flow asks for it.
      const send = await office.simulator.waitForSend({ account: PHONES[provider], to: FROM[provider] });
      await office.simulator.settled();
      const shown = office.simulator.simulation.world.message(send.id)!;
      const arrived = office.simulator.simulation.world.media(shown.media[0]!.id)!;
      expect(arrived.bytes.equals(PDF)).to.equal(true);
      expect(arrived.contentType).to.equal('application/pdf');
    });
  }

  it('what a provider does not send is refused in plain words, before anything is sent', async () => {
    const before = office.simulator.sends().length;
    const refusal = async (provider: 'twilio' | 'meta', form: FormData) => {
      const answer = await upload(anna, conversations.get(provider)!, form);
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      return `${answer.status} ${error.code} ${error.message}`;
    };
    const page = Buffer.from('<html><script>alert(1)</script>');
    expect(await refusal('meta', formOf(page, 'image/png', 'photo.png'))).to.match(
      /^422 media_type Meta does not send/,
    );
    expect(await refusal('twilio', formOf(Buffer.alloc(0), 'image/png', 'x.png'))).to.match(/^422 media_empty/);
    const large = Buffer.concat([JPEG, randomBytes(5 * 1024 * 1024)]);
    expect(await refusal('meta', formOf(large, 'image/jpeg', 'x.jpg'))).to.match(/^422 media_size .*at most 5 MB/);
    const form = formOf(PNG, 'image/png', 'x.png');
    form.set('to', '+12025550199');
    expect(await refusal('meta', form)).to.match(/^400 invalid_body .*"to" is unknown/);
    const twice = formOf(PNG, 'image/png', 'x.png');
    twice.append('file', new Blob([new Uint8Array(PNG)]), 'y.png');
    expect(await refusal('meta', twice)).to.match(/^400 invalid_body .*"file" must be given once/);
    const none = new FormData();
    none.set('text', 'only');
    expect(await refusal('meta', none)).to.match(/^400 invalid_body .*"file" is missing/);
    const huge = formOf(randomBytes(17 * 1024 * 1024), 'application/pdf', 'x.pdf');
    expect(await refusal('twilio', huge)).to.match(/^413 too_large/);
    // Who may not answer does not get to store anything.
    expect((await upload(ben, conversations.get('meta')!, formOf(PNG, 'image/png', 'x.png'))).status).to.equal(403);
    expect(office.simulator.sends()).to.have.length(before);
  });

  it('an upload that is broken off leaves nothing behind', async () => {
    const interaction = conversations.get('meta')!;
    const before = office.simulator.sends().length;
    const files = kept().length;
    const incoming = join(office.userDir, 'whatsapp-connector', 'media', 'incoming');
    const gone = new Promise<void>((resolve) => {
      const request = http.request(`${office.red.url}/whatsapp/api/interactions/${interaction}/messages`, {
        method: 'POST',
        headers: {
          ...anna.headers,
          'Content-Type': 'multipart/form-data; boundary=x',
          'Content-Length': '1000000',
        },
      });
      request.on('error', () => resolve());
      const head = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png';
      request.write(`--x\r\n${head}\r\n\r\n`);
      request.write(PNG);
      // When its beginning is on the disk.
      eventually(() => expect(readdirSync(incoming)).to.have.length(1)).finally(() => request.destroy());
    });
    await gone;
    await eventually(() => expect(readdirSync(incoming)).to.deep.equal([]));
    expect([office.simulator.sends().length, kept().length]).to.deep.equal([before, files]);
  });

  it('the public address is signed, and nothing else opens it', async () => {
    const interaction = conversations.get('twilio')!;
    office.simulator.calm();
    await upload(anna, interaction, formOf(OGG, 'audio/ogg', 'voice.ogg'));
    const send = await office.simulator.waitForSend({ account: PHONES.twilio, to: FROM.twilio });
    const link = String(send.request.MediaUrl);
    expect(link).to.match(/^http:\/\/127\.0\.0\.1:\d+\/whatsapp\/media\/[\w.-]{60,}$/);
    const given = await fetch(link);
    expect([given.status, given.headers.get('content-type')]).to.deep.equal([200, 'audio/ogg']);
    expect(given.headers.get('content-disposition')).to.contain('voice.ogg');
    expect(Buffer.from(await given.arrayBuffer()).equals(OGG)).to.equal(true);
    const other = link.at(-1) === 'A' ? 'B' : 'A';
    for (const bad of [
      link.slice(0, -1) + other,
      link.replace(/\.0(\.\w+\.[\w-]+)$/, '.1$1'),
      `${link}/..`,
      link.slice(0, -20),
    ])
      expect((await fetch(bad)).status, bad).to.equal(404);
    expect((await fetch(link, { method: 'POST' })).status).to.equal(405);
  });

  it('names that would lead elsewhere, and pages that pretend to be pictures, do no harm', async () => {
    const from = '+12025550161';
    const page = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    await office.simulator.inbound({
      account: PHONES.meta,
      from,
      media: { contentType: 'application/pdf', bytes: page, fileName: '../../"<img src=x>.html' },
    });
    const offer = await anna.offerOf(from);
    const { interaction } = await anna.ok('POST', `/offers/${offer.id}/accept`);
    const { media } = await eventually(async () => {
      const { messages } = await anna.ok('GET', `/interactions/${interaction.id}/messages`);
      expect(messages[0].media[0].state).to.equal('ready');
      return messages[0];
    });
    expect(media[0]).to.include({ contentType: 'application/octet-stream' });
    expect(media[0].fileName).to.not.match(/[/\\<>"]/);
    const given = await api(anna, media[0].url);
    expect(given.headers.get('content-disposition')).to.match(/^attachment; filename="[^"/\\]+"; filename\*=/);
    expect(given.headers.get('content-type')).to.equal('application/octet-stream');
    const archive = await api(anna, `/whatsapp/api/interactions/${interaction.id}/transcript.zip?tz=UTC`);
    const files = unzip(Buffer.from(await archive.arrayBuffer()));
    const names = [...files.keys()].filter((name) => /^media\/./.test(name));
    expect(names).to.have.length(1);
    expect(names[0]).to.match(/^media\/0001-0-[^/\\]+$/);
    expect(files.get(names[0]!)!.equals(page)).to.equal(true);
    expect(String(files.get('transcript.html'))).to.not.contain('<img');

    // All that is held about the person, and nothing after the person is erased.
    const root = await office.desk('root');
    const contact = `/contacts/${interaction.contact.id}`;
    const held = await api(root, `/whatsapp/api${contact}/export.zip`);
    const person = unzip(Buffer.from(await held.arrayBuffer()));
    const file = [...person.keys()].filter((name) => /^media\/./.test(name) && person.get(name)!.length > 0);
    expect(file).to.have.length(1);
    expect(person.get(file[0]!)!.equals(page)).to.equal(true);
    await root.ok('DELETE', contact);
    expect((await api(anna, media[0].url)).status).to.equal(404);
  });

  it('a file that cannot be had loses nothing: it shows, and comes when asked for again', async () => {
    const from = '+12025550162';
    const { world } = office.simulator.simulation;
    const written = await office.simulator.inbound({
      account: PHONES.meta,
      from,
      text: 'Important',
      // An address that leads into a private network.
      content: { type: 'image', image: { id: 'no-such-id', mime_type: 'image/jpeg', caption: 'Important' } },
    });
    expect(written.status).to.equal(200);
    const offer = await anna.offerOf(from);
    const { interaction } = await anna.ok('POST', `/offers/${offer.id}/accept`);
    const message = await eventually(async () => {
      const { messages } = await anna.ok('GET', `/interactions/${interaction.id}/messages`);
      expect(messages[0].media[0].state).to.equal('failed');
      return messages[0];
    });
    expect(message).to.include({ text: 'Important', type: 'image' });
    expect((await api(anna, message.media[0].url)).status).to.equal(409);
    expect(world.log.length).to.be.greaterThan(0);
    const again = await anna.ok('POST', `/media/${message.id}/0/retry`);
    expect(again.message.media[0].state).to.equal('waiting');
    await eventually(async () => {
      const { messages } = await anna.ok('GET', `/interactions/${interaction.id}/messages`);
      expect(messages[0].media[0].state).to.equal('failed');
    });
  });

  it('what was being fetched when the process was killed is fetched after its start', async () => {
    const from = '+12025550163';
    const id = '4711471147114711';
    const image = { id, mime_type: 'image/png' };
    await office.simulator.inbound({ account: PHONES.meta, from, content: { type: 'image', image } });
    const offer = await anna.offerOf(from);
    const { interaction } = await anna.ok('POST', `/offers/${offer.id}/accept`);
    const first = async () => (await anna.ok('GET', `/interactions/${interaction.id}/messages`)).messages[0];
    expect((await first()).media[0].state).to.equal('waiting');
    await office.red.kill9();
    office.simulator.simulation.world.addMedia(id, 'image/png', PNG);
    await office.start();
    await eventually(async () => expect((await first()).media[0]).to.include({ state: 'ready', size: PNG.length }));
  });

  it('each content is on the disk once, by its hash', () => {
    const names = kept().map((name) => name.slice(-64));
    expect(new Set(names).size).to.equal(names.length);
    expect(names).to.include(createHash('sha256').update(PDF).digest('hex'));
    expect(readdirSync(join(office.userDir, 'whatsapp-connector', 'media', 'incoming'))).to.deep.equal([]);
  });

  it('complains about nothing but what could not be fetched', () => {
    const rest = complaints(office.red.log()).filter((line) => !/could not be fetched/.test(line));
    expect(rest).to.deep.equal([]);
  });
});
