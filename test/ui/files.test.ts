import { expect } from 'chai';
import { type FileItem, kindOf, pendingFiles, problemOf, shortType } from '../../ui/desk/files.ts';
import { threadLines } from '../../ui/desk/thread.ts';
import { readCards } from '../../ui/desk/vcard.ts';
import { JPEG, PDF, PNG } from '../support/pictures.ts';
import { at, deskInBrowser } from './support/desk-page.ts';
import { message } from './support/fixtures.ts';

describe('files on the desk: what they are', () => {
  it('kinds, short types and limits', () => {
    expect(kindOf({ contentType: 'image/webp' }, 'sticker')).to.equal('sticker');
    expect(kindOf({ contentType: 'image/png' }, 'image')).to.equal('image');
    expect(kindOf({ contentType: 'application/octet-stream' }, 'image')).to.equal('document');
    expect(kindOf({ contentType: 'text/vcard' }, 'document')).to.equal('contact');
    expect(kindOf({}, '')).to.equal('document');
    expect(shortType({ fileName: 'a.docx', contentType: 'x/y' })).to.equal('DOCX');
    expect(shortType({ contentType: 'application/pdf' })).to.equal('PDF');
    expect(problemOf({ size: 0 })).to.equal('media_empty');
    expect(problemOf({ size: 101 * 1024 * 1024 })).to.equal('too_large');
    expect(problemOf({ size: 5 })).to.equal('');
  });

  it('reads contact cards, and what is none gives nobody', () => {
    const card = [
      'BEGIN:VCARD',
      'VERSION:3.0',
      'N:Ferri;Marta;;;',
      'FN:Marta Ferri\\, Dr.',
      'item1.TEL;waid=12025550142;type=CELL:+1 202-555-',
      ' 0142',
      'EMAIL;TYPE=WORK:marta@example.com',
      'END:VCARD',
      'BEGIN:VCARD',
      'N:Wilk;Tomasz;;;',
      'TEL:tel:+12025550143',
      'END:VCARD',
    ].join('\r\n');
    expect(readCards(card)).to.deep.equal([
      { name: 'Marta Ferri, Dr.', phones: ['+1 202-555-0142'], emails: ['marta@example.com'] },
      { name: 'Tomasz Wilk', phones: ['+12025550143'], emails: [] },
    ]);
    expect(readCards('<html>')).to.deep.equal([]);
    expect(readCards('BEGIN:VCARD\nEND:VCARD')).to.deep.equal([]);
  });

  it('reactions and quotes find what they mean by the ids of WhatsApp', () => {
    const lines = threadLines([
      message({ interactionId: 'i', id: 'm1', providerId: 'wamid.1', text: 'one' }),
      message({ interactionId: 'i', id: 'm2', type: 'reaction', text: '👍', reaction: { to: 'wamid.1', emoji: '👍' } }),
      message({ interactionId: 'i', id: 'm3', text: 'two', repliedTo: 'wamid.1' }),
    ]);
    const shown = lines.flatMap((line) => (line.kind === 'message' ? [line] : []));
    expect(shown.map(({ message: { id }, reactions, quoted }) => [id, reactions, quoted?.id])).to.deep.equal([
      ['m1', ['👍'], undefined],
      ['m3', [], 'm1'],
    ]);
  });

  it('a file that has arrived is not shown twice', () => {
    const item = {
      ...{ key: 'k', interactionId: 'i', file: { size: 5 } as File, text: '', preview: '', progress: 1 },
      ...{ at: '2026-11-24T10:00:00Z', state: 'sending' as const },
    } satisfies FileItem;
    const media = [{ url: '', size: 5, state: 'ready' as const }];
    const arrived = message({ interactionId: 'i', direction: 'out', author: 'me', media, at: '2026-11-24T10:00:01Z' });
    expect(pendingFiles([item], 'i', [], 'me')).to.have.length(1);
    expect(pendingFiles([item], 'i', [arrived], 'me')).to.have.length(0);
    expect(pendingFiles([item], 'i', [{ ...arrived, author: 'other' }], 'me')).to.have.length(1);
    expect(pendingFiles([item], 'other', [], 'me')).to.have.length(0);
  });
});

