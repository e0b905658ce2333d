import type { Behaviour } from './types.ts';

/** Something that goes wrong with the next sends, and then no more. */
export interface Fault {
  /**
   * `429`, `500`, `503`: that answer. `lost`: accepted, then the connection is cut. `refused`: cut before anything happened.
   * `slow`: answered late. `delivery`: accepted, then the status says failed.
   */
  kind: '429' | '500' | '503' | 'lost' | 'refused' | 'slow' | 'delivery';
  /** How many sends it concerns. Default 1. */
  times?: number;
  /** Only sends to this address. */
  to?: string;
  /** Seconds, for 429. */
  retryAfter?: number;
  /** ms, for slow. Default 1000. */
  delay?: number;
  /** For 500 and 503: the message goes out all the same. */
  processed?: boolean;
  /** For delivery: the provider's error code and text. */
  code?: string;
  message?: string;
}

/** What may come of a send on a bad day. */
const MIXED = ['429', '500', '503', 'lost', 'refused', 'slow'] as const;

/** What goes wrong: what was asked for once, and what the lasting behaviour and chance decide. */
export class Faults {
  readonly #behaviour: () => Behaviour;
  readonly #random: () => number;
  readonly #asked: (Fault & { left: number })[] = [];

  constructor(behaviour: () => Behaviour, random: () => number) {
    this.#behaviour = behaviour;
    this.#random = random;
  }

  /** Lets the next sends go wrong. Returns how to call it off. */
  ask(fault: Fault): () => void {
    const entry = { ...fault, left: fault.times ?? 1 };
    this.#asked.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  /** What goes wrong with this send, if anything: a fault that was asked for, else the lasting behaviour. Uses the fault up. */
  take(to: string): Fault | null {
    const fault = this.#asked.find((entry) => entry.left > 0 && (entry.to === undefined || entry.to === to));
    if (fault) {
      fault.left--;
      return fault;
    }
    const { send, retryAfter } = this.#behaviour();
    if (send === 'ok' || !this.isHit()) return null;
    if (send !== 'mixed') return { kind: send, retryAfter };
    const kind = MIXED[Math.floor(this.#random() * MIXED.length)]!;
    return { kind, retryAfter, processed: this.#random() < 0.5 };
  }

  /** ms that a call of the send API takes. */
  delayOf(fault: Fault | null): number {
    const { sendDelay } = this.#behaviour();
    if (fault?.kind === 'slow') return fault.delay ?? 1000;
    return sendDelay > 0 && this.isHit() ? sendDelay : 0;
  }

  /** Whether a fault concerns this webhook or call. */
  isHit(): boolean {
    return this.#random() * 100 < this.#behaviour().share;
  }

  /** What was asked for is called off. */
  clear(): void {
    this.#asked.length = 0;
  }
}
