/** The audit log and a person's data over HTTP, over a real engine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import type { Engine } from '../../core/api.ts';
import { startThread } from '../../core/host/thread.ts';
import type { Role } from '../../core/views.ts';
import { type Api, createApi } from '../../server/api.ts';
import { contactArchive } from '../../server/contact-archive.ts';
import { createHub, type Hub } from '../../server/events.ts';
import { hashToken, newToken } from '../../server/secrets.ts';
import { account } from '../core/support.ts';
import { unzip } from '../support/zip.ts';
import { call, listen, memoryLog, type TestServer } from './support.ts';

const FROM = '+12025550142';

describe('administrators', () => {
  let directory: string;
  let engine: Engine;
  let hub: Hub;
  let api: Api;
  let server: TestServer;
  let accountId: string;
  const log = memoryLog();
  const cookies = new Map<string, string>();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wa-admin-'));
    engine = await startThread({ file: join(directory, 'connector.db'), settings: { offlineAfter: 60 } });
    const answer = await engine.run('syncConfig', { accounts: [account()], queues: [], nodes: null });
    accountId = (answer.accounts.acc as { id: string }).id;
    hub = createHub({ engine, log, now: Date.now });
    api = createApi({ engine, hub, sessionHours: 12, origins: () => [], log, now: Date.now, httpNodeRoot: '/' });
    server = await listen(express().use(api));
    for (const [username, role] of [
      ['root', 'admin'],
      ['eve', 'supervisor'],
      ['anna', 'agent'],
    ] as [string, Role][]) {
      await engine.run('createAgent', { username, name: username, role, capacity: 5, passwordHash: '-' });
      const token = newToken();
      const session = { username, tokenHash: hashToken(token), expiresAt: Date.now() + 3_600_000 };
      await engine.run('openSession', session);
      cookies.set(username, `wa_session=${token}`);
    }
  });
  after(async () => {
    await hub.close();
    api.close();
    await server.close();
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  const as = (username: string, method: string, path: string) =>
    call(`${server.url}/whatsapp/api${path}`, {
      method,
      headers: { Cookie: cookies.get(username) ?? '', 'X-WA-Request': '1' },
    });
  const write = (id: string, text: string) =>
    engine.run('ingest', {
      account: accountId,
      events: [{ kind: 'message', id, peer: { address: FROM, phone: FROM, profileName: 'Zoe' }, type: 'text', text }],
    });
  /** The contact who wrote, as the audit log's newest entries lead to it. */
  const contact = async () => {
    const { audit } = (await as('root', 'GET', '/audit?event=message-in&limit=1')).json;
    const interaction: string = audit[0].interaction;
    return { interaction, id: (await as('root', 'GET', `/interactions/${interaction}`)).json.contact.id as string };
  };

  it('only they may read the log, export and erase', async () => {
    for (const username of ['eve', 'anna'])
      for (const [method, path] of [
        ['GET', '/audit'],
        ['GET', '/contacts/c/export.zip'],
        ['DELETE', '/contacts/c'],
      ] as const) {
        const reply = await as(username, method, path);
        expect(reply.status, `${username} ${path}`).to.equal(403);
        expect(reply.json.error.code).to.equal('forbidden');
      }
    expect((await as('nobody', 'GET', '/audit')).status).to.equal(401);
    const document = await call(`${server.url}/whatsapp/api/openapi.json`);
    expect(Object.keys(document.json.paths['/api/audit'].get.responses)).to.include.members(['200', '400', '403']);
  });

  it('read the audit log, filtered and page by page', async () => {
    await write('SM1', 'Hello');
    const { status, json } = await as('root', 'GET', '/audit?limit=2');
    expect(status).to.equal(200);
    expect(json.audit.map((e: { event: string }) => e.event)).to.deep.equal(['message-in', 'interaction-opened']);
    const next = await as('root', 'GET', `/audit?limit=2&cursor=${encodeURIComponent(json.next)}`);
    expect(next.json.audit.map((e: { actor: string }) => e.actor)).to.deep.equal(['anna', 'eve']);
    const mine = await as('root', 'GET', `/audit?account=${accountId}&actor=contact&from=2020-01-01T00:00:00Z`);
    expect(mine.json.audit).to.deep.equal(json.audit);
    expect(mine.json.next).to.equal(null);
    for (const [query, named] of [
      ['event=message', '"event" must be one of interaction-opened'],
      ['limit=0', '"limit"'],
      ['who=anna', '"who" is unknown'],
      ['from=yesterday', '"from" is not a time'],
    ]) {
      const reply = await as('root', 'GET', `/audit?${query}`);
      expect(reply.status, query).to.equal(400);
      expect(reply.json.error.message).to.contain(named);
    }
  });

  it('export what is held about a person', async () => {
    for (let i = 0; i < 250; i++) await write(`SMmany${i}`, `text ${i}`);
    const { id, interaction } = await contact();
    const entries = await contactArchive(engine, undefined, id);
    expect(entries.map((e) => e.name)).to.deep.equal(['contact.json', `interactions/${interaction}.json`, 'media/']);
    const read = async (n: number) => {
      let text = '';
      for await (const piece of entries[n]!.content!) text += piece;
      return JSON.parse(text);
    };
    expect(await read(0)).to.deep.include({ id, name: 'Zoe', addresses: [{ address: FROM, kind: 'phone' }] });
    const conversation = await read(1);
    expect(conversation.interaction).to.include({ id: interaction, status: 'open', note: null });
    const texts = Array.from({ length: 250 }, (_, i) => `text ${i}`);
    expect(conversation.messages.map((m: { text: string }) => m.text)).to.deep.equal(['Hello', ...texts]);
    expect(conversation.events[0]).to.include({ event: 'interaction-opened', actor: 'contact' });
    expect(conversation.events).to.have.length(252);
    expect((await as('root', 'GET', '/contacts/nobody/export.zip')).status).to.equal(404);
  });

  it('get it as a zip file that other programs open', async () => {
    const { id, interaction } = await contact();
    const response = await fetch(`${server.url}/whatsapp/api/contacts/${id}/export.zip`, {
      headers: { Cookie: cookies.get('root')! },
    });
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.equal('application/zip');
    expect(response.headers.get('content-disposition')).to.equal(`attachment; filename="contact-${id}.zip"`);
    const found = unzip(Buffer.from(await response.arrayBuffer()));
    expect([...found.keys()]).to.deep.equal(['contact.json', `interactions/${interaction}.json`, 'media/']);
    expect(JSON.parse(String(found.get('contact.json')))).to.include({ name: 'Zoe' });
    const [newest] = (await as('root', 'GET', '/audit?limit=1')).json.audit;
    expect(newest).to.include({ event: 'exported', actor: 'root' });
    expect(newest.data).to.deep.equal({ contact: id });
  });

  it('erase a person, once', async () => {
    const { id, interaction } = await contact();
    const reply = await as('root', 'DELETE', `/contacts/${id}`);
    expect(reply.status).to.equal(204);
    expect((await as('root', 'GET', `/interactions/${interaction}`)).status).to.equal(404);
    const [newest] = (await as('root', 'GET', '/audit?limit=1')).json.audit;
    expect(newest).to.include({ event: 'deleted', actor: 'root', interaction: null });
    expect(newest.data).to.include({ reason: 'erased', contact: id, interactions: 1, messages: 251 });
    expect((await as('root', 'DELETE', `/contacts/${id}`)).status).to.equal(404);
    expect(log.lines.filter((line) => line.startsWith('error'))).to.deep.equal([]);
  });
});
