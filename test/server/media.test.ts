import { createHash, randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import sinon from 'sinon';
import type { Engine } from '../../core/api.ts';
import { startThread } from '../../core/host/thread.ts';
import { isPublicAddress } from '../../server/media/addresses.ts';
import { DownloadFailed, type DownloadOptions, download, nameIn } from '../../server/media/download.ts';
import { MediaFiles, tidyName } from '../../server/media/files.ts';
import { disposition, rangeOf } from '../../server/media/give.ts';
import { databaseShelf, directoryShelf } from '../../server/media/shelves.ts';
import { isShownType, recognise } from '../../server/media/sniff.ts';
import { readToken, tokenOf } from '../../server/media/token.ts';
import { PNG } from '../support/pictures.ts';
import { listen, type TestServer } from './support.ts';

async function* parts(...chunks: (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

describe('media: what a content is', () => {
  const type = (bytes: string | Buffer, declared?: string) =>
    recognise(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'), declared).contentType;

  it('goes by its bytes, not by what is said of it', () => {
    expect(type(PNG, 'text/html')).to.equal('image/png');
    expect(type('\xff\xd8\xff\xe0', 'application/pdf')).to.equal('image/jpeg');
    expect(type('OggS', 'audio/ogg; codecs=opus')).to.equal('audio/ogg');
    expect(type('%PDF-1.7', 'image/png')).to.equal('application/pdf');
    expect(type('PK\x03\x04', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document')).to.match(
      /wordprocessingml/,
    );
    expect(type('PK\x03\x04', 'image/png')).to.equal('application/zip');
    expect(type('\0\0\0\x18ftypmp42', 'audio/mp4')).to.equal('audio/mp4');
    expect(type('\0\0\0\x18ftypmp42')).to.equal('video/mp4');
    expect(type('BEGIN:VCARD\r\n', 'text/x-vcard')).to.equal('text/vcard');
    expect(type('a,b\n1,2', 'text/csv')).to.equal('text/csv');
  });

  it('what would run in a browser has no name that a browser knows', () => {
    const pages = ['<!DOCTYPE html><script>alert(1)</script>', '  <svg onload=alert(1)>', '<?xml version="1.0"?>'];
    for (const page of pages)
      for (const declared of ['image/png', 'text/html', 'image/svg+xml', 'text/vcard', 'application/pdf', 'text/plain'])
        expect(type(page, declared), `${page} as ${declared}`).to.equal('application/octet-stream');
    for (const declared of ['image/svg+xml', 'text/html', 'application/xhtml+xml', 'text/javascript', 'image/png'])
      expect(type('harmless', declared), declared).to.equal('application/octet-stream');
    expect(type('x', 'text/plain\r\nSet-Cookie: a=b')).to.equal('application/octet-stream');
    expect(isShownType('image/svg+xml') || isShownType('application/pdf') || isShownType('text/html')).to.equal(false);
  });

  it('a picture that would fill the memory when it is unpacked is a file like others', () => {
    const bomb = Buffer.from(PNG);
    bomb.writeUInt32BE(50_000, 16);
    bomb.writeUInt32BE(50_000, 20);
    expect(recognise(bomb, 'image/png')).to.deep.equal({ contentType: 'application/octet-stream', isShown: false });
    expect(recognise(PNG, 'image/png')).to.deep.equal({ contentType: 'image/png', isShown: true });
    const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0001108ea60ea60031100', 'hex');
    expect(recognise(jpeg).isShown).to.equal(false);
    const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.from([0xff, 0xff, 0xff, 0xff])]);
    expect(recognise(gif).isShown).to.equal(false);
  });
});

describe('media: names, ranges, addresses', () => {
  it('names lead nowhere and hide nothing', () => {
    expect(tidyName('../../etc/passwd')).to.equal('passwd');
    expect(tidyName('C:\\temp\\a.pdf')).to.equal('a.pdf');
    expect(tidyName('..')).to.equal('');
    expect(tidyName('a\r\nSet-Cookie: x.pdf')).to.equal('aSet-Cookie_ x.pdf');
    expect(tidyName('photo\u202egpj.exe')).to.equal('photogpj.exe');
    expect(tidyName(`${'ü'.repeat(300)}.pdf`))
      .to.have.length(200)
      .and.match(/\.pdf$/);
  });

  it('a header carries any name and nothing else', () => {
    expect(disposition('attachment', 'Grüße "1".pdf')).to.equal(
      `attachment; filename="Gr__e _1_.pdf"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.pdf`,
    );
    const evil = disposition('inline', 'a";\r\nX-Evil: 1;\ud800(\'*).png');
    expect(evil).to.match(/^[\x20-\x7e]+$/);
    expect(disposition('inline', '')).to.equal('inline');
  });

  it('names in headers of others are read in both forms', () => {
    expect(nameIn(`attachment; filename="x.pdf"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf`)).to.equal('Grüße.pdf');
    expect(nameIn('inline; filename="a \\"b\\".png"')).to.equal('a "b".png');
    expect(nameIn('attachment; filename=plain.txt')).to.equal('plain.txt');
    expect(nameIn(`attachment; filename*=UTF-8''%E0%A4; filename=b.txt`)).to.equal('b.txt');
    expect(nameIn('')).to.equal('');
  });

  it('ranges', () => {
    expect(rangeOf('bytes=0-9', 100)).to.deep.equal({ from: 0, to: 9 });
    expect(rangeOf('bytes=90-', 100)).to.deep.equal({ from: 90, to: 99 });
    expect(rangeOf('bytes=-10', 100)).to.deep.equal({ from: 90, to: 99 });
    expect(rangeOf('bytes=0-1000', 100)).to.deep.equal({ from: 0, to: 99 });
    expect(rangeOf('bytes=100-', 100)).to.equal('unsatisfiable');
    expect(rangeOf('bytes=-0', 100)).to.equal('unsatisfiable');
    for (const ignored of [undefined, 'bytes=5-2', 'bytes=0-1,4-5', 'bytes=-', 'lines=0-1'])
      expect(rangeOf(ignored, 100), String(ignored)).to.equal(null);
  });

  it('only the public internet is public', () => {
    for (const address of [
      ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
      ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1'],
      ...['::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'],
      ...['2002:7f00:1::', '2001:db8::1', 'ff02::1', '::127.0.0.1', 'nonsense', ''],
    ])
      expect(isPublicAddress(address), address).to.equal(false);
    for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])
      expect(isPublicAddress(address), address).to.equal(true);
  });

  it('public addresses are signed and end', () => {
    const pointed = { message: 'm1abc', index: 0 };
    const token = tokenOf('secret', pointed, 10_000);
    expect(readToken('secret', token, 9_000)).to.deep.equal(pointed);
    expect(readToken('secret', token, 10_000)).to.equal('over');
    expect(readToken('other', token, 9_000)).to.equal(null);
    expect(readToken('secret', token.replace('m1abc', 'm2abc'), 9_000)).to.equal(null);
    expect(readToken('secret', token.replace('.0.', '.1.'), 9_000)).to.equal(null);
    for (const bad of ['', '../../x', `${token}x`, token.slice(0, -1), 'a.0.zzzz.short'])
      expect(readToken('secret', bad, 0), bad).to.equal(null);
  });
});

describe('media: fetching', () => {
  const servers: TestServer[] = [];
  const serve = async (listener: RequestListener): Promise<TestServer> => {
    const server = await listen(listener);
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    sinon.restore();
    for (const server of servers.splice(0)) await server.close();
  });
  const trusted = () => true;
  const fetched = async (url: string, options: Partial<DownloadOptions> = {}): Promise<Buffer> => {
    const { body } = await download(url, { limit: 1000, timeout: 2000, ...options });
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no failure',
      (error: unknown) => (error instanceof DownloadFailed ? error.code : `other: ${String(error)}`),
    );

  it('refuses private, loopback and link-local addresses, however they are written', async () => {
    let calls = 0;
    const server = await serve((_req, res) => {
      calls++;
      res.end('secret');
    });
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '127.1', '[::ffff:127.0.0.1]'])
      expect(await codeOf(fetched(`http://${host}:${server.port}/`)), host).to.equal('address_refused');
    for (const url of ['http://169.254.169.254/latest/meta-data/', 'http://10.0.0.1/', 'http://[fd00::1]/'])
      expect(await codeOf(fetched(url)), url).to.equal('address_refused');
    for (const url of ['file:///etc/passwd', 'ftp://example.com/x', 'https://user:pw@example.com/', 'nonsense', ''])
      expect(await codeOf(fetched(url)), url).to.equal('address_invalid');
    expect(calls).to.equal(0);
  });

  it('a name is checked in the very look-up that is connected with: changing its mind gains nothing', async () => {
    const server = await serve((_req, res) => res.end('secret'));
    const answers = ['93.184.216.34', '127.0.0.1'];
    let asked = 0;
    sinon.stub(dns, 'lookup').callsFake(((_name: string, _options: object, callback: (...a: unknown[]) => void) => {
      callback(null, [{ address: answers[Math.min(asked++, 1)], family: 4 }]);
    }) as never);
    // The first look-up is all there is: its public address was connected to, and nobody is there.
    const code = await codeOf(fetched(`http://rebind.example:${server.port}/`, { timeout: 300 }));
    expect(code).to.be.oneOf(['timeout', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNRESET']);
    expect(asked).to.equal(1);
    // One private address among public ones is enough.
    asked = 1;
    expect(await codeOf(fetched(`http://rebind.example:${server.port}/`))).to.equal('address_refused');
  });

  it('redirects: followed without the credentials, checked each time, not for ever', async () => {
    const seen: (string | undefined)[] = [];
    const inner = await serve((req, res) => {
      seen.push(req.headers.authorization);
      res.end('content');
    });
    const outer = await serve((req, res) => {
      seen.push(req.headers.authorization);
      const to = req.url === '/loop' ? '/loop' : req.url === '/file' ? 'file:///etc/passwd' : `${inner.url}/x`;
      res.writeHead(307, { Location: to }).end();
    });
    const headers = { Authorization: 'Basic secret' };
    expect(String(await fetched(`${outer.url}/`, { trusted, headers }))).to.equal('content');
    expect(seen).to.deep.equal(['Basic secret', undefined]);
    seen.length = 0;
    const onlyOuter = (url: URL) => url.origin === outer.url;
    expect(await codeOf(fetched(`${outer.url}/`, { trusted: onlyOuter, headers }))).to.equal('address_refused');
    expect(await codeOf(fetched(`${outer.url}/loop`, { trusted }))).to.equal('too_many_redirects');
    expect(await codeOf(fetched(`${outer.url}/file`, { trusted }))).to.equal('address_invalid');
    // The inner one was not asked, and a loop was asked once more than it may redirect.
    expect(seen).to.deep.equal(['Basic secret', ...Array(7).fill(undefined)]);
  });

  it('cuts what is too long, announced or not, and what never ends', async () => {
    let endless: NodeJS.Timeout | undefined;
    let hungUp = () => {};
    const closed = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const server = await serve((req, res) => {
      if (req.url === '/announced') res.writeHead(200, { 'Content-Length': 5000 });
      if (req.url === '/endless') {
        endless = setInterval(() => res.write('x'), 5);
        res.on('close', () => {
          clearInterval(endless);
          hungUp();
        });
        return;
      }
      if (req.url === '/flood') {
        const pour = (): void => {
          while (res.write(Buffer.alloc(65_536)));
          res.once('drain', pour);
        };
        pour();
        return;
      }
      if (req.url === '/broken') {
        res.writeHead(200, { 'Content-Length': 500 });
        // It is on its way when the connection goes.
        res.write('x', () => res.destroy());
        return;
      }
      res.end(Buffer.alloc(5000));
    });
    const code = (path: string, options: Partial<DownloadOptions> = {}) =>
      codeOf(fetched(server.url + path, { trusted, ...options }));
    expect(await code('/announced')).to.equal('too_large');
    expect(await code('/silently')).to.equal('too_large');
    expect(await code('/flood')).to.equal('too_large');
    expect(await code('/endless', { limit: 1e9, timeout: 200 })).to.equal('timeout');
    await closed;
    expect(await code('/broken')).to.be.oneOf(['cut_off', 'ECONNRESET']);
  });

  it('unpacks nothing', async () => {
    const server = await serve((req, res) => {
      expect(req.headers['accept-encoding']).to.equal('identity');
      res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(100_000)));
    });
    expect(await codeOf(fetched(server.url, { trusted }))).to.equal('encoded');
  });

  it('says which failures may pass', async () => {
    const server = await serve((req, res) => res.writeHead(Number(req.url!.slice(1))).end());
    const retry = async (status: number) => {
      try {
        await fetched(`${server.url}/${status}`, { trusted });
      } catch (error) {
        return [(error as DownloadFailed).code, (error as DownloadFailed).retry];
      }
      return [];
    };
    expect(await retry(404)).to.deep.equal(['http_404', true]);
    expect(await retry(503)).to.deep.equal(['http_503', true]);
    expect(await retry(410)).to.deep.equal(['http_410', false]);
    expect(await retry(204)).to.deep.equal(['http_204', false]);
  });
});

