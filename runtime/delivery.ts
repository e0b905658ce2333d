import type { NodeAPI } from 'node-red';
import type { Effect, Engine } from '../core/api.ts';
import type { MessageView } from '../core/views.ts';
import type { Log } from '../server/log.ts';
import type { Accounts } from './accounts.ts';
import { Marks } from './marks.ts';
import { messageOf, type PlanMessage, refresh } from './message.ts';
import { deserialise } from './serialise.ts';

/** A live `wa-inbound`. */
export interface InboundNode {
  /** Config node of its account; '' = all accounts. */
  account: string;
  message(msg: PlanMessage): void;
  status(msg: PlanMessage): void;
}

/** A live node in which messages wait. */
export interface StepNode {
  /** Of a routing step: its message leaves. */
  forward?(output: number, msg: PlanMessage): void;
  /** Of a routing step: which outputs are wired now, `10` = the first of two. */
  wiring?(): string;
  /** Of a `wa-disposition`: the interaction of its message was closed. */
  release?(msg: PlanMessage): void;
  /** How many wait in it, and why nobody is asked. */
  waiting(count: number, nobody: string | null): void;
}

type SendingEnd = Extract<Effect, { kind: 'outgoing-done' }>;
type Waiter = (end: SendingEnd) => void;

/** ms in which changes of a step's count are collected before its status is asked for. */
const STATUS_EVERY = 250;
/** ms in which forwards that found no node are collected. */
const PARK_AFTER = 1000;
/** ms after which what could not be marked is marked again. */
const MARK_AGAIN = 1000;

const notMarked = (error: unknown): string =>
  `could not be marked and may come again if Node-RED stops before they are: ${(error as Error).message}`;

/** Brings the effects of the engine to the nodes. Holds back while flows stop and start. */
export class Delivery {
  readonly #engine: Engine;
  readonly #accounts: Accounts;
  readonly #log: Log;
  readonly #clone: NodeAPI['util']['cloneMessage'];
  readonly #inbound = new Set<InboundNode>();
  readonly #steps = new Map<string, StepNode>();
  /** By message; a message that was handed over twice is waited for twice. */
  readonly #waiters = new Map<string, Set<Waiter>>();
  /** Messages that were handed over but are not marked yet: a second effect for them is skipped. */
  readonly #marking = new Set<string>();
  /** By interaction the seq of a forward that found no running node. */
  readonly #missed = new Map<string, number>();
  #parkTimer: NodeJS.Timeout | null = null;
  #changed = new Set<string>();
  #statusTimer: NodeJS.Timeout | null = null;
  readonly #marks = new Marks((messages) => this.#mark(messages));
  /** The same for messages that left a watch. */
  readonly #watches = new Marks((watches) => this.#markReleased(watches));
  /** What the store would not take as marked, by the timer of the next attempt. */
  readonly #unmarked = new Map<NodeJS.Timeout, string[]>();
  #closed = false;
  #open = false;
  /** Flows run, but what was held back was not given out yet. */
  #opening = false;

  constructor(engine: Engine, accounts: Accounts, log: Log, RED: NodeAPI) {
    this.#engine = engine;
    this.#accounts = accounts;
    this.#log = log;
    this.#clone = RED.util.cloneMessage;
  }

  addInbound(node: InboundNode): () => void {
    this.#inbound.add(node);
    return () => this.#inbound.delete(node);
  }

