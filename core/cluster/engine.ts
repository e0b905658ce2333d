import { randomUUID } from 'node:crypto';
import { openPostgres } from '../../store/postgres/open.ts';
import type { PostgresStore } from '../../store/postgres/store.ts';
import type { CommandName, Commands, Effect, Engine } from '../api.ts';
import { execute } from '../commands.ts';
import { type CoreSettings, newContext } from '../context.ts';
import { createHost, type Host, systemClock } from '../host/host.ts';
import { createIndexing } from '../host/indexing.ts';
import { fromPlain, toPlain } from '../host/protocol.ts';
import { isLongRead } from '../host/reads.ts';
import { Changes } from './changes.ts';
import { BEAT } from './leases.ts';
import { createMember } from './share.ts';

/** ms; as in the writer thread. */
const COALESCE = 30;

/** Reads that wait for no writer. What was written before they are asked for is durable, and so is seen by them. */
const READS: ReadonlySet<CommandName> = new Set<CommandName>([
  'findSession',
  'desk',
  'messages',
  'interaction',
  'message',
  'earlier',
  'listAgents',
  'agentRecord',
  'missing',
  'waitingByNode',
  'accountStatus',
  'knownAccounts',
  'colleagues',
  'transferTargets',
  'templates',
  'mediaFile',
  'piece',
  'hasPieces',
]);

/** What one runtime does for all, and what the others are answered meanwhile. */
const ONCE: Partial<Record<CommandName, unknown>> = {
  nextEvents: { events: [], position: null, read: 0, more: false },
  listedUntil: null,
  cleanUp: { more: false },
  indexMessages: { more: false },
  unusedFiles: { hashes: [] },
};

export interface SharedOptions {
  /** `postgres://…` */
  url: string;
  settings: CoreSettings;
  /** Connections at most. */
  poolSize?: number;
  /** ms between a change of another runtime and its coming here. */
  lag?(ms: number): void;
  /** So many commands shared a commit that is durable. */
  onGroup?(commands: number): void;
}

export interface SharedEngine extends Engine {
  readonly runtime: string;
  readonly store: PostgresStore;
  /** Ids of the runtimes that live, as far as it is known here; the first does what is done once for all. */
  readonly living: readonly string[];
}

/**
 * Starts the engine over a PostgreSQL database, which any number of runtimes may share.
 * @throws CoreError `store_newer`, `store_unreachable`, `store_unwritable`, `store_failed`
 */
export async function startShared(options: SharedOptions): Promise<SharedEngine> {
  const runtime = randomUUID();
  const settings = { ...options.settings, runtime };
  const listeners = new Set<(effects: Effect[]) => void>();
  let early: Effect[] | null = [];
  const emit = (effects: Effect[]) => {
    if (early) early.push(...effects);
    for (const listener of listeners) listener(effects);
  };
  const member = createMember(runtime, () => changes.tell());
  let host: Host;
  let store: PostgresStore;
  try {
    store = await openPostgres(options.url, { name: `whatsapp ${runtime.slice(0, 8)}`, size: options.poolSize ?? 10 });
    host = await createHost({
      store,
      settings,
      clock: { ...systemClock, now: () => store.now() },
      coalesce: COALESCE,
      share: member,
      ...(options.onGroup ? { onGroup: options.onGroup } : {}),
    });
  } catch (error) {
    throw fromPlain(toPlain(error));
  }
  const changes = new Changes({
    pool: store.pool,
    url: options.url,
    runtime,
    now: () => store.now(),
    emit,
    ...(options.lag ? { lag: options.lag } : {}),
  });
  await changes.start();
  host.onEffects(emit);

  let deployed: string[] | null = null;
  let living: string[] = [runtime];
  let beats = 0;
  let closed = false;
  const indexing = createIndexing((input) => run('indexMessages', input));

  const write = <K extends CommandName>(name: K, input: Commands[K][0]): Promise<Commands[K][1]> =>
    host.run(name, input);
  const read = (name: CommandName, input: unknown): Promise<unknown> =>
    store.read((tx) => execute(newContext(tx, store.now(), settings), name, input));

  async function run<K extends CommandName>(name: K, input: Commands[K][0]): Promise<Commands[K][1]> {
    try {
      if (name in ONCE && living[0] !== runtime) return ONCE[name] as Commands[K][1];
      if (READS.has(name) || isLongRead(name, input)) return plain(await read(name, input)) as Commands[K][1];
      follow(name, input);
      const result = plain(await write(name, input));
      indexing.wake();
      return result;
    } catch (error) {
      throw fromPlain(toPlain(error));
    }
  }

  /** Whether flows run here decides who gives out what. */
  function follow(name: CommandName, input: unknown): void {
    if (name === 'hold') member.nodes = null;
    if (name === 'syncConfig') {
      deployed = (input as Commands['syncConfig'][0]).nodes;
      if (member.nodes) member.nodes = new Set(deployed);
    }
    if (name === 'resume') member.nodes = new Set(deployed);
  }

  async function giveSign(): Promise<void> {
    const active = member.nodes !== null;
    ({ living } = await write('runtimeBeat', { runtime, active, deployed, count: beats++ }));
    if (!store.uncertain) return;
    // A commit may have brought about what nobody has heard of.
    store.uncertain = false;
    emit([{ kind: 'missed' }]);
    if (active)
      await write('resume', { attempts: false, ...(deployed ? { running: deployed } : {}), parkedOnly: false });
  }

  let timer: NodeJS.Timeout;
  const beatAgain = () => {
    timer = setTimeout(() => {
      giveSign()
        // The host tells of a database that cannot be reached.
        .catch(() => {})
        .finally(() => {
          if (!closed) beatAgain();
        });
    }, BEAT);
    timer.unref();
  };
  beatAgain();

  return {
    runtime,
    store,
    get living() {
      return living;
    },
    run,
    onEffects(listener) {
      listeners.add(listener);
      if (early && early.length > 0) listener(early);
      early = null;
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      indexing.stop();
      await write('runtimeLeaves', { runtime }).catch(() => {});
      changes.tell();
      await changes.close();
      await host.close();
    },
  };
}

/** As it would cross to another thread: whoever gets it may do with it what they like. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