for (const where of ['directory', 'database'] as const) {
  describe(`media: contents in a ${where}`, () => {
    let directory: string;
    let engine: Engine;
    let files: MediaFiles;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'wa-media-'));
      engine = await startThread({ file: join(directory, 'connector.db'), settings: { offlineAfter: 60 } });
      const shelf = where === 'database' ? databaseShelf(engine) : directoryShelf(join(directory, 'media'));
      files = new MediaFiles(engine, shelf, join(directory, 'incoming'));
    });
    after(async () => {
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    });

    it('are the same bytes, once, whole or in part', async () => {
      const bytes = randomBytes(700_000);
      const file = await files.take(parts(bytes.subarray(0, 10), bytes.subarray(10)), {
        limit: 1e6,
        contentType: 'application/pdf',
        fileName: '../a.pdf',
      });
      const hash = createHash('sha256').update(bytes).digest('hex');
      expect(file).to.deep.equal({ hash, size: 700_000, contentType: 'application/pdf', fileName: 'a.pdf' });
      const again = await files.take(parts(bytes), { limit: 1e6 });
      expect(again.hash).to.equal(hash);
      expect((await buffer(files.read(hash, file.size))).equals(bytes)).to.equal(true);
      for (const range of [
        { from: 0, to: 0 },
        { from: 262_143, to: 262_144 },
        { from: 100, to: 699_999 },
      ]) {
        const part = await buffer(files.read(hash, file.size, range));
        expect(part.equals(bytes.subarray(range.from, range.to + 1))).to.equal(true);
      }
      expect(await files.has(hash)).to.equal(true);
      expect(await files.has('0'.repeat(64))).to.equal(false);
      expect(await readdir(join(directory, 'incoming'))).to.deep.equal([]);
    });

    it('only a hash leads to one', () => {
      expect(() => files.read('../../connector.db', 1)).to.throw(RangeError);
      expect(() => files.read('', 1)).to.throw(RangeError);
    });

    it('what is too long, other than announced or breaks off leaves nothing behind', async () => {
      const codeOf = async (work: Promise<unknown>) =>
        work.then(
          () => 'taken',
          (error: { code?: string; message: string }) => error.code ?? error.message,
        );
      expect(await codeOf(files.take(parts('12345', '67890'), { limit: 9 }))).to.equal('too_large');
      expect(await codeOf(files.take(parts('x'), { limit: 9, sha256: '0'.repeat(64) }))).to.equal('hash_mismatch');
      async function* broken(): AsyncGenerator<Buffer> {
        yield Buffer.from('half');
        throw new Error('gone');
      }
      expect(await codeOf(files.take(broken(), { limit: 9 }))).to.equal('gone');
      expect(await readdir(join(directory, 'incoming'))).to.deep.equal([]);
    });
  });
}
