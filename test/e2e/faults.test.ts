import { execFile } from 'node:child_process';
import { copyFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { WebhookRequest } from '../../simulator/server.ts';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, deliver, eventually, Office } from './support/office.ts';
import type { Seen } from './support/probes.ts';
import { type Statuses, watchStatuses } from './support/statuses.ts';

const PHONE = '+12025550100';
const run = promisify(execFile);

function flows(...more: FlowNode[]): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account', key: 'MAIN', phone: PHONE }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'inbound', place(), [['probe-in'], []], { account: 'account' }),
    probe('in', place(), [['route']]),
    node('wa-route', 'route', place(), [[], ['step']]),
    node('wa-queue', 'step', place(), [['probe-accepted'], ['probe-timeout']], {
      queue: 'everybody',
      queueType: 'queue',
      timeout: 600,
    }),
    probe('accepted', place()),
    probe('timeout', place()),
    ...more,
  ];
}

/** One delivery: its status and what a provider reads in it. */
async function post({ url, method, headers, body }: WebhookRequest) {
  const response = await fetch(url, { method, headers, body });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}

describe('a full disk', function () {
  this.timeout(60_000);
  let office: Office;
  let statuses: Statuses;
  before(async function () {
    // A limit on the size of files is what a disk can be made full with where nothing may be mounted.
    await run('prlimit', ['--version']).catch(() => this.skip());
    office = await Office.open({ flows: flows(), agents: [{ username: 'anna' }] });
    statuses = await watchStatuses(office.red);
  });
  after(async () => {
    statuses?.close();
    await office?.close();
  });

  /** Bytes that a file of the process may have, from now on. */
  const limit = (bytes: string) => run('prlimit', ['--pid', String(office.red.process.pid), `--fsize=${bytes}:`]);
  const message = (from: string, text: string) =>
    office.simulator.signedRequest({ account: PHONE, from, text }).request;

  it('is told by 503, log and status; when there is space again all goes on without a restart, and nothing is lost', async () => {
    const anna = await (await office.desk('anna')).connect();
    expect(await deliver(message('+12025550141', 'before'))).to.equal(200);
    const offer = await anna.offerOf('+12025550141');
    await statuses.until('inbound', /last message|ready/);
    await eventually(() => expect(office.rows('select * from handover')).to.deep.equal([]));
    const from = office.red.log().length;

    await limit(String((await stat(`${office.database}-wal`)).size));
    const during = message('+12025550142', 'during');
    for (const request of [during, during, message('+12025550141', 'more')]) {
      const answer = await post(request);
      expect(answer.status).to.equal(503);
      expect(Number(answer.retryAfter)).to.be.above(0);
      expect(answer.text).to.contain('store_unavailable');
    }
    expect((await anna.call('POST', `/offers/${offer.id}/accept`)).status).to.equal(503);
    await statuses.until('inbound', /disk full|database not writable/);
    const told = complaints(office.red.log().slice(from));
    expect(told.filter((line) => /disk .*full/.test(line))).to.have.length(1);
    expect(told.slice(1).every((line) => /MAIN: webhook not stored \(503\)/.test(line))).to.equal(true);
    // What is read is still there.
    expect((await anna.show()).offers).to.have.length(1);

    await limit('unlimited');
    expect(await deliver(during)).to.equal(200);
    await statuses.until('inbound', /last message|ready/);
    await anna.ok('POST', `/offers/${offer.id}/accept`);
    await anna.offerOf('+12025550142');
    await office.probes.wait('accepted');
    expect(office.probes.of('in').map((seen) => seen.payload)).to.deep.equal(['before', 'during']);
    expect(office.rows('select text from message order by id').map((m) => m.text)).to.deep.equal(['before', 'during']);
    expect(office.red.log().slice(from)).to.match(/\[info\] .*can be written again/);
  });

  it('right after an acknowledgement loses nothing, also when the power is cut then', async () => {
    expect(await deliver(message('+12025550143', 'acknowledged'))).to.equal(200);
    await limit(String((await stat(`${office.database}-wal`)).size));
    expect((await post(message('+12025550144', 'refused'))).status).to.equal(503);
    await office.red.kill9();
    await office.start();
    const texts = office.rows('select text from message order by id').map((m) => m.text);
    expect(texts).to.include('acknowledged').and.not.include('refused');
    await office.probes.wait('in', (seen) => seen.payload === 'acknowledged');
  });
});

