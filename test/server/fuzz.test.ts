/**
 * Webhooks as nobody would send them, rightly signed, through the HTTP server into a real store. `FUZZ_RUNS=200000` sends more of
 * them, `FUZZ_SEED` the same again.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import fc from 'fast-check';
import { startThread } from '../../core/host/thread.ts';
import { providerOf } from '../../providers/index.ts';
import { signMeta } from '../../providers/meta/signature.ts';
import {
  type InboundMessage,
  MESSAGE_TYPES,
  type ProviderAccount,
  type ProviderEvent,
  type ProviderName,
  UnreadableWebhook,
} from '../../providers/provider.ts';
import { signSinch } from '../../providers/sinch/signature.ts';
import { signTwilio } from '../../providers/twilio/signature.ts';
import { createWebhooks, WEBHOOK_LIMIT, type WebhookAccount } from '../../server/webhooks.ts';
import { account as accountConfig } from '../core/support.ts';
import { PHONE } from '../providers/fixtures/case.ts';
import { META } from '../providers/fixtures/meta.ts';
import { SINCH } from '../providers/fixtures/sinch.ts';
import { TWILIO } from '../providers/fixtures/twilio.ts';
import { META_ACCOUNT, SINCH_ACCOUNT, TWILIO_ACCOUNT } from '../providers/support.ts';
import { type Change, change, changeForm, changeJson, type Wire, wire } from './fuzz/mutations.ts';
import { openWires, type Wires } from './fuzz/wires.ts';
import { listen, type MemoryLog, memoryLog, type TestServer } from './support.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 20_001);
/** Sent at once. */
const TOGETHER = 60;
const CONNECTIONS = 20;
const PUBLIC_URL = 'https://wa.example.com';
const CASES = { twilio: TWILIO, sinch: SINCH, meta: META };
const ACCOUNTS: Record<ProviderName, ProviderAccount> = {
  twilio: TWILIO_ACCOUNT,
  sinch: SINCH_ACCOUNT,
  meta: META_ACCOUNT,
};

interface Attack {
  case: number;
  changes: Change[];
  wire: Wire;
  /** The id of the message before is used again. */
  again: boolean;
  forged: boolean;
}

const attack: fc.Arbitrary<Attack> = fc.record({
  case: fc.nat(1000),
  changes: fc.array(change, { maxLength: 4 }),
  wire,
  again: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  forged: fc.integer({ min: 0, max: 49 }).map((n) => n === 0),
});

/** Read and accepted, by the provider's id. */
type Accepted = Map<string, InboundMessage[]>;

