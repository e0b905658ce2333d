/**
 * Three Node-REDs on one PostgreSQL behind a round-robin proxy, phones and agents at work, and everything that can break breaking.
 * At the end the provider's view, the database and the outputs of the flows are held against each other.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startShared } from '../../core/cluster/engine.ts';
import { hashPassword } from '../../server/passwords.ts';
import { startSimulator } from '../../simulator/server.ts';
import { Desk } from '../e2e/support/desk.ts';
import { account, node, probe, queue, SECRETS, tab } from '../e2e/support/flows.ts';
import { deliver, eventually, passwordOf } from '../e2e/support/office.ts';
import { Probes } from '../e2e/support/probes.ts';
import { createUserDir, type FlowNode, type NodeRed, removeUserDir, startNodeRed } from '../support/node-red.ts';
import { emptyDatabaseOn, startServer } from '../support/postgres.ts';
import { cable, roundRobin } from './proxies.ts';

export interface FleetOptions {
  runtimes: number;
  agents: number;
  phones: number;
  /** Rounds of all faults. */
  rounds: number;
  /** One is killed while another is paused, instead of one after the other: faster. */
  atOnce?: boolean;
  /** ms that a pause or a cut lasts. */
  outage: number;
  log?(line: string): void;
}

export interface FleetReport {
  violations: string[];
  counts: Record<string, number>;
}

const MAIN = '+12025550100';
const LATE = '+12025550101';
/** s of the wait that nobody ends. */
const WAIT = 3;
/** ms that a wait may end late: 2 s, and what a transaction of a paused runtime may hold up the others. */
const MAY_BE_LATE = 5000;

function flows(domain: string, baseUrl: string): FlowNode[] {
  const { node: page, place } = tab('plan');
  const at = { domain, baseUrl };
  return [
    page,
    { ...account({ id: 'account-main', key: 'MAIN', phone: MAIN }), ...at },
    { ...account({ id: 'account-late', key: 'LATE', phone: LATE }), ...at },
    queue('everybody', 'Everybody'),
    queue('nobody', 'Nobody', { agents: ['nobody-at-all'] }),
    node('wa-inbound', 'in', place(), [['probe-in'], []], { account: 'account-main' }),
    probe('in', place(), [['route']]),
    node('wa-route', 'route', place(), [[], ['step']]),
    node('wa-queue', 'step', place(), [['probe-accepted'], []], { queue: 'everybody', queueType: 'queue', timeout: 0 }),
    probe('accepted', place()),
    node('wa-inbound', 'in-late', place(), [['probe-in'], []], { account: 'account-late' }),
    node('wa-inbound', 'in-late-2', place(), [['late'], []], { account: 'account-late' }),
    node('wa-queue', 'late', place(), [[], ['probe-timeout']], { queue: 'nobody', queueType: 'queue', timeout: WAIT }),
    probe('timeout', place()),
  ];
}

