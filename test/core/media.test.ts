import { expect } from 'chai';
import type { StoredFile } from '../../core/media/content.ts';
import type { Handover } from '../../core/views.ts';
import { Centre, refusal } from './support.ts';

const HASH = 'a'.repeat(64);
const file: StoredFile = { hash: HASH, size: 5, contentType: 'image/jpeg', fileName: 'x.jpg' };

describe('files of messages', () => {
  let centre: Centre;
  let n = 0;
  beforeEach(async () => {
    centre = await Centre.open();
  });
  afterEach(() => centre.host.close());

  /** A customer sends a file. */
  const picture = async (from = '+12025550199'): Promise<Handover> => {
    const before = centre.handovers.length;
    const media = [{ source: 'https://api.twilio.com/secret/ME1', contentType: 'image/jpeg' }];
    await centre.host.run('ingest', {
      account: centre.id,
      events: [
        { kind: 'message', id: `MM${++n}`, peer: { address: from, phone: from }, type: 'image', text: '', media },
      ],
    });
    return centre.handovers[before]!;
  };
  const claim = async () => (await centre.host.run('claimMedia', { account: centre.id, limit: 10 })).jobs;
  const finish = (message: string, result: Parameters<typeof centre.host.run<'finishMedia'>>[1]['result']) =>
    centre.host.run('finishMedia', { message, index: 0, result });
  const keep = (hash = HASH) => centre.host.run('noteFile', { hash, size: 5 });
  const media = async (message: string) => (await centre.host.run('message', { message })).media[0];
  const files = () =>
    centre.rows<{ hash: string; unused_since: number | null }>('select * from media_file order by hash');

  it('a text costs nothing more than before', async () => {
    await centre.inbound();
    expect(centre.effects.some(({ kind }) => kind === 'media')).to.equal(false);
    expect(await centre.rows('select * from media')).to.deep.equal([]);
  });

  it('come in as jobs, are fetched once, and say so', async () => {
    await centre.agent('anna');
    const { message } = await picture();
    expect(message.media).to.deep.equal([
      { url: `/whatsapp/api/media/${message.id}/0`, contentType: 'image/jpeg', state: 'waiting' },
    ]);
    expect(centre.effects.filter(({ kind }) => kind === 'media')).to.have.length(1);
    const jobs = await claim();
    expect(jobs).to.deep.equal([
      {
        message: message.id,
        index: 0,
        account: centre.id,
        source: 'https://api.twilio.com/secret/ME1',
        contentType: 'image/jpeg',
        attempts: 1,
      },
    ]);
    // Somebody has it.
    expect(await claim()).to.deep.equal([]);
    await keep();
    centre.effects.length = 0;
    expect(await finish(message.id, { file })).to.deep.equal({ state: 'ready' });
    expect(await media(message.id)).to.deep.equal({
      url: `/whatsapp/api/media/${message.id}/0`,
      contentType: 'image/jpeg',
      fileName: 'x.jpg',
      size: 5,
      state: 'ready',
    });
    const told = centre.effects.flatMap((e) =>
      e.kind === 'publish' && e.event === 'message' ? [JSON.parse(e.json)] : [],
    );
    expect(told.map((m) => [m.id, m.version, m.media[0].state])).to.deep.equal([[message.id, 2, 'ready']]);
    expect(JSON.stringify(told)).to.not.contain('secret').and.not.contain(HASH);
    expect((await files()).map((f) => f.unused_since)).to.deep.equal([null]);
  });

  it('are tried again later and later, then shown as failed, and can be asked for again', async () => {
    await centre.agent('anna');
    const { message } = await picture();
    const waits: number[] = [];
    for (;;) {
      const [job] = await claim();
      expect(job).to.not.equal(undefined);
      const { state } = await finish(message.id, { code: 'http_404', retry: true });
      if (state === 'failed') break;
      const { next } = await centre.host.run('claimMedia', { account: centre.id, limit: 1 });
      const wait = (next! - centre.clock.now()) / 1000;
      waits.push(wait);
      await centre.advance(wait);
    }
    expect(waits).to.deep.equal([1, 3, 10, 60, 300, 1800, 7200, 14_400]);
    expect(await media(message.id)).to.include({ state: 'failed', error: 'http_404' });
    const again = await centre.host.run('retryMedia', { message: message.id, index: 0, username: 'anna' });
    expect(again.message.media[0]).to.include({ state: 'waiting' }).and.not.have.property('error');
    expect(await claim()).to.have.length(1);
    await finish(message.id, { code: 'address_refused', retry: false });
    expect(await media(message.id)).to.include({ state: 'failed', error: 'address_refused' });
    expect(await refusal(centre.host.run('retryMedia', { message: message.id, index: 1, username: 'anna' }))).to.equal(
      'not_found',
    );
  });

  it('what a process had under way when it ended is begun again', async () => {
    const { message } = await picture();
    expect(await claim()).to.have.length(1);
    centre.effects.length = 0;
    await centre.host.run('resume', { attempts: true });
    expect(centre.effects.some((e) => e.kind === 'media' && e.account === centre.id)).to.equal(true);
    expect(await claim()).to.deep.equal([]);
    await centre.advance(601);
    expect((await claim()).map((j) => j.message)).to.deep.equal([message.id]);
  });

  it('are for who sees the conversation', async () => {
    await centre.agent('anna');
    await centre.agent('ben');
    await centre.agent('sue', 3, 'supervisor');
    const { message, context } = await picture();
    await keep();
    await claim();
    await finish(message.id, { file });
    await centre.host.run('take', { interaction: context.interaction.id, username: 'anna' });
    const ask = (username: string, index = 0) => centre.host.run('mediaFile', { message: message.id, index, username });
    expect(await ask('anna')).to.deep.equal({ state: 'ready', ...file });
    expect(await ask('sue')).to.include({ state: 'ready' });
    expect(await refusal(ask('ben'))).to.equal('forbidden');
    expect(await refusal(ask('anna', 1))).to.equal('not_found');
    expect(await refusal(centre.host.run('mediaFile', { message: 'none', index: 0, username: 'anna' }))).to.equal(
      'not_found',
    );
    expect(await refusal(centre.host.run('retryMedia', { message: message.id, index: 0, username: 'ben' }))).to.equal(
      'forbidden',
    );
  });

  it('a content is kept once, and goes with the last message that has it', async () => {
    await centre.agent('anna');
    const handovers = [await picture('+12025550191'), await picture('+12025550192')];
    await keep();
    await claim();
    for (const { message } of handovers) await finish(message.id, { file });
    expect(await files()).to.have.length(1);
    const contactOf = (h: Handover) => h.context.contact.id;
    const erase = (h: Handover) =>
      centre.host.run('eraseContact', { contact: contactOf(h), username: 'anna', budget: 1000 });
    expect(await erase(handovers[0]!)).to.deep.equal({ done: true });
    await centre.advance(301);
    expect(await centre.host.run('unusedFiles', { limit: 10 })).to.deep.equal({ hashes: [] });
    expect((await files())[0]!.unused_since).to.equal(null);
    await erase(handovers[1]!);
    expect(await centre.rows('select * from media')).to.deep.equal([]);
    expect(await centre.host.run('unusedFiles', { limit: 10 })).to.deep.equal({ hashes: [] });
    await centre.advance(301);
    expect(await centre.host.run('unusedFiles', { limit: 10 })).to.deep.equal({ hashes: [HASH] });
    // While it is being removed, the same content cannot be kept, and no message gets it.
    expect(await refusal(keep())).to.equal('media_busy');
    const third = await picture('+12025550193');
    await claim();
    expect(await finish(third.message.id, { file })).to.deep.equal({ state: 'waiting' });
    await centre.host.run('dropFiles', { hashes: [HASH] });
    expect(await files()).to.deep.equal([]);
    await keep();
    await centre.advance(2);
    await claim();
    expect(await finish(third.message.id, { file })).to.deep.equal({ state: 'ready' });
  });

  it('what nobody sent after all goes', async () => {
    await keep();
    await centre.advance(301);
    expect(await centre.host.run('unusedFiles', { limit: 10 })).to.deep.equal({ hashes: [HASH] });
  });

  it('follow a conversation that is merged into another', async () => {
    const first = await picture('+12025550194');
    const user = 'US.13491208655302741918';
    await centre.host.run('ingest', {
      account: centre.id,
      events: [{ kind: 'message', id: 'SMu', peer: { address: user, userId: user }, type: 'text', text: 'x' }],
    });
    await keep();
    await claim();
    await finish(first.message.id, { file });
    await centre.inbound('+12025550194', 'both', { userId: user });
    await centre.agent('anna');
    const { media: shown } = await centre.host.run('message', { message: first.message.id });
    expect(shown[0]).to.include({ state: 'ready' });
    expect(await centre.host.run('mediaFile', { message: first.message.id, index: 0, username: 'anna' })).to.include({
      hash: HASH,
    });
  });

  it('go out with a caption, once for a key, and only by who may answer', async () => {
    await centre.agent('anna');
    await centre.agent('ben');
    const { context } = await centre.inbound();
    const interaction = context.interaction.id;
    await centre.host.run('take', { interaction, username: 'anna' });
    expect(await centre.host.run('mayAttach', { interaction, username: 'anna' })).to.deep.equal({
      provider: 'twilio',
      message: null,
    });
    expect(await refusal(centre.host.run('mayAttach', { interaction, username: 'ben' }))).to.equal('forbidden');
    const send = (more: object = {}) =>
      centre.host.run('sendFile', {
        ...{ interaction, username: 'anna', text: 'Look', type: 'image' as const, file, idempotencyKey: 'k1' },
        ...more,
      });
    expect(await refusal(send())).to.equal('media_busy');
    await keep();
    const { message } = await send();
    expect(message).to.include({ direction: 'out', type: 'image', text: 'Look', status: 'queued' });
    expect(message.media[0]).to.include({ state: 'ready', fileName: 'x.jpg', size: 5 });
    expect((await send()).message.id).to.equal(message.id);
    const early = await centre.host.run('mayAttach', { interaction, username: 'anna', idempotencyKey: 'k1' });
    expect(early.message?.id).to.equal(message.id);
    const [job] = await centre.host.run('claimOutgoing', { accounts: [centre.id], limit: 9 });
    expect(job).to.deep.include({ message: message.id, type: 'image', text: 'Look' });
    expect(job!.content!.media).to.deep.equal([{ ...file, state: 'ready' }]);
    // What cannot be a caption follows by itself.
    const apart = await send({ text: '', textAfter: 'and this', type: 'audio', idempotencyKey: 'k2' });
    const { messages } = await centre.host.run('messages', { interaction, username: 'anna' });
    expect(messages.slice(-2).map((m) => [m.id === apart.message.id, m.type, m.text])).to.deep.equal([
      [true, 'audio', ''],
      [false, 'text', 'and this'],
    ]);
    await centre.advance(24 * 3600 + 1);
    expect(await refusal(centre.host.run('mayAttach', { interaction, username: 'anna' }))).to.equal('window_closed');
  });

  it('one secret signs for all', async () => {
    expect(await centre.host.run('mediaSecret', { proposed: 'one' })).to.equal('one');
    expect(await centre.host.run('mediaSecret', { proposed: 'two' })).to.equal('one');
  });
});
