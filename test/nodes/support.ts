/**
 * Nodes in the test helper's Node-RED, over a real engine in a fresh directory. Messages are put into the engine as webhooks would:
 * HTTP is tested elsewhere.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI, NodeInitializer } from 'node-red';
import helper from 'node-red-node-test-helper';
import type { OfferView } from '../../core/views.ts';
import waAgent from '../../nodes/wa-agent/wa-agent.ts';
import waDisposition from '../../nodes/wa-disposition/wa-disposition.ts';
import waEvents from '../../nodes/wa-events/wa-events.ts';
import waInbound from '../../nodes/wa-inbound/wa-inbound.ts';
import waInteraction from '../../nodes/wa-interaction/wa-interaction.ts';
import waInterval from '../../nodes/wa-interval/wa-interval.ts';
import waNotify from '../../nodes/wa-notify/wa-notify.ts';
import waQuery from '../../nodes/wa-query/wa-query.ts';
import waQueue from '../../nodes/wa-queue/wa-queue.ts';
import waRoute from '../../nodes/wa-route/wa-route.ts';
import waSend from '../../nodes/wa-send/wa-send.ts';
import whatsappAccount from '../../nodes/whatsapp-account/whatsapp-account.ts';
import whatsappQueue from '../../nodes/whatsapp-queue/whatsapp-queue.ts';
import { type Connector, connector } from '../../runtime/connector.ts';

helper.init(createRequire(import.meta.url).resolve('node-red'));

const modules = [
  ...[
    waAgent,
    waDisposition,
    waEvents,
    waInbound,
    waInteraction,
    waInterval,
    waNotify,
    waQuery,
    waQueue,
    waRoute,
    waSend,
  ],
  ...[whatsappAccount, whatsappQueue],
] as unknown as NodeInitializer[];

export const FROM = '+12025550142';

/** Fictional, by provider. */
export const SECRETS = {
  twilio: {
    accountSid: 'AC00000000000000000000000000000001',
    authToken: '0123456789abcdef0123456789abcdef',
    appId: '',
  },
  sinch: {
    accountSid: '11111111-2222-4333-8444-555555555555',
    authToken: 'fictional-key:fictional-secret',
    webhookSecret: 'fictional-webhook-secret',
    appId: '01W4FFL35P4NC4K35CONVAPP01',
  },
  meta: {
    accountSid: '',
    authToken: 'fictional-access-token',
    webhookSecret: 'fictional-app-secret',
    verifyToken: 'fictional-verify-token',
    appId: '106540352242922',
  },
};

// biome-ignore lint/suspicious/noExplicitAny: messages are looked into by the assertions
export type Message = any;

/** A loaded flow. */
export interface Bench {
  shared: Connector;
  /** The next message that reaches a `helper` node, or one that did and was not asked for yet. */
  next(id: string): Promise<Message>;
  /** What reached a `helper` node and was not asked for. */
  rest(id: string): Message[];
  /** A customer's text, durable. */
  write(text: string, from?: string): Promise<void>;
  /** Gives a node a message. */
  give(id: string, msg: object): void;
  /** An agent who is there from now on, and the offers made to them. */
  agent(username: string): Promise<{ offer(): Promise<OfferView>; accept(): Promise<void> }>;
  /** Deploys the flow anew, changed; resolves when the store knows it. */
  deploy(change: (nodes: Message[]) => Message[]): Promise<void>;
  /** What a node wrote with `node.warn`. */
  warnings(id: string): string[];
  /** The next status of a node that has this text. */
  status(id: string, text: RegExp): Promise<{ fill: string; shape: string; text: string }>;
}

let current: { shared: Connector; directory: string } | undefined;

