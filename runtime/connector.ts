import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeAPI } from 'node-red';
import { CoreError, type Engine, type QueueConfig } from '../core/api.ts';
import { startThread } from '../core/host/thread.ts';
import { mountAdmin } from '../server/admin.ts';
import { type Api, createApi } from '../server/api.ts';
import { createHub, type Hub } from '../server/events.ts';
import type { Log } from '../server/log.ts';
import { createMetrics } from '../server/metrics.ts';
import { mountBodyErrors } from '../server/mount.ts';
import { createPages } from '../server/pages.ts';
import { createWebhooks, mountFirst } from '../server/webhooks.ts';
import { type AccountNode, Accounts } from './accounts.ts';
import { CatchUp } from './catch-up.ts';
import { Delivery } from './delivery.ts';
import { deployedNodes, type Stopping, stopsNodes } from './deployed.ts';
import { EventFeed } from './event-feed.ts';
import { Health } from './health.ts';
import { lazyEngine } from './lazy-engine.ts';
import { Leaving } from './leaving.ts';
import { LookUps } from './look-ups.ts';
import { Media } from './media/media.ts';
import type { Problem } from './problem.ts';
import { Sender } from './sender.ts';
import { readSettings, SettingsError } from './settings.ts';
import { Signs } from './signs.ts';
import { Templates } from './templates.ts';
import { TrySimulator } from './try-simulator.ts';
import { Upkeep } from './upkeep.ts';

/** What the nodes share: one per Node-RED runtime. */
export interface Connector {
  readonly engine: Engine;
  readonly accounts: Accounts;
  readonly delivery: Delivery;
  readonly events: EventFeed;
  readonly templates: Templates;
  readonly media: Media;
  /** `<httpNodeRoot>/whatsapp`, for the desk. */
  readonly apiRoot: string;
  addAccount(node: AccountNode): () => void;
  addQueue(config: QueueConfig): () => void;
  /** Calls back after each deploy and whenever an account's state may have changed. */
  onSettled(listener: () => void): () => void;
  /** Why the contact centre does not run, null if it does. */
  readonly failure: Problem | null;
  /** Resolves when the process may end, which a node's close waits for; null if it was not told to. */
  left(): Promise<void> | null;
  /** Ends everything; for tests and when no node is left. */
  stop(): Promise<void>;
}

/** ms in which balancers notice that this runtime stops while it still answers; there is somebody else to go to. */
const NOTICE = 4000;
/** ms in which providers answer what was sent; together less than Node-RED waits. */
const ANSWER = 8000;

/** Interactions whose messages are given out again in one command. */
const PART = 200;

/** What `scripts/build-ui.ts` leaves beside the compiled sources. */
const PAGES = fileURLToPath(new URL('../resources/', import.meta.url));

const connectors = new WeakMap<object, Connector>();

/** The connector of this runtime, made at the first call: routes are mounted once, the engine starts with the first node. */
export function connector(RED: NodeAPI): Connector {
  // Each node module gets an own `RED`, but all share its event bus.
  let found = connectors.get(RED.events);
  if (!found) {
    found = createConnector(RED);
    connectors.set(RED.events, found);
  }
  return found;
}

