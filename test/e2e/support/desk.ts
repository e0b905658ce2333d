/** An agent at work: a session, the events stream and the calls, over real HTTP. */
import { expect } from 'chai';

export interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the assertions
  json: any;
}

export interface DeskEvent {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the assertions
  data: any;
}

export class Desk {
  readonly username: string;
  readonly events: DeskEvent[] = [];
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #waiting = new Set<() => void>();
  readonly #abort = new AbortController();

  private constructor(base: string, username: string, headers: Record<string, string>) {
    this.#base = base;
    this.username = username;
    this.#headers = headers;
  }

  /** Logs in. `more`: further headers of every call. */
  static async signIn(
    url: string,
    username: string,
    password: string,
    more: Record<string, string> = {},
  ): Promise<Desk> {
    const desk = new Desk(`${url}/whatsapp/api`, username, more);
    const reply = await desk.call('POST', '/session', { username, password });
    expect(reply.status, JSON.stringify(reply.json)).to.equal(200);
    desk.#headers.cookie = reply.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    return desk;
  }

  /** The same session at another Node-RED. */
  static as(url: string, { username, headers }: Desk): Desk {
    return new Desk(`${url}/whatsapp/api`, username, headers);
  }

  /** For calls that are not JSON. */
  get headers(): Record<string, string> {
    return { ...this.#headers, 'x-wa-request': '1' };
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(this.#base + path, {
      method,
      headers: {
        ...this.#headers,
        ...headers,
        ...(method === 'GET' ? {} : { 'x-wa-request': '1' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) };
  }

  /** As `call`, and expects success. */
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the assertions
  async ok(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<any> {
    const reply = await this.call(method, path, body, headers);
    expect(reply.status, `${method} ${path}: ${JSON.stringify(reply.json)}`).to.be.within(200, 299);
    return reply.json;
  }

  /** Opens the events stream; resolves with its `hello`. From now on the agent is reachable. */
  async connect(): Promise<this> {
    const response = await fetch(`${this.#base}/events`, { headers: this.#headers, signal: this.#abort.signal });
    expect(response.status).to.equal(200);
    void this.#read(response).catch(() => undefined);
    await this.until('hello');
    return this;
  }

  async #read(response: Response): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (event && data) this.events.push({ event, data: JSON.parse(data) });
      }
      for (const look of [...this.#waiting]) look();
    }
  }

  /** Resolves with the data of the first event of this kind that fits, past ones included. */
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the assertions
  until(event: string, fits: (data: any) => boolean = () => true, timeout = 10_000): Promise<any> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.events.find((one) => one.event === event && fits(one.data));
        if (!found) return;
        finish();
        resolve(found.data);
      };
      const timer = setTimeout(() => {
        finish();
        const seen = this.events.map((one) => one.event).join(' ');
        reject(new Error(`${this.username} saw no such ${event} within ${timeout} ms. Seen: ${seen.slice(-1500)}`));
      }, timeout);
      const finish = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Reads one stream at this Node-RED until it ends, calling back with the kind of each event. */
  async follow(url: string, heard: (event: string) => void, over: () => boolean): Promise<void> {
    const abort = new AbortController();
    const watch = setInterval(() => over() && abort.abort(), 200);
    try {
      const response = await fetch(`${url}/whatsapp/api/events`, { headers: this.#headers, signal: abort.signal });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? [])
        for (const [, event] of decoder.decode(chunk, { stream: true }).matchAll(/^event: (.*)$/gm)) heard(event!);
    } finally {
      clearInterval(watch);
    }
  }

  /** The offer of an interaction with this contact. */
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the assertions
  offerOf(address: string, timeout?: number): Promise<any> {
    return this.until('offer', (offer) => offer.interaction.contact.address === address, timeout);
  }

  /** Forgets the events so far, so that later waits are about what comes. */
  clear(): void {
    this.events.length = 0;
  }

  // biome-ignore lint/suspicious/noExplicitAny: looked into by the assertions
  show(): Promise<any> {
    return this.ok('GET', '/desk');
  }

  /** Cuts the events stream, as a closed browser does. */
  disconnect(): void {
    this.#abort.abort();
  }
}