  addStep(id: string, node: StepNode): () => void {
    this.#steps.set(id, node);
    return () => {
      if (this.#steps.get(id) === node) this.#steps.delete(id);
    };
  }

  /** The routing steps that run, with their wiring. */
  get steps(): Record<string, string> {
    const steps: Record<string, string> = {};
    for (const [id, node] of this.#steps) if (node.wiring) steps[id] = node.wiring();
    return steps;
  }

  get size(): number {
    return this.#inbound.size + this.#steps.size;
  }

  /**
   * Flows run. Effects go to nodes from the engine's `resumed` on: it gives out again everything that was held back, and what came
   * before it is among that. So nothing new overtakes what waited.
   */
  open(): void {
    this.#opening = true;
  }

  /** Whether effects are held back until `open`, or never went to nodes yet. */
  get held(): boolean {
    return !this.#open;
  }

  /** Flows stop: what comes now is given out again after they started. */
  hold(): void {
    this.#open = false;
    this.#opening = false;
    // What was just handed over may be on its way between two nodes, and would be lost with them: it comes again.
    this.#forget([...this.#marks.drop(), ...this.#watches.drop()]);
    this.#dropUnmarked();
  }

  close(): void {
    this.#open = false;
    this.#opening = false;
    if (this.#statusTimer) clearTimeout(this.#statusTimer);
    if (this.#parkTimer) clearTimeout(this.#parkTimer);
    this.#closed = true;
    this.#dropUnmarked();
    this.#marks.flush();
    this.#watches.flush();
  }

  /** What found its node, or all flows, stopped is noted as waiting until they run again. */
  park(): void {
    const forwards = [...this.#missed].map(([interaction, seq]) => ({ interaction, seq }));
    this.#missed.clear();
    if (forwards.length === 0) return;
    this.#engine.run('park', { forwards }).catch((error: unknown) => {
      this.#log.warn(`The plan of what waits for a stopped node may end: ${(error as Error).message}`);
    });
  }

  /** Resolves when the message's sending came to an end. */
  sent(message: string): { done: Promise<SendingEnd>; cancel(): void } {
    let waiter: Waiter = () => {};
    const done = new Promise<SendingEnd>((resolve) => {
      waiter = resolve;
    });
    const waiters = this.#waiters.get(message) ?? new Set();
    this.#waiters.set(message, waiters.add(waiter));
    const cancel = () => {
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#waiters.get(message) === waiters) this.#waiters.delete(message);
    };
    return { done, cancel };
  }

  take(effects: Effect[]): void {
    const handed: string[] = [];
    const unheard: string[] = [];
    for (const effect of effects) {
      try {
        this.#one(effect, handed, unheard);
      } catch (error) {
        this.#log.error(`A message could not be given to its node: ${(error as Error).message}`);
      }
    }
    if (handed.length > 0) this.#marks.add(handed);
    if (unheard.length > 0) this.#mark([], unheard);
  }

  #one(effect: Effect, handed: string[], unheard: string[]): void {
    switch (effect.kind) {
      case 'handover':
        if (this.#open) this.#handOver(effect, handed, unheard);
        break;
      case 'status':
        if (this.#open) for (const node of this.#inboundOf(effect.account)) node.status(messageOf(effect.handover));
        break;
      case 'forward':
        this.#forward(effect);
        break;
      case 'released':
        if (this.#open) this.#release(effect);
        break;
      case 'resumed':
        if (!this.#opening) break;
        this.#opening = false;
        this.#open = true;
        // All of them are given out again.
        this.#missed.clear();
        for (const id of this.#steps.keys()) this.#changed.add(id);
        this.#askStatuses();
        break;
      case 'outgoing-done': {
        const waiters = this.#waiters.get(effect.message) ?? [];
        this.#waiters.delete(effect.message);
        for (const waiter of waiters) waiter(effect);
        break;
      }
      case 'step-changed':
        this.#changed.add(effect.node);
        this.#askStatuses();
        break;
      default:
    }
  }

  #forward({ node, output, msg, context, step }: Extract<Effect, { kind: 'forward' }>): void {
    const running = this.#open ? this.#steps.get(node) : undefined;
    if (running?.forward) running.forward(output, refresh(deserialise(msg) as PlanMessage, context, step));
    else {
      this.#missed.set(context.interaction.id, context.plan.seq);
      this.#parkSoon();
    }
  }

  #parkSoon(): void {
    if (this.#parkTimer) return;
    this.#parkTimer = setTimeout(() => {
      this.#parkTimer = null;
      this.park();
    }, PARK_AFTER);
    this.#parkTimer.unref();
  }

  *#inboundOf(account: string): Iterable<InboundNode> {
    const nodeId = this.#accounts.known(account)?.node.nodeId;
    for (const node of this.#inbound) if (node.account === '' || node.account === nodeId) yield node;
  }

  /** Every `wa-inbound` of the account gets its copy. Without one the message stays where agents see it. */
  #handOver({ account, handover }: Extract<Effect, { kind: 'handover' }>, handed: string[], unheard: string[]): void {
    const { id } = handover.message;
    if (this.#marking.has(id)) return;
    const nodes = [...this.#inboundOf(account)];
    nodes.forEach((node, i) => {
      const msg = messageOf(handover);
      node.message(i === 0 ? msg : (this.#clone(msg as never) as unknown as PlanMessage));
    });
    this.#marking.add(id);
    (nodes.length > 0 ? handed : unheard).push(id);
  }

  /** A node that does not run keeps what left it: it comes again with the next deploy. */
  #release({ watch, node, msg, context, step }: Extract<Effect, { kind: 'released' }>): void {
    const target = this.#steps.get(node);
    if (!target?.release || this.#marking.has(watch)) return;
    target.release(refresh(deserialise(msg) as PlanMessage, context, step));
    this.#marking.add(watch);
    this.#watches.add([watch]);
  }

  #markReleased(watches: string[], again = false): void {
    this.#engine.run('released', { watches }).then(
      () => this.#forget(watches),
      (error: unknown) => {
        if (!again) this.#log.warn(`Messages that left a wa-disposition ${notMarked(error)}`);
        this.#later(watches, () => this.#markReleased(watches, true));
      },
    );
  }

  #mark(messages: string[], unheard: string[] = [], again = false): void {
    const all = [...messages, ...unheard];
    this.#engine.run('handed', { messages, unheard }).then(
      () => this.#forget(all),
      (error: unknown) => {
        if (!again) this.#log.warn(`Messages that were handed over ${notMarked(error)}`);
        this.#later(all, () => this.#mark(messages, unheard, true));
      },
    );
  }

  #forget(ids: string[]): void {
    for (const id of ids) this.#marking.delete(id);
  }

  /** The store may be away for a while: until it is back, or flows stop, these count as handed over. */
  #later(ids: string[], mark: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#unmarked.delete(timer);
      mark();
    }, MARK_AGAIN);
    timer.unref();
    this.#unmarked.set(timer, ids);
  }

  #dropUnmarked(): void {
    for (const [timer, ids] of this.#unmarked) {
      clearTimeout(timer);
      this.#forget(ids);
    }
    this.#unmarked.clear();
  }

  #askStatuses(): void {
    if (this.#statusTimer || !this.#open) return;
    this.#statusTimer = setTimeout(() => {
      this.#statusTimer = null;
      const nodes = [...this.#changed].filter((id) => this.#steps.has(id));
      this.#changed = new Set();
      if (nodes.length === 0) return;
      this.#engine.run('waitingByNode', { nodes }).then(
        (counts) => {
          for (const [id, { waiting, nobody }] of Object.entries(counts)) this.#steps.get(id)?.waiting(waiting, nobody);
        },
        () => {},
      );
    }, STATUS_EVERY);
    this.#statusTimer.unref();
  }
}

/** The outcome of a send as an error with a stable code, null if it was sent. */
export function sendError(end: {
  status: string;
  error: MessageView['error'] | null;
}): (Error & { code: string }) | null {
  if (end.status === 'ambiguous')
    return Object.assign(new Error('The provider did not answer: the message may or may not have been sent.'), {
      code: 'ambiguous',
    });
  if (end.status !== 'failed') return null;
  const reason = end.error?.reason ?? 'unknown';
  return Object.assign(new Error(`The provider refused the message: ${reason} (${end.error?.code ?? ''}).`), {
    code: reason,
  });
}