/** Loads a flow with account `account` (+12025550100, key MAIN), to be unloaded with `unload`. */
export async function load(flow: object[], account: Record<string, unknown> = {}): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'wa-nodes-'));
  helper.settings({ userDir: directory, whatsappConnector: { publicUrl: 'https://wa.example.com' } });
  let RED: NodeAPI | undefined;
  let whole: Message[] = [
    { id: 'tab', type: 'tab', label: 'Test' },
    {
      ...{ id: 'account', type: 'whatsapp-account', name: 'Main', key: 'MAIN', phone: '+12025550100', agents: ['*'] },
      ...account,
    },
    // Without coordinates Node-RED takes a node for a config node.
    ...flow.map((node, i) => ({ z: 'tab', x: 100, y: 40 * i, wires: [], ...node })),
  ];
  const { appId: _, ...secrets } = SECRETS[(account.provider as keyof typeof SECRETS | undefined) ?? 'twilio'];
  const credentials = { account: secrets };
  const capture = (api: NodeAPI) => {
    RED = api;
  };
  await helper.load([...modules, capture as NodeInitializer], whole, credentials);
  const shared = connector(RED as NodeAPI);
  current = { shared, directory };

  const arrived = new Map<string, Message[]>();
  const waiting = new Map<string, ((msg: Message) => void)[]>();
  for (const { id, type } of whole) {
    if (type !== 'helper') continue;
    arrived.set(id, []);
    waiting.set(id, []);
  }
  const listen = () => {
    for (const id of arrived.keys())
      helper.getNode(id)?.on('input', (msg: Message) => {
        const waiter = waiting.get(id)?.shift();
        if (waiter) waiter(msg);
        else arrived.get(id)?.push(msg);
      });
  };
  listen();
  await deployed(shared);
  // What waited was given out: the engine does one after the other.
  await shared.engine.run('health', {});
  let written = 0;
  return {
    shared,
    next: (id) => {
      const here = arrived.get(id)?.shift();
      if (here) return Promise.resolve(here);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nothing reached ${id}`)), 5000);
        waiting.get(id)?.push((msg) => {
          clearTimeout(timer);
          resolve(msg);
        });
      });
    },
    rest: (id) => arrived.get(id) ?? [],
    async write(text, from = FROM) {
      const peer = { address: from, phone: from, profileName: 'Zoe' };
      const event = { kind: 'message', id: `SM${++written}-${directory}`, peer, type: 'text', text } as const;
      await shared.engine.run('ingest', { account: shared.accounts.idOf('account') ?? '', events: [event] });
    },
    give: (id, msg) => helper.getNode(id).receive(msg as never),
    async agent(username) {
      const offers: OfferView[] = [];
      const hopes: ((offer: OfferView) => void)[] = [];
      shared.engine.onEffects((effects) => {
        for (const effect of effects) {
          if (effect.kind !== 'publish' || effect.event !== 'offer' || !effect.to.includes(username)) continue;
          const hope = hopes.shift();
          if (hope) hope(JSON.parse(effect.json) as OfferView);
          else offers.push(JSON.parse(effect.json) as OfferView);
        }
      });
      await shared.engine.run('createAgent', {
        username,
        name: username,
        role: 'agent',
        capacity: 9,
        passwordHash: '-',
      });
      await shared.engine.run('connect', { username, connection: username });
      const offer = () => {
        const here = offers.shift();
        return here ? Promise.resolve(here) : new Promise<OfferView>((resolve) => hopes.push(resolve));
      };
      return {
        offer,
        async accept() {
          await shared.engine.run('acceptOffer', { offer: (await offer()).id, username });
        },
      };
    },
    async deploy(change) {
      const resumed = new Promise<void>((resolve) => {
        const stop = shared.engine.onEffects((effects) => {
          if (!effects.some(({ kind }) => kind === 'resumed')) return;
          stop();
          resolve();
        });
      });
      whole = change(whole);
      // The helper waits for the start for a fixed time only; the engine says when it is over.
      await helper.setFlows(whole, 'full', credentials).catch(() => {});
      await resumed;
      listen();
    },
    status: (id, text) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no status ${text} of ${id}`)), 5000);
        helper.getNode(id).on('call:status', (call) => {
          const [status] = call.args;
          if (!text.test(status.text ?? '')) return;
          clearTimeout(timer);
          resolve(status as { fill: string; shape: string; text: string });
        });
      }),
    warnings: (id) =>
      helper
        .getNode(id)
        .warn.getCalls()
        .map((call) => String(call.args[0])),
  };
}

/** Resolves when the store knows what is deployed. */
function deployed(shared: Connector): Promise<void> {
  if (shared.accounts.idOf('account')) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = shared.onSettled(() => {
      stop();
      resolve();
    });
  });
}

/** The store's file, to put it into a state that takes days to come about. */
export const databaseOf = (): string => join(current?.directory ?? '', 'whatsapp-connector', 'connector.db');

export async function unload(): Promise<void> {
  if (!current) return;
  const { shared, directory } = current;
  current = undefined;
  await helper.unload();
  await shared.stop();
  await rm(directory, { recursive: true, force: true });
}

/** `helper` nodes that take what comes. */
export const ends = (...ids: string[]): object[] => ids.map((id) => ({ id, type: 'helper' }));

/** A Catch node and a Complete node with a `helper` behind each: `caught`, `completed`. */
export const watchers = (...scope: string[]): object[] => [
  { id: 'catch', type: 'catch', scope, wires: [['caught']] },
  { id: 'complete', type: 'complete', scope, wires: [['completed']] },
  ...ends('caught', 'completed'),
];
