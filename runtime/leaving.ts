/** On which Node-RED stops its flows and ends. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGBREAK'] as const;

/**
 * A process that is told to end brings to an end what it holds first. Node-RED waits for its nodes when it stops (`nodeCloseTimeout`,
 * 15 s unless set), so one of them waits for `finished`.
 */
export class Leaving {
  readonly #work: () => Promise<void>;
  #done: Promise<void> | null = null;
  readonly #onSignal: (signal: NodeJS.Signals) => void;
  readonly #onMessage: (message: unknown) => void;

  /** @param work what is to be done before the end; must not reject */
  constructor(work: () => Promise<void>) {
    this.#work = work;
    this.#onSignal = (signal: NodeJS.Signals) => {
      const isAlone = process.listenerCount(signal) === 1;
      const done = this.#begin();
      // Without this listener the signal would have ended the process: it still does.
      if (isAlone) void done.then(() => process.kill(process.pid, signal));
    };
    this.#onMessage = (message) => {
      if (message === 'shutdown') void this.#begin();
    };
    // Before Node-RED's own listener, which stops the flows in the same turn.
    for (const signal of SIGNALS) process.prependListener(signal, this.#onSignal);
    process.prependListener('message', this.#onMessage);
  }

  #begin(): Promise<void> {
    this.#done ??= this.#work().finally(() => this.close());
    return this.#done;
  }

  get begun(): boolean {
    return this.#done !== null;
  }

  /** Resolves when the process may end; null if it was not told to. */
  get finished(): Promise<void> | null {
    return this.#done;
  }

  /** Listens no more. */
  close(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#onSignal);
    process.removeListener('message', this.#onMessage);
  }
}
