import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import express from 'express';
import type { Engine } from '../../core/api.ts';
import { startThread } from '../../core/host/thread.ts';
import type { DeskView, InteractionView, Role } from '../../core/views.ts';
import { type Api, createApi } from '../../server/api.ts';
import { createHub, type Hub } from '../../server/events.ts';
import { hashPassword } from '../../server/passwords.ts';
import { answers } from '../../server/schemas.ts';
import { account, queue } from '../core/support.ts';
import { call, listen, memoryLog, QUICK, type Reply, type TestServer, until } from './support.ts';

/** What agents do with conversations, over HTTP and the engine as it is shipped. */
describe('handling a conversation', () => {
  let directory: string;
  let engine: Engine;
  let hub: Hub;
  let api: Api;
  let server: TestServer;
  let accountId: string;
  let messages: number;
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wa-handling-'));
    engine = await startThread({ file: join(directory, 'connector.db'), settings: { offlineAfter: 60 } });
    const { accounts } = await engine.run('syncConfig', {
      accounts: [
        account({ mandatoryDisposition: true, dispositions: [{ name: 'Sold' }], dispositionPause: 'Wrap-up' }),
      ],
      queues: [queue({ name: 'Sales' })],
      nodes: null,
    });
    accountId = (accounts.acc as { id: string }).id;
    messages = 0;
    const log = memoryLog();
    hub = createHub({ engine, log, now: Date.now });
    api = createApi({ engine, hub, sessionHours: 12, origins: () => [], log, now: Date.now, httpNodeRoot: '/' });
    server = await listen(express().use(api));
  });
  afterEach(async () => {
    await hub.close();
    api.close();
    await server.close();
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  interface Person {
    username: string;
    send(method: string, path: string, body?: unknown): Promise<Reply>;
    desk(): Promise<DeskView>;
    /** The live connection ends. */
    hangUp(): void;
  }

  /** An agent who is logged in, with a live events stream. */
  async function person(username: string, role: Role = 'agent'): Promise<Person> {
    const passwordHash = await hashPassword(`${username}-password`, QUICK);
    await engine.run('createAgent', { username, name: username, role, capacity: 3, passwordHash });
    const url = `${server.url}/whatsapp/api`;
    const headers: Record<string, string> = { 'Content-Type': 'application/json', 'X-WA-Request': '1' };
    const login = await call(`${url}/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ username, password: `${username}-password` }),
    });
    headers.Cookie = login.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
    const hangUp = await new Promise<() => void>((resolve, reject) => {
      const request = http.get(`${url}/events`, { headers, agent: false }, (response) => {
        response.once('data', () => resolve(() => request.destroy()));
        response.on('error', () => {});
      });
      request.on('error', reject);
    });
    const send: Person['send'] = (method, path, body) =>
      call(url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { username, send, desk: async () => (await send('GET', '/desk')).json, hangUp };
  }

  async function write(from = '+12025550142', text = 'Hello'): Promise<void> {
    const peer = { address: from, phone: from };
    const events = [{ kind: 'message' as const, id: `SM${++messages}`, peer, type: 'text' as const, text }];
    await engine.run('ingest', { account: accountId, events });
  }

  /** A conversation that this agent has. */
  async function conversation(of: Person, from?: string): Promise<string> {
    await write(from);
    const { id } = (await of.desk()).unassigned[0] as InteractionView;
    expect((await of.send('POST', `/interactions/${id}/take`)).status).to.equal(200);
    return id;
  }

  const documented = (name: keyof typeof answers, json: unknown) => {
    const check = ajv.compile(answers[name]);
    expect(check(json), JSON.stringify(check.errors)).to.equal(true);
  };
  const refused = (reply: Reply) => `${reply.status} ${reply.json.error.code}`;

  it('transfers to an agent, who accepts', async () => {
    const [ann, ben] = [await person('ann'), await person('ben')];
    const id = await conversation(ann);
    const reply = await ann.send('POST', `/interactions/${id}/transfer`, { agent: 'ben' });
    expect(reply.status).to.equal(200);
    documented('oneInteraction', reply.json);
    expect(reply.json.interaction.waiting).to.include({ kind: 'transfer', agent: 'ben' });
    const [offer] = (await ben.desk()).offers;
    expect(offer?.interaction.id).to.equal(id);
    const accepted = await ben.send('POST', `/offers/${offer!.id}/accept`);
    expect(accepted.json.interaction).to.include({ agent: 'ben', tabOpen: true });
    expect((await ann.desk()).assigned).to.deep.equal([]);
  });

  it('transfers to a queue, which rings the others', async () => {
    const [ann, ben] = [await person('ann'), await person('ben')];
    const id = await conversation(ann);
    const reply = await ann.send('POST', `/interactions/${id}/transfer`, { queue: 'Sales' });
    expect(reply.json.interaction.waiting).to.include({ kind: 'transfer', queue: 'Sales' });
    expect((await ben.desk()).offers[0]?.queue).to.equal('Sales');
    expect((await ann.desk()).offers).to.deep.equal([]);
  });

  it('says what is wrong with a transfer', async () => {
    const [ann, ben, sue] = [await person('ann'), await person('ben'), await person('sue', 'supervisor')];
    const id = await conversation(ann);
    const path = `/interactions/${id}/transfer`;
    for (const body of [{}, { agent: 'ben', queue: 'Sales' }, { agent: 5 }, { agent: '' }, { to: 'ben' }]) {
      const reply = await ann.send('POST', path, body);
      expect(refused(reply), JSON.stringify(body)).to.equal('400 invalid_body');
    }
    const both = await ann.send('POST', path, { agent: 'ben', queue: 'Sales' });
    expect(both.json.error.message).to.contain('must name at most 1 of the fields');
    expect(refused(await ann.send('POST', path, { agent: 'nobody' }))).to.equal('422 unknown_agent');
    expect(refused(await ann.send('POST', path, { queue: 'Nowhere' }))).to.equal('422 unknown_queue');
    expect(refused(await ann.send('POST', path, { agent: 'ann' }))).to.equal('409 already_assigned');
    expect(refused(await ben.send('POST', path, { agent: 'ben' }))).to.equal('403 forbidden');
    expect(refused(await ann.send('POST', '/interactions/none/transfer', { agent: 'ben' }))).to.equal('404 not_found');
    await ann.send('POST', `/interactions/${id}/release`);
    expect(refused(await ben.send('POST', path, { agent: 'ann' }))).to.equal('409 not_assigned');
    expect((await sue.send('POST', path, { agent: 'ben' })).status).to.equal(200);
  });

  it('pauses while closing, and follows what becomes of it', async () => {
    const ann = await person('ann');
    const id = await conversation(ann);
    const path = `/interactions/${id}/closing`;
    const started = await ann.send('POST', path);
    expect(started.status).to.equal(200);
    documented('presence', started.json);
    expect(started.json.presence).to.include({ state: 'paused', pause: 'Wrap-up' });
    expect((await ann.desk()).disposing).to.deep.equal([id]);
    const cancelled = await ann.send('DELETE', path);
    expect([cancelled.status, cancelled.text]).to.deep.equal([204, '']);
    expect((await ann.desk()).presence.state).to.equal('available');
    expect((await ann.send('DELETE', path)).status).to.equal(204);

    await ann.send('POST', path);
    expect(refused(await ann.send('POST', `/interactions/${id}/close`, {}))).to.equal('422 disposition_required');
    expect((await ann.desk()).presence.state).to.equal('paused');
    await ann.send('POST', `/interactions/${id}/close`, { disposition: ['Sold'] });
    expect((await ann.desk()).presence.state).to.equal('available');
    expect(refused(await ann.send('POST', path))).to.equal('409 interaction_closed');
    const ben = await person('ben');
    expect(refused(await ben.send('POST', '/interactions/none/closing'))).to.equal('404 not_found');
  });

  it('puts a tab away and brings it back when the contact writes', async () => {
    const ann = await person('ann');
    const id = await conversation(ann);
    const path = `/interactions/${id}/snooze`;
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const reply = await ann.send('PUT', path, { until });
    expect(reply.status).to.equal(200);
    documented('oneInteraction', reply.json);
    expect(reply.json.interaction).to.include({ tabOpen: false, snoozedUntil: until });
    expect((await ann.desk()).tabs).to.deep.equal([]);
    await write();
    expect((await ann.desk()).tabs[0]).to.include({ id, snoozedUntil: null });
    expect((await ann.send('PUT', path, { until: '2126-01-01T00:00:00+01:00' })).status).to.equal(422);
    expect(refused(await ann.send('PUT', path, { until: '2020-01-01T00:00Z' }))).to.equal('422 invalid_time');
    for (const wrong of ['tomorrow', '2030-13-45T00:00:00Z', 5, undefined])
      expect(refused(await ann.send('PUT', path, { until: wrong }))).to.equal('400 invalid_body');
    expect((await ann.send('PUT', path, { until: null })).json.interaction.tabOpen).to.equal(true);
  });

  it('writes notes, which stay inside', async () => {
    const [ann, ben] = [await person('ann'), await person('ben')];
    const id = await conversation(ann);
    const reply = await ann.send('POST', `/interactions/${id}/notes`, { text: 'Calls back' });
    expect(reply.status).to.equal(201);
    documented('oneMessage', reply.json);
    expect(reply.json.message).to.include({ direction: 'note', author: 'ann', text: 'Calls back' });
    const page = (await ann.send('GET', `/interactions/${id}/messages`)).json;
    expect(page.messages.map((m: { direction: string }) => m.direction)).to.deep.equal(['in', 'note']);
    expect(refused(await ann.send('POST', `/interactions/${id}/notes`, { text: '' }))).to.equal('400 invalid_body');
    expect(refused(await ann.send('POST', `/interactions/${id}/notes`, { text: ' ' }))).to.equal('400 empty_note');
    expect(refused(await ben.send('POST', `/interactions/${id}/notes`, { text: 'x' }))).to.equal('403 forbidden');
  });

  it('sets tags', async () => {
    const [ann, ben] = [await person('ann'), await person('ben')];
    const id = await conversation(ann);
    const put = (who: Person, body: unknown) => who.send('PUT', `/interactions/${id}/tags`, body);
    const reply = await put(ann, { tags: [' VIP', 'vip', 'Tour 5'] });
    expect(reply.status).to.equal(200);
    expect(reply.json.interaction.tags).to.deep.equal(['VIP', 'Tour 5']);
    for (const body of [{}, { tags: 'x' }, { tags: [1] }, { tags: [], more: 1 }])
      expect(refused(await put(ann, body))).to.equal('400 invalid_body');
    expect(refused(await put(ann, { tags: ['x'.repeat(65)] }))).to.equal('400 invalid_tag');
    expect(refused(await put(ben, { tags: [] }))).to.equal('403 forbidden');
  });

  it('hands back one, and for supervisors all of an agent', async () => {
    const [ann, sue] = [await person('ann'), await person('sue', 'supervisor')];
    const id = await conversation(ann);
    const one = await ann.send('POST', `/interactions/${id}/release`);
    expect(one.json.interaction).to.include({ agent: null, tabOpen: false });
    await ann.send('POST', `/interactions/${id}/take`);
    expect(refused(await ann.send('POST', '/agents/ann/release'))).to.equal('403 forbidden');
    expect(refused(await sue.send('POST', '/agents/nobody/release'))).to.equal('404 not_found');
    const all = await sue.send('POST', '/agents/ann/release');
    expect([all.status, all.json]).to.deep.equal([200, { released: 1 }]);
    expect((await ann.desk()).unassigned.map((ix) => ix.id)).to.deep.equal([id]);
  });

  it('logs out and keeps what is assigned, or hands it back', async () => {
    const [ann, sue] = [await person('ann'), await person('sue', 'supervisor')];
    const id = await conversation(ann);
    expect(refused(await ann.send('DELETE', '/session?release=perhaps'))).to.equal('400 invalid_query');
    expect((await ann.send('DELETE', '/session')).status).to.equal(204);
    expect((await sue.send('GET', `/interactions/${id}`)).json).to.include({ agent: 'ann', tabOpen: false });
    const ben = await person('ben');
    const other = await conversation(ben, '+12025550143');
    expect((await ben.send('DELETE', '/session?release=true')).status).to.equal(204);
    expect((await sue.send('GET', `/interactions/${other}`)).json).to.include({ agent: null });
    expect((await ben.send('GET', '/session')).status).to.equal(401);
  });

  it('goes on closing in a page that is loaded anew', async () => {
    const ann = await person('ann');
    const id = await conversation(ann);
    await ann.send('POST', `/interactions/${id}/closing`);
    ann.hangUp();
    await until(() => hub.size === 0, 'the stream to end');
    const desk = await ann.desk();
    expect(desk.presence).to.include({ state: 'paused', pause: 'Wrap-up' });
    expect(desk.disposing).to.deep.equal([id]);
  });

  it('documents these routes', async () => {
    const { paths } = (await call(`${server.url}/whatsapp/api/openapi.json`)).json;
    const one = '/api/interactions/{id}';
    expect(Object.keys(paths)).to.include.members(
      ['transfer', 'closing', 'snooze', 'notes', 'tags'].map((last) => `${one}/${last}`),
    );
    expect(Object.keys(paths[`${one}/closing`])).to.have.members(['post', 'delete']);
    expect(paths['/api/session'].delete.parameters.map((p: { name: string }) => p.name)).to.include('release');
    expect(paths['/api/agents/{username}/release'].post.responses).to.have.property('403');
  });

  it('shows what came before, and whom it could go to', async () => {
    const [ann, ben] = [await person('ann'), await person('ben')];
    const first = await conversation(ann);
    await ann.send('POST', `/interactions/${first}/close`, { disposition: ['Sold'] });
    const id = await conversation(ann);
    const earlier = await ann.send('GET', `/interactions/${id}/earlier`);
    documented('earlier', earlier.json);
    expect(earlier.json.interactions).to.have.length(1);
    expect(earlier.json.interactions[0]).to.deep.include({ id: first, status: 'closed', disposition: ['Sold'] });
    expect(earlier.json.more).to.equal(false);
    expect(refused(await ben.send('GET', `/interactions/${id}/earlier`))).to.equal('403 forbidden');
    const targets = await ann.send('GET', `/interactions/${id}/targets`);
    documented('targets', targets.json);
    expect(targets.json.agents).to.have.length(1);
    expect(targets.json.agents[0]).to.include({ username: 'ben', load: 0, capacity: 3, ready: true });
    expect(targets.json.queues).to.deep.equal([{ name: 'Sales', waiting: 0, ready: 1 }]);
    expect(refused(await ann.send('GET', '/interactions/none/targets'))).to.equal('404 not_found');
    const { json } = await ben.send('GET', '/colleagues');
    documented('colleagues', json);
    expect(json.colleagues.map((c: { username: string }) => c.username)).to.deep.equal(['ann', 'ben']);
  });

  it('changes a contact', async () => {
    const [ann, ben] = [await person('ann'), await person('ben')];
    const id = await conversation(ann);
    const { contact } = (await ann.send('GET', `/interactions/${id}`)).json;
    const reply = await ann.send('PATCH', `/contacts/${contact.id}`, { name: 'Marta Ferri', list: 'VIP' });
    expect(reply.status).to.equal(200);
    documented('contact', reply.json);
    expect(reply.json.contact).to.deep.include({ id: contact.id, name: 'Marta Ferri', list: 'VIP' });
    expect((await ann.desk()).tabs[0]?.contact).to.deep.include({ name: 'Marta Ferri', list: 'VIP' });
    expect(refused(await ben.send('PATCH', `/contacts/${contact.id}`, { name: 'X' }))).to.equal('403 forbidden');
    expect(refused(await ann.send('PATCH', '/contacts/none', { name: 'X' }))).to.equal('404 not_found');
    const empty = await ann.send('PATCH', `/contacts/${contact.id}`, {});
    expect(empty.status).to.equal(400);
    const unknown = await ann.send('PATCH', `/contacts/${contact.id}`, { phone: '1' });
    expect(unknown.status).to.equal(400);
    expect(unknown.json.error.message).to.contain('phone');
  });

  it('begins a conversation', async () => {
    const [ann, ben] = [await person('ann'), await person('ben')];
    const start = (of: Person, more: object = {}) =>
      of.send('POST', '/interactions', { account: accountId, address: '+12025550142', text: 'Hello again', ...more });
    expect(refused(await start(ann))).to.equal('409 window_closed');
    const first = await conversation(ann);
    const open = await start(ben);
    expect(refused(open)).to.equal('409 already_open');
    expect(open.json.error.details).to.deep.equal({ agent: 'ann', interaction: null });
    await ann.send('POST', `/interactions/${first}/close`, { disposition: ['Sold'] });
    const begun = await start(ben);
    expect(begun.status).to.equal(201);
    documented('started', begun.json);
    expect(begun.json.interaction).to.include({ agent: 'ben', tabOpen: true });
    expect((await ben.desk()).tabs.map((tab) => tab.id)).to.deep.equal([begun.json.interaction.id]);
    expect(refused(await start(ann, { account: 'none' }))).to.equal('404 unknown_account');
    expect((await start(ann, { address: '  ' })).status).to.equal(400);
    expect((await start(ann, { text: '' })).status).to.equal(400);
    expect(refused(await start(ann, { text: 'x'.repeat(1601) }))).to.equal('422 too_long');
  });
});