describe('a database that cannot be opened', function () {
  this.timeout(60_000);
  let office: Office;
  let statuses: Statuses | undefined;
  beforeEach(async () => {
    office = await Office.open({ flows: flows() });
    await office.red.stop();
  });
  afterEach(async () => {
    statuses?.close();
    await office.close();
  });

  /** Starts without the database, sees that everybody is told, mends it, and sees that all goes on without a restart. */
  async function told(status: RegExp, line: RegExp, mend: () => Promise<unknown>, quiet = 0): Promise<void> {
    const { request } = office.simulator.signedRequest({
      account: PHONE,
      from: '+12025550142',
      text: 'while it is broken',
    });
    await office.start(undefined, { sick: true });
    statuses = await watchStatuses(office.red);
    await statuses.until('inbound', status);
    const answer = await post(request);
    expect(answer.status).to.equal(503);
    expect(Number(answer.retryAfter)).to.be.above(0);
    expect((await fetch(`${office.red.url}/whatsapp/health`)).status).to.equal(503);
    // Told once, however often it is tried: it was tried again when this is over.
    await new Promise((resolve) => setTimeout(resolve, quiet));
    const lines = complaints(office.red.log()).filter((one) => !/webhook refused \(503\)|store is not well/.test(one));
    expect(lines, lines.join('\n')).to.have.length(1);
    expect(lines[0]).to.match(line);
    await mend();
    await eventually(async () => expect(await deliver(request)).to.equal(200), 15_000);
    await office.probes.wait('in', (seen) => seen.payload === 'while it is broken');
    await statuses.until('inbound', /last message/);
  }

  it('damaged', async () => {
    const { database } = office;
    await copyFile(database, `${database}.good`);
    await writeFile(database, 'This is a text that somebody saved here. '.repeat(400));
    await told(
      /database damaged/,
      /connector\.db is damaged or not a SQLite database/,
      () => rename(`${database}.good`, database),
      6000,
    );
  });

  it('of a newer version', async () => {
    const change = (sql: string) => {
      const db = new DatabaseSync(office.database);
      db.exec(sql);
      db.close();
    };
    change("insert into kysely_migration values ('9999-later', '2030')");
    await told(/newer version/, /written by a newer version of this package \(9999-later\)/, async () =>
      change("delete from kysely_migration where name = '9999-later'"),
    );
  });

  it('in a place that cannot be written', async () => {
    const dir = dirname(office.database);
    // Permissions do not stop everybody (root, for one); a file in the place of the directory does.
    await rename(dir, `${dir}.away`);
    await writeFile(dir, '');
    await told(/database not writable/, /connector\.db cannot be created/, async () => {
      await rm(dir);
      await rename(`${dir}.away`, dir);
    });
    expect(await readdir(dir)).to.include('connector.db');
  });

  it('is left as it was', async () => {
    const text = 'no database '.repeat(1000);
    await writeFile(office.database, text);
    await office.start(undefined, { sick: true });
    await office.red.waitForLog(/is damaged or not a SQLite database/);
    expect((await stat(office.database)).size).to.equal(text.length);
  });
});

