/** What the probes of the flows (`probe` in flows.ts) wrote into Node-RED's log, to look into and to wait for. */

export interface Seen {
  name: string;
  payload?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the assertions
  whatsapp?: any;
  error?: { code?: string; message: string; source?: string };
  status?: { text?: string; source?: { id: string } };
  mark?: unknown;
}

export class Probes {
  readonly all: Seen[] = [];
  #rest = '';
  readonly #waiting = new Set<() => void>();

  /** For `onLog` of `startNodeRed`. */
  take = (chunk: string): void => {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const at = line.indexOf('@probe ');
      if (at >= 0) this.all.push(JSON.parse(line.slice(at + '@probe '.length)) as Seen);
    }
    for (const look of [...this.#waiting]) look();
  };

  of(name: string, matches: (seen: Seen) => boolean = () => true): Seen[] {
    return this.all.filter((seen) => seen.name === name && matches(seen));
  }

  /** Resolves with what came by a probe as soon as there are `count` that match. */
  wait(name: string, matches: (seen: Seen) => boolean = () => true, count = 1, timeout = 10_000): Promise<Seen[]> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.of(name, matches);
        if (found.length < count) return;
        finish();
        resolve(found);
      };
      const timer = setTimeout(() => {
        finish();
        const names = this.all.map((seen) => seen.name).join(' ');
        reject(
          new Error(
            `${timeout} ms passed while waiting for ${count} at the probe ${name}. Seen: ${names.slice(-2000)}`,
          ),
        );
      }, timeout);
      const finish = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