describe('webhooks that are not as they should be', function () {
  this.timeout(0);
  let directory: string;
  let file: string;
  let engine: Awaited<ReturnType<typeof startThread>>;
  let server: TestServer;
  let wires: Wires;
  let log: MemoryLog;
  const accounts = new Map<string, WebhookAccount>();

  before(async () => {
    // A disk has no part in it.
    directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wa-fuzz-'));
    file = join(directory, 'connector.db');
    engine = await startThread({ file, settings: { offlineAfter: 60 } });
    engine.onEffects(() => {});
    const names = Object.keys(ACCOUNTS) as ProviderName[];
    const configs = names.map((provider) => accountConfig({ nodeId: provider, key: provider.toUpperCase(), provider }));
    const made = await engine.run('syncConfig', { accounts: configs, queues: [], nodes: null });
    for (const name of names) {
      const { id, proxyToken } = made.accounts[name] as { id: string; proxyToken: string };
      const more = { key: name, provider: providerOf(name), account: ACCOUNTS[name], publicUrl: PUBLIC_URL };
      accounts.set(id, { id, proxyToken, ...more });
    }
    log = memoryLog();
    const webhooks = createWebhooks({
      ...{ httpNodeRoot: '/', engine, log, now: Date.now },
      account: (id) => accounts.get(id) ?? 'unknown',
    });
    server = await listen((req, res) => webhooks(req, res, () => res.writeHead(404).end()));
    wires = await openWires(server.port, CONNECTIONS);
  });
  after(async () => {
    wires?.close();
    await server?.close();
    await engine?.close();
    await rm(directory, { recursive: true, force: true });
  });

  let sent = 0;
  /** The bytes of an attack. Ids and people are others each time: what is known already would not be looked at. */
  function bodyOf(name: ProviderName, { case: which, changes, wire, again }: Attack): Buffer {
    const cases = CASES[name];
    const { body } = cases[which % cases.length]!;
    const fresh = JSON.stringify(body)
      .replaceAll(PHONE.slice(1), `1202555${1000 + (sent % 300)}`)
      .replace(/(SM|MM|01WAFICTIONALMESSAGE0000|wamid\.)([\w=]+)/g, (_, start: string, rest: string) => {
        return `${start}${(again ? sent - 1 : sent).toString(36)}${rest}`;
      });
    sent++;
    const copy = JSON.parse(fresh);
    return wire(Buffer.from(name === 'twilio' ? changeForm(copy, changes) : JSON.stringify(changeJson(copy, changes))));
  }

  function headersOf(account: WebhookAccount, path: string, body: Buffer): Record<string, string> {
    const secret = account.account.webhookSecret ?? '';
    if (account.provider.name === 'twilio') {
      const signature = signTwilio(account.account.authToken, PUBLIC_URL + path, body);
      return { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature };
    }
    if (account.provider.name === 'meta') return { 'x-hub-signature-256': signMeta(secret, body) };
    const seconds = Math.floor(Date.now() / 1000);
    const name = 'x-sinch-webhook-signature';
    return {
      [name]: signSinch(secret, body, 'n', seconds),
      [`${name}-nonce`]: 'n',
      [`${name}-timestamp`]: `${seconds}`,
    };
  }

  /** What the provider's reader makes of it; null for what is to be refused. */
  function eventsIn(account: WebhookAccount, url: string, body: Buffer): ProviderEvent[] | null {
    try {
      return account.provider.parse({ headers: {}, url, body, now: Date.now() }, account.account);
    } catch (error) {
      expect(error).instanceOf(UnreadableWebhook);
      return null;
    }
  }

  async function send(account: WebhookAccount, one: Attack, accepted: Accepted, refused: Set<string>): Promise<number> {
    const path = `/whatsapp/webhooks/${account.id}/${account.proxyToken}?wa=${sent % 7}`;
    const body = bodyOf(account.provider.name, one);
    const headers = headersOf(account, path, body);
    if (one.forged)
      for (const name of Object.keys(headers))
        if (name.endsWith('signature') || name.endsWith('256')) headers[name] = 'AAAA';
    const events = eventsIn(account, PUBLIC_URL + path, body);
    const status = await wires.post(path, headers, body);
    const known = events ? 200 : 400;
    const expected = body.length > WEBHOOK_LIMIT ? 413 : one.forged ? 403 : known;
    expect(status, body.toString().slice(0, 3000)).equal(expected);
    for (const event of events ?? []) {
      if (event.kind !== 'message') continue;
      if (status !== 200) refused.add(event.id);
      else accepted.set(event.id, [...(accepted.get(event.id) ?? []), event]);
    }
    return status;
  }

  /** Everything that was accepted is there once and whole, and nothing else. */
  function inspect(account: WebhookAccount, accepted: Accepted, refused: Set<string>): number {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      expect(db.prepare('pragma integrity_check').all()).deep.equal([{ integrity_check: 'ok' }]);
      expect(db.prepare('pragma foreign_key_check').all()).deep.equal([]);
      const rows = db
        .prepare(
          `select m.*, p.message_id as taken, c.name, a.address as reached,
             (select count(*) from media where media.message_id = m.id) as files
           from message m join interaction i on i.id = m.interaction_id
           left join provider_id p on p.provider_id = m.provider_id and p.account_id = i.account_id
           left join contact c on c.id = i.contact_id
           left join address a on a.address = i.address and a.contact_id = c.id
           where i.account_id = ?`,
        )
        .all(account.id) as Record<string, string | number | null>[];
      const seen = new Set<string>();
      for (const row of rows) {
        const id = String(row.provider_id);
        expect(row, id).include({ direction: 'in', status: 'received', taken: row.id });
        expect(row.name, id).a('string').not.equal('');
        expect(row.reached, id).a('string').not.equal('');
        expect(MESSAGE_TYPES).include(row.type);
        const written = accepted.get(id) ?? [];
        const content = row.content === null ? {} : JSON.parse(String(row.content));
        const whole = written.filter((event) => event.text === row.text && event.type === row.type);
        expect(whole, `${id} is as it was sent`).not.empty;
        for (const part of ['location', 'button', 'reaction', 'repliedTo', 'forwarded', 'referral'] as const) {
          const parts = whole.map((event) => JSON.stringify(event[part]));
          expect(parts, `${part} of ${id}`).include(JSON.stringify(content[part]));
        }
        expect(content.media?.length ?? 0).equal(row.files);
        expect(whole.map((event) => event.media?.length ?? 0)).include(row.files);
        expect(seen.has(id), `${id} once`).equal(false);
        seen.add(id);
      }
      for (const [id, [first]] of accepted) {
        // Reactions and notices are kept with a conversation, if there is one.
        if (first!.type !== 'reaction' && first!.type !== 'system') expect(seen.has(id), `${id} is there`).equal(true);
      }
      for (const id of refused) if (!accepted.has(id)) expect(seen.has(id), `${id} was refused`).equal(false);
      return rows.length;
    } finally {
      db.close();
    }
  }

  for (const name of Object.keys(ACCOUNTS) as ProviderName[])
    it(`of ${name} are answered 200, 400 or 403, and leave whole messages or nothing`, async () => {
      const account = [...accounts.values()].find(({ provider }) => provider.name === name)!;
      const accepted: Accepted = new Map();
      const refused = new Set<string>();
      const counts: Record<number, number> = {};
      const batch = fc.array(attack, { minLength: TOGETHER, maxLength: TOGETHER });
      const result = await fc.check(
        fc.asyncProperty(batch, async (attacks) => {
          const answers = await Promise.all(attacks.map((one) => send(account, one, accepted, refused)));
          for (const status of answers) counts[status] = (counts[status] ?? 0) + 1;
        }),
        {
          numRuns: Math.ceil(RUNS / 3 / TOGETHER),
          ...(process.env.FUZZ_SEED ? { seed: Number(process.env.FUZZ_SEED) } : {}),
          // A smaller batch says no more than the one webhook that the failure names.
          endOnFailure: true,
        },
      );
      if (result.failed) throw new Error(`with FUZZ_SEED=${result.seed}`, { cause: result.errorInstance });
      const kept = inspect(account, accepted, refused);
      console.log(`      ${name}: ${JSON.stringify(counts)}, ${kept} messages kept`);
      // A text that grew beyond the limit is answered 413.
      const seen = Object.keys(counts).filter((status) => status !== '413');
      expect(seen.map(Number)).have.members([200, 400, 403]);
      expect(log.lines.filter((line) => line.startsWith('error'))).deep.equal([]);
      // It lives.
      expect(await engine.run('health', {})).an('object');
    });
});