describe('errors in a flow', function () {
  this.timeout(60_000);
  let office: Office;

  before(async () => {
    const { node: page, place } = tab('errors');
    const steps: [string, string, Record<string, unknown>][] = [
      ['wa-route', 'e-route', {}],
      ['wa-queue', 'e-queue', { queue: 'everybody', queueType: 'queue', timeout: 600 }],
      ['wa-agent', 'e-agent', { agent: 'anna', agentType: 'str', timeout: 600 }],
      ['wa-send', 'e-send', { mode: 'text', text: 'Hello' }],
    ];
    const func = `if (msg.payload === 'throw') throw new Error('a fault of the flow');
      if (msg.payload === 'bare') msg = { payload: 'bare' };
      if (msg.payload === 'keep') { flow.set('kept', msg); return null; }
      if (msg.payload === 'again') msg = flow.get('kept');
      if (msg.payload === 'large') msg.extra = 'x'.repeat(1100000);
      return msg;`;
    office = await Office.open({
      agents: [{ username: 'anna' }],
      flows: [
        page,
        account({ id: 'account', key: 'MAIN', phone: PHONE }),
        queue('everybody', 'Everybody'),
        node('wa-inbound', 'inbound', place(), [['user'], []], { account: 'account' }),
        node('function', 'user', place(), [steps.map(([, id]) => id)], { func, outputs: 1, libs: [] }),
        // With every step behind the same output only one of them takes the message: the others have a copy that is stale.
        ...steps.map(([type, id, more]) => node(type, id, place(), type === 'wa-send' ? [[]] : [[], []], more)),
        node('catch', 'catch', place(), [['probe-caught']], { scope: null, uncaught: false }),
        probe('caught', place()),
        node('complete', 'complete', place(), [['probe-completed']], {
          scope: steps.map(([, id]) => id),
          uncaught: false,
        }),
        probe('completed', place()),
      ],
    });
  });
  after(async () => {
    await office?.close();
  });

  const isThrown = (seen: Seen) => seen.error?.source === 'user';
  let contacts = 0;
  /** A message of a new contact; what became of it at each node, once all have said so. */
  async function fate(text: string, count: number): Promise<string[]> {
    const before = office.probes.all.length;
    const from = `+1202555${String(1000 + contacts++)}`;
    expect(await office.deliver({ account: PHONE, from, text })).to.equal(200);
    const seen = () => office.probes.all.slice(before);
    await eventually(() => expect(seen().length).to.be.at.least(count));
    // Nothing is said twice: what would be comes before the answer to a later message.
    expect(await office.deliver({ account: PHONE, from: '+12025550999', text: 'throw' })).to.equal(200);
    await office.probes.wait('caught', (s) => isThrown(s), ++thrown);
    return seen()
      .filter((s) => !isThrown(s))
      .map((s) => (s.error ? `${s.error.source}: ${s.error.code ?? s.error.message}` : s.name))
      .sort();
  }
  let thrown = 0;

  it('a node that throws is caught by the flow; the next message goes its way', async () => {
    expect(await office.deliver({ account: PHONE, from: '+12025550142', text: 'throw' })).to.equal(200);
    const [seen] = await office.probes.wait('caught');
    thrown++;
    expect(seen?.error).to.deep.include({ message: 'Error: a fault of the flow', source: 'user' });
    expect(await fate('hello', 4)).to.deep.equal(['completed', 'completed', 'completed', 'completed']);
  });

  it('what is no message of a plan: each node says so with a code, once, and is not complete', async () => {
    expect(await fate('bare', 4)).to.deep.equal(
      ['e-agent', 'e-queue', 'e-route', 'e-send'].map((id) => `${id}: no_interaction`),
    );
  });

  it('what is too large to wait', async () => {
    expect(await fate('large', 4)).to.deep.equal([
      'completed',
      ...['e-agent', 'e-queue', 'e-route'].map((id) => `${id}: message_too_large`),
    ]);
  });

  it('what comes after its interaction was closed', async () => {
    const anna = await (await office.desk('anna')).connect();
    const from = '+12025550155';
    expect(await office.deliver({ account: PHONE, from, text: 'keep' })).to.equal(200);
    const { unassigned } = await eventually(async () => {
      const desk = await anna.show();
      expect(desk.unassigned.some((i: { contact: { address: string } }) => i.contact.address === from)).to.equal(true);
      return desk;
    });
    const { id } = unassigned.find((i: { contact: { address: string } }) => i.contact.address === from);
    await anna.ok('POST', `/interactions/${id}/take`);
    await anna.ok('POST', `/interactions/${id}/close`, {});
    expect(await fate('again', 4)).to.deep.equal(
      ['e-agent', 'e-queue', 'e-route', 'e-send'].map((e) => `${e}: interaction_closed`),
    );
  });

  it('the process lives through all of it', () => {
    expect(office.red.process.exitCode).to.equal(null);
    expect(office.red.uncaught()).to.deep.equal([]);
  });
});
