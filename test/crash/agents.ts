import { randomUUID } from 'node:crypto';
import type { Desk, Reply } from '../e2e/support/desk.ts';
import type { Chance } from './chance.ts';
import { ended, pause, type Scene } from './scene.ts';

/** What agents were told was done. */
export interface Done {
  accepted: { agent: string; offer: string; interaction: string }[];
  answered: { agent: string; message: string; text: string }[];
  closed: string[];
  transferred: number;
  released: number;
  rejected: number;
}

export const nothingDone = (): Done => ({
  accepted: [],
  answered: [],
  closed: [],
  transferred: 0,
  released: 0,
  rejected: 0,
});

interface Interaction {
  id: string;
  lastMessage: { id: string } | null;
  waiting: { queue: string | null } | null;
}

/** An agent at a desk: accepts most offers, answers, transfers, hands back, closes. A call whose answer got lost is repeated. */
export class Agent {
  readonly #scene: Scene;
  readonly #desk: Desk;
  readonly #chance: Chance;
  readonly #done: Done;
  readonly #colleagues: string[];
  #connected = 0;
  #texts = 0;

  constructor(scene: Scene, desk: Desk, chance: Chance, done: Done, colleagues: string[]) {
    this.#scene = scene;
    this.#desk = desk;
    this.#chance = chance;
    this.#done = done;
    this.#colleagues = colleagues;
  }

  async work(): Promise<void> {
    while (this.#scene.phase !== 'over') {
      try {
        await this.#look();
      } catch (error) {
        // Node-RED is gone. What an agent sees of it is a desk that connects again.
        if (!(error instanceof TypeError) && !(error instanceof Gone)) throw error;
      }
      await pause(this.#chance.between(40, 160));
    }
    this.#desk.disconnect();
  }

  async #look(): Promise<void> {
    const { run } = this.#scene;
    if (this.#connected !== run) {
      this.#desk.clear();
      await Promise.race([
        this.#desk.connect(),
        ended(this.#scene).then(() => Promise.reject(new Gone('the process ended'))),
      ]);
      this.#connected = run;
    }
    const shown = await this.#desk.call('GET', '/desk');
    if (shown.status === 503) return;
    if (shown.status !== 200) return this.#complain('GET /desk', shown);
    const { offers, tabs, assigned, unassigned } = shown.json as Record<string, Interaction[]> & {
      offers: { id: string }[];
    };
    for (const offer of offers) await this.#offered(offer.id);
    for (const ix of tabs ?? []) await this.#handle(ix);
    for (const { id, waiting } of assigned ?? [])
      if (waiting === null) await this.#call('PUT', `/interactions/${id}/tab`, { open: true });
    for (const { id, waiting } of unassigned ?? []) if (waiting === null) await this.#take(id);
  }

  async #offered(offer: string): Promise<void> {
    const draw = this.#draining ? 0 : this.#chance.next();
    if (draw < 0.7) {
      const reply = await this.#call('POST', `/offers/${offer}/accept`);
      if (reply.status === 200)
        this.#done.accepted.push({ agent: this.#desk.username, offer, interaction: reply.json.interaction.id });
    } else if (draw < 0.85) {
      if ((await this.#call('POST', `/offers/${offer}/reject`)).status === 204) this.#done.rejected++;
    }
  }

  async #take(id: string): Promise<void> {
    if (this.#draining || this.#chance.next() < 0.3) await this.#call('POST', `/interactions/${id}/take`);
  }

  async #handle(ix: Interaction): Promise<void> {
    const draw = this.#draining ? 0 : this.#chance.next();
    if (draw < 0.35) return this.#close(ix);
    if (draw < 0.7) return this.#answer(ix.id);
    if (draw < 0.8) {
      const to = this.#chance.next() < 0.5 ? { queue: 'First' } : { agent: this.#chance.of(this.#colleagues) };
      if ((await this.#call('POST', `/interactions/${ix.id}/transfer`, to)).status === 200) this.#done.transferred++;
    } else if (draw < 0.86 && (await this.#call('POST', `/interactions/${ix.id}/release`)).status === 200)
      this.#done.released++;
  }

  async #close(ix: Interaction): Promise<void> {
    const last = ix.lastMessage ? { lastMessageId: ix.lastMessage.id } : {};
    if ((await this.#call('POST', `/interactions/${ix.id}/close`, last)).status === 200) this.#done.closed.push(ix.id);
  }

  async #answer(interaction: string): Promise<void> {
    const text = `${this.#desk.username} ${++this.#texts}`;
    const key = { 'idempotency-key': randomUUID() };
    const { status, json } = await this.#call('POST', `/interactions/${interaction}/messages`, { text }, key);
    if (status === 202) this.#done.answered.push({ agent: this.#desk.username, message: json.message.id, text });
  }

  get #draining(): boolean {
    return this.#scene.phase === 'drain';
  }

  /** Repeats a call until it is answered: what was lost may have been done. */
  async #call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply> {
    for (;;) {
      const reply = await this.#desk.call(method, path, body, headers).catch((error: unknown) => {
        if (error instanceof TypeError && this.#scene.phase !== 'over') return null;
        throw error;
      });
      if (reply !== null && reply.status !== 503) {
        // Somebody was faster, or it changed meanwhile.
        if (reply.status >= 300 && ![403, 404, 409, 410].includes(reply.status))
          this.#complain(`${method} ${path}`, reply);
        return reply;
      }
      await pause(80);
    }
  }

  #complain(call: string, { status, json }: Reply): void {
    this.#scene.violations.push(`${this.#desk.username}: ${call} was answered with ${status} ${JSON.stringify(json)}`);
  }
}

class Gone extends Error {}