describe('files on the desk, in a browser', function () {
  this.timeout(60_000);
  const desk = deskInBrowser();
  const { callsTo, until } = desk;
  const of = { interactionId: 'marta' };
  const url = (id: string) => `/whatsapp/api/media/${id}/0`;
  const file = (name: string, bytes: Buffer, mimeType: string) => ({ name, mimeType, buffer: bytes });

  it('pictures open large and close again, documents are saved, and names are text', async () => {
    desk.server.contents.set('/media/p1/0', { bytes: PNG, contentType: 'image/png' });
    const picture = { url: url('p1'), contentType: 'image/png', fileName: '<b>beach</b>.png', size: 70 };
    const paper = { url: url('p2'), contentType: 'application/pdf', fileName: 'offer.pdf', size: 20_480 };
    desk.server.threads.set('marta', [
      message({ ...of, id: 'p1', type: 'image', text: 'Look', media: [{ ...picture, state: 'ready' }] }),
      message({ ...of, id: 'p2', type: 'document', media: [{ ...paper, state: 'ready' }] }),
    ]);
    await desk.enter();
    const shown = desk.page.locator(`${at('media')}[data-kind=image]`);
    await shown.click();
    await desk.page.waitForSelector(`${at('picture-view')}[open]`);
    expect(await desk.page.locator(`${at('picture-view')} b`).textContent()).to.equal('<b>beach</b>.png');
    expect(await desk.page.getAttribute(at('picture-save'), 'download')).to.equal('<b>beach</b>.png');
    await desk.page.keyboard.press('Escape');
    await desk.page.waitForSelector(at('picture-view'), { state: 'detached' });
    // Back where one was.
    expect(await shown.evaluate((element) => element === document.activeElement)).to.equal(true);
    const link = desk.page.locator(`${at('media')}[data-kind=document]`);
    expect(await link.getAttribute('href')).to.equal(url('p2'));
    expect(await link.getAttribute('download')).to.equal('offer.pdf');
    expect(await link.textContent())
      .to.contain('offer.pdf')
      .and.to.contain('PDF · 20 KB');
  });

  it('what is being fetched appears by itself; what failed is asked for again', async () => {
    const waiting = { url: url('w1'), contentType: 'image/jpeg', state: 'waiting' as const };
    const first = message({ ...of, id: 'w1', type: 'image', text: 'soon', media: [waiting] });
    const failed = { url: url('w2'), fileName: 'x.mp4', state: 'failed' as const, error: 'http_404' };
    const second = message({ ...of, id: 'w2', type: 'video', media: [failed] });
    desk.server.threads.set('marta', [first, second]);
    await desk.enter();
    await desk.page.waitForSelector(`${at('media')}[data-state=waiting]`);
    desk.server.contents.set('/media/w1/0', { bytes: JPEG, contentType: 'image/jpeg' });
    desk.server.push('message', { ...first, version: 2, media: [{ ...waiting, state: 'ready', size: 5 }] });
    // A picture that the browser cannot show becomes a file to save.
    await desk.page.waitForSelector(`[data-id=w1] ${at('media')}[data-kind=document]`);
    await desk.page.click(at('media-retry'));
    await desk.page.waitForSelector(`[data-id=w2] ${at('media')}[data-state=waiting]`);
    expect(callsTo('POST', '/media/w2/0/retry')).to.have.length(1);
  });

  it('shows cards, stickers, places, ads, what was forwarded, and kinds it does not know', async () => {
    const card = Buffer.from('BEGIN:VCARD\nFN:Ben Osei\nTEL:+12025550143\nEND:VCARD');
    desk.server.contents.set('/media/c1/0', { bytes: card, contentType: 'text/vcard' });
    desk.server.contents.set('/media/s1/0', { bytes: PNG, contentType: 'image/webp' });
    const referral = { headline: 'Winter sale', body: 'All bikes', url: 'https://fb.example/ad' };
    desk.server.threads.set('marta', [
      message({
        ...{ ...of, id: 'c1', type: 'contact' },
        media: [{ url: url('c1'), contentType: 'text/vcard', size: card.length, state: 'ready' }],
      }),
      message({
        ...{ ...of, id: 's1', type: 'sticker' },
        media: [{ url: url('s1'), contentType: 'image/webp', size: 70, state: 'ready' }],
      }),
      message({ ...of, id: 'f1', text: 'Read this', forwarded: 'often' }),
      message({ ...of, id: 'r1', text: 'I saw your ad', referral }),
      message({ ...of, id: 'r2', text: 'bad ad', referral: { headline: 'x', url: 'javascript:alert(1)' } }),
      message({ ...of, id: 'u1', type: 'unknown', text: '' }),
    ]);
    await desk.enter();
    const text = (id: string) => desk.page.locator(`[data-id=${id}]`).textContent();
    await until(async () => (await text('c1'))?.includes('Ben Osei') ?? false);
    expect(await text('c1')).to.contain('+12025550143');
    await desk.page.waitForSelector(`[data-id=s1] ${at('media')}[data-kind=sticker]`);
    expect(await text('f1')).to.contain('Forwarded many times');
    expect(await text('r1'))
      .to.contain('From an ad')
      .and.to.contain('Winter sale');
    expect(await desk.page.getAttribute(`[data-id=r1] ${at('referral')} a`, 'href')).to.equal('https://fb.example/ad');
    expect(await desk.page.locator(`[data-id=r2] a`).count()).to.equal(0);
    expect(await text('u1')).to.contain('cannot be shown');
  });

  it('files are chosen, looked at, taken out, and sent with a caption, each once', async () => {
    await desk.enter();
    await desk.page.setInputFiles(at('attach-input'), [
      file('plan.png', PNG, 'image/png'),
      file('offer.pdf', PDF, 'application/pdf'),
      file('nothing.txt', Buffer.alloc(0), 'text/plain'),
    ]);
    await desk.page.waitForSelector(at('tray'));
    expect(await desk.page.locator(at('chosen')).count()).to.equal(3);
    expect(await desk.page.locator(`${at('chosen')}[data-problem=media_empty]`).textContent()).to.contain('empty');
    await desk.page.click(`${at('chosen')}[data-problem] ${at('unchoose')}`);
    await desk.page.fill(at('composer-input'), 'The plan');
    await desk.page.focus(at('composer-input'));
    await desk.page.keyboard.press('Enter');
    await until(() => callsTo('POST', '/interactions/marta/messages').length === 2);
    const [first, second] = callsTo('POST', '/interactions/marta/messages');
    const names = [first, second].map((call) => [(call!.body.file as File).name, call!.body.text]);
    expect(names).to.deep.equal([
      ['plan.png', 'The plan'],
      ['offer.pdf', undefined],
    ]);
    expect(first?.headers['idempotency-key']).to.not.equal(second?.headers['idempotency-key']);
    expect(first?.headers['x-wa-request']).to.equal('1');
    await desk.page.waitForSelector(at('tray'), { state: 'detached' });
    await desk.page.waitForSelector(at('upload'), { state: 'detached' });
    expect(await desk.page.inputValue(at('composer-input'))).to.equal('');
    expect(await desk.page.locator(`${at('message')}[data-direction=out]`, { hasText: 'The plan' }).count()).to.equal(
      1,
    );
  });

  it('pasted and dropped files wait to be sent; a pasted table stays text', async () => {
    await desk.enter();
    const give = (kind: 'paste' | 'drop', withText: boolean) =>
      desk.page.evaluate(
        ([event, text, bytes, target]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes as number[])], 'shot.png', { type: 'image/png' }));
          if (text) data.setData('text/plain', 'a table');
          const made =
            event === 'paste'
              ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
              : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
          document.querySelector(target as string)?.dispatchEvent(made);
        },
        [kind, withText, [...PNG], kind === 'paste' ? at('composer-input') : at('thread')] as const,
      );
    await give('paste', true);
    expect(await desk.page.locator(at('chosen')).count()).to.equal(0);
    await give('paste', false);
    await until(async () => (await desk.page.locator(at('chosen')).count()) === 1);
    await give('drop', false);
    await until(async () => (await desk.page.locator(at('chosen')).count()) === 2);
    // Nothing has left yet; and a note takes none.
    expect(callsTo('POST', '/interactions/marta/messages')).to.deep.equal([]);
    await desk.page.click(at('mode-note'));
    await desk.page.waitForSelector(at('tray'), { state: 'detached' });
    await desk.page.click(at('mode-message'));
    await desk.page.waitForSelector(at('tray'));
  });

  it('shows how far it is, and is called off', async () => {
    const release = desk.server.holdUploads();
    await desk.enter();
    await desk.page.setInputFiles(at('attach-input'), [file('film.mp4', Buffer.alloc(300_000, 1), 'video/mp4')]);
    await desk.page.click(at('composer-send'));
    await desk.page.waitForSelector(at('upload-progress'));
    await desk.page.click(at('upload-cancel'));
    await desk.page.waitForSelector(at('upload'), { state: 'detached' });
    release();
  });

  it('offline it says that nothing was sent, and sends when the server is back; what is refused says why', async () => {
    await desk.enter();
    desk.server.setReachable(false);
    await desk.page.waitForSelector('[data-online=false]');
    await desk.page.setInputFiles(at('attach-input'), [file('plan.png', PNG, 'image/png')]);
    await desk.page.click(at('composer-send'));
    await desk.page.waitForSelector(`${at('upload')}[data-state=waiting]`);
    expect(await desk.page.locator(at('upload')).textContent()).to.contain('Not sent. Kept while this page is open');
    desk.server.setReachable(true);
    await until(() => callsTo('POST', '/interactions/marta/messages').length > 0);
    await desk.page.waitForSelector(at('upload'), { state: 'detached' });

    desk.server.refuseNextSend(422, 'media_type');
    await desk.page.setInputFiles(at('attach-input'), [file('a.gif', PNG, 'image/gif')]);
    await desk.page.click(at('composer-send'));
    await desk.page.waitForSelector(`${at('upload')}[data-state=failed]`);
    expect(await desk.page.locator(at('upload')).textContent()).to.contain('does not take this kind of file');
    expect(await desk.page.locator(at('upload-retry')).count()).to.equal(0);
    await desk.page.click(at('upload-discard'));
    await desk.page.waitForSelector(at('upload'), { state: 'detached' });
  });
});
