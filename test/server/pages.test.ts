import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import express from 'express';
import { createPages } from '../../server/pages.ts';
import { call, listen, memoryLog, type TestServer } from './support.ts';

describe('pages', () => {
  let directory: string;
  let server: TestServer;
  const at = (path: string) => `${server.url}/nodes${path}`;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wa-pages-'));
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'desk.html'), '<!doctype html><title>Desk</title>');
    await writeFile(join(directory, 'assets', 'desk-Ab1_x.js'), 'export {};');
    await writeFile(join(directory, 'secret.txt'), 'secret');
    const app = express();
    app.use('/nodes', createPages({ directory, log: memoryLog() }) as never);
    app.use((_req, res) => void res.status(418).end());
    server = await listen(app);
  });
  after(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('serves the page: asked for anew each time, framed by nobody else, nothing inline', async () => {
    const page = await call(at('/whatsapp/desk?x=1'));
    expect(page.status).to.equal(200);
    expect(page.text).to.contain('<title>Desk</title>');
    expect(page.headers).to.include({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
    });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).to.contain("frame-ancestors 'self'").and.to.contain("script-src 'self'");
    expect(policy).not.to.contain('unsafe');
    const again = await call(at('/whatsapp/desk'), { headers: { 'If-None-Match': String(page.headers.etag) } });
    expect(again).to.include({ status: 304, text: '' });
  });

  it('serves the files of a build for good, packed for who can unpack', async () => {
    const plain = await call(at('/whatsapp/assets/desk-Ab1_x.js'));
    expect(plain.text).to.equal('export {};');
    expect(plain.headers['cache-control']).to.equal('public, max-age=31536000, immutable');
    expect(plain.headers['content-type']).to.contain('text/javascript');
    expect(plain.headers).not.to.have.property('content-encoding');
    const packed = await call(at('/whatsapp/assets/desk-Ab1_x.js'), {
      method: 'HEAD',
      headers: { 'Accept-Encoding': 'gzip' },
    });
    expect(packed.headers['content-encoding']).to.equal('gzip');
    expect(gunzipSync(await rawBody(at('/whatsapp/assets/desk-Ab1_x.js'))).toString()).to.equal('export {};');
  });

  it('leads a closing slash to the page by a relative address', async () => {
    const moved = await call(at('/whatsapp/desk/'));
    expect(moved.status).to.equal(308);
    expect(new URL(String(moved.headers.location), at('/whatsapp/desk/')).href).to.equal(at('/whatsapp/desk'));
  });

  it('leaves everything else alone, and never leaves its folder', async () => {
    for (const path of ['/whatsapp/desks', '/whatsapp/assets', '/whatsapp/assets/../secret.txt', '/other'])
      expect((await call(at(path))).status, path).to.equal(418);
    for (const name of ['%2e%2e%2fsecret.txt', '..%2fsecret.txt', '.hidden', 'a/b.js', '..'])
      expect((await call(at(`/whatsapp/assets/${name}`))).text, name).not.to.contain('secret');
    expect((await call(at('/whatsapp/assets/gone-123.js'))).json.error.code).to.equal('not_found');
    const posted = await call(at('/whatsapp/desk'), { method: 'POST' });
    expect(posted.status).to.equal(405);
    expect(posted.headers.allow).to.equal('GET, HEAD');
  });
});

/** The body as it travels. */
function rawBody(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent: false, headers: { 'Accept-Encoding': 'gzip' } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks)));
      })
      .on('error', reject);
  });
}