function createConnector(RED: NodeAPI): Connector {
  const log: Log = {
    info: (m) => RED.log.info(`[whatsapp] ${m}`),
    warn: (m) => RED.log.warn(`[whatsapp] ${m}`),
    error: (m) => RED.log.error(`[whatsapp] ${m}`),
  };
  const { settings, problem } = settingsOf(RED, log);
  const metrics = createMetrics();
  const queues = new Map<string, QueueConfig>();
  const listeners = new Set<() => void>();
  const accounts = new Accounts(settings.publicUrl, RED);
  let failure: Problem | null = problem;
  /** Whether no other runtime could take over. */
  let isAlone = () => true;
  const settled = () => {
    for (const listener of listeners) listener();
  };
  const engine = lazyEngine(
    async (onGone) => {
      if (problem) throw new CoreError(problem.code, 503, problem.message);
      const core = { offlineAfter: settings.offlineAfter, retentionDays: settings.retentionDays };
      if (settings.shared) {
        // Loaded where it is used: a SQLite file needs none of it.
        const { startShared } = await import('../core/cluster/engine.ts');
        const shared = await startShared({
          url: settings.database,
          settings: core,
          lag: metrics.lag,
          onGroup: metrics.committed,
        });
        metrics.pool(shared.store.pool);
        isAlone = () => shared.living.length < 2;
        failure = null;
        return shared;
      }
      const opened = await startThread({
        file: settings.database,
        settings: core,
        onGroup: metrics.committed,
        onGone: (error) => {
          onGone();
          log.error(error.message);
          sync();
        },
      });
      failure = null;
      return opened;
    },
    (error) => {
      failure = { code: error instanceof CoreError ? error.code : 'store_failed', message: error.message };
      log.error(error.message);
      settled();
    },
  );
  const delivery = new Delivery(engine, accounts, log, RED);
  const events = new EventFeed(engine, log);
  const templates = new Templates(engine, accounts, log);
  const httpNodeRoot = String((RED.settings as { httpNodeRoot?: unknown }).httpNodeRoot ?? '/');
  const now = () => Date.now();
  const media = new Media(engine, accounts, settings, { log, httpNodeRoot, now });
  const sender = new Sender(engine, accounts, { templates, media }, log, settled);
  const signs = new Signs(accounts);
  const lookUps = new LookUps(engine, accounts, log);
  const catchUp = new CatchUp(engine, accounts, log, settled);
  const upkeep = new Upkeep(engine, log);
  const health = new Health(engine, accounts);
  const simulator = new TrySimulator(RED, accounts, log);
  engine.onEffects((effects) => {
    for (const effect of effects) {
      if (effect.kind === 'outgoing') sender.effect(effect);
      else if (effect.kind === 'sign') signs.effect(effect);
      else if (effect.kind === 'look-up') lookUps.effect(effect);
      else if (effect.kind === 'media') media.effect(effect);
      else if (effect.kind === 'events') events.wake();
      else if (effect.kind === 'store') storeChanged(effect.problem);
    }
    metrics.effects(effects);
    delivery.take(effects);
  });

  /** The store cannot be written any more, or can again: nodes show it. What failed was refused, and whoever asked asks again. */
  function storeChanged(problem: Problem | null): void {
    failure = problem;
    if (problem) log.error(problem.message);
    else log.info('The database can be written again.');
    settled();
  }

  const hub: Hub = createHub({ engine, log, now });
  /** Flows run, or ran. */
  let started = false;
  const api: Api = createApi({
    engine,
    hub,
    sessionHours: settings.sessionHours,
    origins: () => accounts.origins(),
    log,
    now,
    httpNodeRoot,
    metrics: { text: metrics.text, token: settings.metricsToken },
    templates,
    files: media.files,
    stopping: () => leaving.begun,
    ready: () => started && (accounts.settled || accounts.nodes.length === 0),
    flows: {
      nodeName: (id) => RED.nodes.getNode(id)?.name || null,
      receiveUrl: (a) => accounts.receiveUrl(a),
      testAccount: (id) => health.test(id),
    },
  });
  mountRoutes();

  /** Before the first deploy is taken over it is not known which accounts there are. */
  function webhookAccount(id: string): ReturnType<Accounts['webhook']> | 'unavailable' {
    const account = accounts.webhook(id);
    return account === 'starting' && failure ? 'unavailable' : account;
  }

  function mountRoutes(): void {
    // `httpNodeRoot: false` switches the public app off; then there is nothing to mount on.
    const httpNode = RED.httpNode as unknown as Parameters<typeof mountFirst>[0] | undefined;
    if (httpNode) {
      mountFirst(httpNode, media.public.middleware);
      const measured = metrics.measured(engine);
      mountFirst(
        httpNode,
        createWebhooks({ httpNodeRoot, account: (id) => webhookAccount(id), engine: measured, log, now }),
      );
      const middleware = (RED.settings as { httpNodeMiddleware?: unknown }).httpNodeMiddleware;
      for (const m of [middleware].flat()) if (typeof m === 'function') RED.httpNode.use('/whatsapp', m as never);
      RED.httpNode.use(api as never);
      RED.httpNode.use(createPages({ directory: PAGES, log }) as never);
      mountBodyErrors(httpNode, httpNodeRoot);
    }
    if (RED.httpAdmin)
      mountAdmin(RED.httpAdmin as never, (permission) => RED.auth.needsPermission(permission) as never, {
        engine: () => engine.start(),
        receiveUrl: (a) => accounts.receiveUrl(a),
        test: (id, values) => health.test(id, values),
        connect: (id, values) => health.connect(id, values),
        templates: (id) => templatesOf(id),
        simulator: (body) => simulator.offer(body),
        log,
      });
  }

  async function templatesOf(id: string): Promise<object> {
    const { id: account } = await engine.run('accountStatus', { idOrNode: id });
    await templates.fresh(account);
    return engine.run('templates', { account, username: null });
  }

  let syncing: Promise<void> = Promise.resolve();
  /** Rises whenever flows stop or start. */
  let generation = 0;
  /** Why the last deploy could not be taken over. */
  let untaken = '';
  /**
   * Tells the store what is deployed, then gives out what waits. One after the other, however fast deploys follow; a deploy that was
   * overtaken by the next one is not told: half of its nodes may be gone.
   */
  const sync = (): void => {
    const mine = generation;
    syncing = syncing
      .then(async () => {
        if (mine !== generation) return;
        const used = accounts.nodes.length + queues.size + delivery.size + events.size > 0;
        if (!used && !engine.running) {
          accounts.settle({}, []);
          return;
        }
        const answer = await engine.run('syncConfig', {
          accounts: accounts.nodes.map((n) => n.config),
          queues: [...queues.values()],
          nodes: deployedNodes(RED),
          wired: delivery.steps,
        });
        const stored = await engine.run('knownAccounts', {});
        await events.listen();
        // With the next deploy under way the accounts stay as last known, so that webhooks are taken.
        if (mine !== generation) return;
        accounts.settle(answer.accounts, stored);
        for (const node of accounts.nodes) {
          const problem = accounts.problems(node.nodeId)[0];
          if (problem?.code === 'key_taken' || problem?.code === 'phone_taken')
            log.error(`Account "${node.config.name}": ${problem.message}`);
        }
        await simulator.connect();
        settled();
        if (mine !== generation) return;
        const parkedOnly = !delivery.held;
        if (parkedOnly) delivery.park();
        else delivery.open();
        const running = Object.keys(delivery.steps);
        const { rest } = await engine.run('resume', { attempts: true, running, parkedOnly });
        // A deploy that overtakes this begins it anew.
        while (rest.length > 0 && mine === generation)
          await engine.run('resume', { attempts: true, interactions: rest.splice(0, PART) });
        if (mine !== generation) return;
        events.open();
        catchUp.settled();
        untaken = '';
      })
      .catch((error: unknown) => {
        if (stopped) return;
        // Tried every few seconds, and told once.
        const reason = (error as Error).message;
        if (reason !== untaken && reason !== failure?.message)
          log.error(`The contact centre could not take over the deployed flows: ${reason}`);
        untaken = reason;
        retry = setTimeout(sync, 5000);
        retry.unref();
      });
  };
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;
  const onStarted = () => {
    clearTimeout(retry);
    generation++;
    started = true;
    sync();
  };
  const onStopping = (deploy: Stopping = {}) => {
    clearTimeout(retry);
    generation++;
    events.hold();
    if (!stopsNodes(RED, deploy)) return;
    delivery.hold();
  };
  /** Nodes have closed: what they had under way is with the engine already. */
  const onStopped = () => {
    if (!delivery.held || !engine.running) return;
    engine.run('hold', {}).catch((error: unknown) => {
      if (!stopped) log.warn(`Plans may end while flows are stopped: ${(error as Error).message}`);
    });
  };
  /** The process is told to end: it finishes what it holds, sends desks elsewhere, and leaves the rest to others or to its next start. */
  async function leave(): Promise<void> {
    const alone = !engine.running || isAlone();
    hub.refuse();
    const sent = sender.leave(ANSWER);
    if (engine.running) await engine.run('hold', {}).catch(() => {});
    if (!alone) {
      log.info('Stopping: other runtimes take over.');
      await sleep(NOTICE);
    }
    await sent;
    await stop().catch((error: unknown) =>
      log.warn(`The contact centre did not stop well: ${(error as Error).message}`),
    );
  }
  const leaving = new Leaving(leave);
  RED.events.on('flows:started', onStarted);
  RED.events.on('flows:stopped', onStopped);
  RED.events.on('flows:stopping', onStopping);

  return {
    engine,
    accounts,
    delivery,
    events,
    templates,
    media,
    apiRoot: `/${httpNodeRoot}/whatsapp`.replace(/\/+/g, '/'),
    get failure() {
      return failure;
    },
    addAccount(node) {
      accounts.add(node);
      // The thread starts while the other nodes are built.
      engine.start().catch(() => {});
      return () => accounts.remove(node.nodeId);
    },
    addQueue(config) {
      queues.set(config.nodeId, config);
      return () => {
        if (queues.get(config.nodeId) === config) queues.delete(config.nodeId);
      };
    },
    onSettled(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    left: () => leaving.finished,
    stop,
  };

  async function stop(): Promise<void> {
    stopped = true;
    clearTimeout(retry);
    leaving.close();
    RED.events.removeListener('flows:started', onStarted);
    RED.events.removeListener('flows:stopping', onStopping);
    RED.events.removeListener('flows:stopped', onStopped);
    delivery.close();
    events.hold();
    upkeep.stop();
    catchUp.stop();
    sender.stop();
    lookUps.stop();
    media.stop();
    await hub.close();
    api.close();
    await simulator.close();
    await syncing;
    await engine.close();
    connectors.delete(RED.events);
  }
}

function settingsOf(RED: NodeAPI, log: Log): { settings: ReturnType<typeof readSettings>; problem: Problem | null } {
  try {
    return { settings: readSettings(RED), problem: null };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    log.error(`Setting ${error.message}`);
    return {
      settings: {
        database: '',
        shared: false,
        media: '',
        incoming: '',
        publicUrl: '',
        sessionHours: 12,
        offlineAfter: 60,
        retentionDays: 0,
        metricsToken: '',
      },
      problem: { code: error.code, message: `Setting ${error.message}` },
    };
  }
}