export async function fleet(options: FleetOptions): Promise<FleetReport> {
  const log = options.log ?? (() => {});
  const server = await startServer();
  const url = await emptyDatabaseOn(server.url);
  const simulator = await startSimulator({ statusDelay: 5 });
  const probes = Array.from({ length: options.runtimes }, () => new Probes());
  const reds: NodeRed[] = [];
  const proxy = await roundRobin(() => reds.map((red) => red.url));
  const cables = await Promise.all(probes.map(() => cable(url)));
  const dirs = await Promise.all(probes.map(() => createUserDir()));
  const usernames = Array.from({ length: options.agents }, (_, i) => `agent${i}`);
  const violations: string[] = [];
  const acknowledged: string[] = [];
  const streams = new Map<string, { events: string[]; runtime: number }>();
  let phase: 'load' | 'rest' | 'over' = 'load';
  const workers: Promise<unknown>[] = [];

  const start = async (i: number) => {
    reds[i] = await startNodeRed({
      userDir: dirs[i]!,
      flows: flows(proxy.url, simulator.url),
      ...(reds[i] ? { port: reds[i]!.port } : {}),
      env: { WHATSAPP_DATABASE_URL: cables[i]!.url },
      onLog: probes[i]!.take,
    });
    await eventually(async () => {
      const health = await fetch(`${reds[i]!.url}/whatsapp/health`);
      await health.arrayBuffer();
      if (!health.ok) throw new Error(`not healthy: ${health.status}\n${reds[i]!.log().slice(-2000)}`);
    }, 30_000);
  };

  const phone = async (to: string, from: string) => {
    for (let n = 0; phase === 'load'; n++) {
      const { id, request } = simulator.signedRequest({ account: to, from, text: `${from} ${n}` });
      for (;;) {
        const status = await deliver(request);
        if (status === 200) break;
        if (![0, 502, 503, 504].includes(status)) violations.push(`a webhook was answered with ${status}`);
        await pause(100);
      }
      acknowledged.push(id);
      await pause(200 + Math.random() * 800);
    }
  };

  const agent = async (username: string, i: number) => {
    const desk = await Desk.signIn(proxy.url, username, passwordOf(username));
    const seen = { events: [] as string[], runtime: i % options.runtimes };
    streams.set(username, seen);
    // Its stream is at one runtime, its calls go to any.
    workers.push(keepStream(desk, seen));
    while (phase !== 'over') {
      await work(desk, username).catch(() => {});
      await pause(300);
    }
  };
  const keepStream = async (desk: Desk, seen: { events: string[]; runtime: number }) => {
    while (phase !== 'over') {
      await desk
        .follow(
          reds[seen.runtime]!.url,
          (event) => seen.events.push(event),
          () => phase === 'over',
        )
        .catch(() => {});
      await pause(300);
    }
  };
  const work = async (desk: Desk, username: string) => {
    const { json } = await desk.call('GET', '/desk');
    for (const offer of json.offers) await desk.call('POST', `/offers/${offer.id}/accept`).catch(() => {});
    for (const { id } of json.tabs) {
      if (phase === 'over') return;
      const key = { 'idempotency-key': `answer-${id}` };
      await desk
        .call('POST', `/interactions/${id}/messages`, { text: `answer ${id} ${username}` }, key)
        .catch(() => {});
    }
  };

  try {
    const seed = await startShared({ url, settings: { offlineAfter: 60 } });
    for (const username of usernames) {
      const passwordHash = await hashPassword(passwordOf(username), { N: 2 ** 10, r: 8, p: 1 });
      await seed.run('createAgent', { username, name: username, role: 'agent', capacity: 500, passwordHash });
    }
    await seed.close();
    await Promise.all(probes.map((_, i) => start(i)));
    for (const [key, number] of [
      ['account-main', MAIN],
      ['account-late', LATE],
    ] as const) {
      const answer = await reds[0]!.admin(`/whatsapp/admin/accounts/${key}`);
      const { receiveUrl } = (await answer.json()) as { receiveUrl: string };
      const { accountSid, authToken } = SECRETS.twilio;
      simulator.register({
        provider: 'twilio',
        phone: number,
        accountSid,
        authToken,
        webhookUrl: receiveUrl,
        publicUrl: receiveUrl,
      });
    }
    workers.push(...usernames.map((name, i) => agent(name, i)));
    for (let i = 0; i < options.phones; i++)
      workers.push(phone(i % 4 === 3 ? LATE : MAIN, `+1202557${String(1000 + i)}`));
    await pause(2000);

    for (let round = 0; round < options.rounds; round++) {
      const at = (i: number) => (round + i) % options.runtimes;
      const killed = async () => {
        log(`SIGKILL ${at(0)}`);
        await reds[at(0)]!.kill9();
        await pause(1000);
        await start(at(0));
      };
      const paused = async () => {
        log(`SIGSTOP ${at(1)}`);
        reds[at(1)]!.process.kill('SIGSTOP');
        await pause(options.outage);
        reds[at(1)]!.process.kill('SIGCONT');
        await pause(1500);
      };
      if (options.atOnce) await Promise.all([killed(), paused()]);
      else {
        await killed();
        await paused();
      }
      log(`cut off ${at(2)}`);
      cables[at(2)]!.cut();
      await pause(options.outage);
      cables[at(2)]!.mend();
      await pause(1500);
      log('PostgreSQL restarts');
      await server.stop();
      await pause(500);
      await server.start();
      await pause(2000);
    }
    log('rest');
    phase = 'rest';
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    // biome-ignore lint/suspicious/noExplicitAny: columns as the queries name them
    const rows = async (sql: string): Promise<any[]> => (await database.query(sql)).rows;
    try {
      await eventually(async () => {
        const left =
          await rows(`select (select count(*) from handover) as handovers, (select count(*) from outgoing) as outgoing,
          (select count(*) from interaction where step_kind = 'queue' and agent is null and step_node = 'step') as waiting,
          (select count(*) from interaction where plan_position <> 'none' and step_node = 'late') as late`);
        if (Object.values(left[0]).some((n) => Number(n) > 0))
          throw new Error(`still under way: ${JSON.stringify(left[0])}`);
      }, 90_000).catch((error: Error) => violations.push(error.message));
      await last();
      const counts = await compare(rows);
      phase = 'over';
      return { violations, counts };
    } finally {
      await database.end();
    }
  } finally {
    phase = 'over';
    for (const red of reds) red.process.kill('SIGCONT');
    await Promise.all(reds.map((red) => red.kill9()));
    await Promise.all(workers).catch(() => {});
    proxy.close();
    for (const one of cables) one.close();
    await simulator.close();
    await server.stop();
    await Promise.all(dirs.map(removeUserDir));
  }

  /** Every desk at every runtime hears of what comes now. */
  async function last(): Promise<void> {
    for (const seen of streams.values()) seen.events = [];
    const { id, request } = simulator.signedRequest({ account: MAIN, from: '+12025579999', text: 'the last one' });
    await eventually(async () => {
      if ((await deliver(request)) !== 200) throw new Error('the last message was not taken');
    });
    acknowledged.push(id);
    await eventually(() => {
      const deaf = [...streams].filter(([, { events }]) => !events.includes('offer')).map(([name]) => name);
      if (deaf.length > 0) throw new Error(`desks that heard of no offer: ${deaf}`);
    }).catch((error: Error) => violations.push(error.message));
  }

  async function compare(
    rows: (sql: string) => Promise<{ [column: string]: unknown }[]>,
  ): Promise<Record<string, number>> {
    const no = (what: string, found: unknown[]) => {
      if (found.length > 0) violations.push(`${what}: ${found.length}, such as ${JSON.stringify(found[0])}`);
    };
    const inbound = await rows(`select provider_id, id from message where direction = 'in'`);
    const stored = new Set(inbound.map((m) => m.provider_id));
    no(
      'acknowledged messages are missing',
      acknowledged.filter((id) => !stored.has(id)),
    );
    no('messages are stored twice', inbound.length === stored.size ? [] : [inbound.length - stored.size]);
    const handed = new Set(probes.flatMap((p) => p.of('in').map((seen) => seen.whatsapp.message.id)));
    no(
      'messages were never handed over',
      inbound.filter((m) => !handed.has(m.id)),
    );
    const assigned = await rows(`select interaction_id, count(distinct actor) as agents from audit
      where event = 'interaction-assigned' group by 1 having count(distinct actor) > 1`);
    no('interactions had two agents', assigned);
    const sends = simulator.sends({ text: /^answer / });
    const texts = new Map<string, number>();
    for (const { text } of sends) texts.set(text, (texts.get(text) ?? 0) + 1);
    no(
      'answers were sent twice',
      [...texts].filter(([, n]) => n > 1),
    );
    const sent = await rows(
      `select text from message where direction = 'out' and status in ('sent', 'delivered', 'read')`,
    );
    no(
      'answers that count as sent never came',
      sent.filter(({ text }) => !texts.has(String(text))),
    );
    const waits = probes.flatMap((p) => p.of('timeout').map((seen) => Number(seen.whatsapp.step.waitedSeconds)));
    const late = waits.map((s) => (s - WAIT) * 1000);
    no(
      'waits ended late',
      late.filter((ms) => ms > MAY_BE_LATE),
    );
    return {
      acknowledged: acknowledged.length,
      stored: inbound.length,
      interactions: Number((await rows('select count(*) as n from interaction'))[0]!.n),
      answers: sends.length,
      timeouts: waits.length,
      latestTimeout: Math.max(0, ...late),
    };
  }
}
