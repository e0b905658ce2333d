import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIALECTS } from './dialects.ts';
import { type Fault, Faults } from './faults.ts';
import { fetchMedia } from './fetch-media.ts';
import { Courier, type DeliveryRules, inPlainWords } from './post.ts';
import { refusalOf } from './templates.ts';
import type {
  Account,
  AccountRegistration,
  Behaviour,
  Customer,
  InboundOptions,
  InboundResult,
  Send,
  SimulatedMessage,
  Special,
  WebhookOutcome,
  WebhookRequest,
} from './types.ts';
import {
  connectTo,
  handshakeWebhook,
  inboundWebhook,
  statusWebhook,
  togetherWebhook,
  type WebhookContext,
} from './webhooks.ts';
import { GOOD_DAY, mediaView, Refused, World } from './world.ts';

export interface SimulationOptions {
  /** Free text to somebody who never wrote through the simulator fails as outside the 24-hour window. Default true, as in life. */
  strictWindow?: boolean;
  /** ms between the statuses of an outgoing message. Default 60. */
  statusDelay?: number;
  /** How many messages are remembered. Default 20,000. */
  keep?: number;
  /** Epoch ms. Default: the wall clock. */
  now?: () => number;
  /** From 0 up to 1: what chance decides. Default: real chance. */
  random?: () => number;
}

/** What the API request asked to send, whichever provider it came from. */
export interface Draft {
  to: string;
  text: string;
  mediaUrl?: string;
  /** A file that was uploaded before. */
  mediaId?: string;
  location?: SimulatedMessage['location'];
  buttons?: SimulatedMessage['buttons'];
  template?: SimulatedMessage['template'];
  repliedTo?: string;
  statusCallback?: string;
  metadata?: string;
  correlationId?: string;
  request: Record<string, unknown>;
}

export interface SendMatch {
  /** Account id or phone number. */
  account?: string;
  to?: string;
  /** The whole text, or a pattern it must match. */
  text?: string | RegExp;
}

type Status = 'sent' | 'delivered' | 'read' | 'failed';

/** The network between customers and Node-RED: carries messages in, accepts messages out, reports what became of them. */
export class Simulation {
  readonly world: World;
  readonly courier = new Courier();
  readonly faults: Faults;
  /** Base URL under which the simulator is reached. */
  base = '';
  private readonly strictWindow: boolean;
  private readonly statusDelay: number;
  private readonly random: () => number;
  private readonly unclaimed: Send[] = [];
  private readonly waiting: { match: SendMatch; resolve: (send: Send) => void }[] = [];
  private readonly running = new Set<Promise<unknown>>();

  constructor(options: SimulationOptions = {}) {
    this.world = new World(options.keep ?? 20_000, options.now ?? Date.now);
    this.strictWindow = options.strictWindow ?? true;
    this.statusDelay = options.statusDelay ?? 60;
    this.random = options.random ?? Math.random;
    this.faults = new Faults(() => this.world.behaviour, this.random);
  }

  /** A customer writes. Resolves when Node-RED has answered, or all tries are used up. */
  async inbound(options: InboundOptions): Promise<InboundResult> {
    const { account, customer, message } = this.compose(options);
    const again = this.world.message(message.id);
    const kept = again?.direction === 'in' ? again : message;
    this.world.put(kept);
    const outcome = await this.bring(account, customer, kept, options);
    return { ...outcome, message: kept };
  }

  /** Several messages to one account of Meta, all in one webhook. Resolves when Node-RED has answered, or all tries are used up. */
  async together(messages: InboundOptions[]): Promise<WebhookOutcome & { messages: SimulatedMessage[] }> {
    const written = messages.map((options) => ({ ...this.compose(options), special: options }));
    const account = written[0]?.account;
    if (account?.provider !== 'meta' || written.some((one) => one.account !== account)) {
      throw new Refused(400, 'invalid', 'Only Meta sends several messages together, all to one account.');
    }
    for (const { message } of written) this.world.put(message);
    const request = togetherWebhook(account, written, this.context());
    const outcome = await this.deliver(account, request, 'webhook', `in, ${written.length} together`);
    for (const { message } of written) this.note(message, outcome, request.url);
    return { ...outcome, messages: written.map(({ message }) => message) };
  }

  /**
   * Asks the Receive URL what the provider asks before it takes it. Resolves with null if all is well, else with what is wrong in
   * plain words.
   */
  async handshake(account: AccountRegistration): Promise<string | null> {
    const asked = handshakeWebhook(account, String(randomInt(10 ** 9, 10 ** 10)));
    if (!asked) return null;
    const { request, answer } = asked;
    const outcome = await this.bringOnce(request, ONE_TRY, 'handshake', account.phone);
    if (outcome.status === 403) return 'The verify token was refused (403). Enter the same one at the account.';
    if (!isGood(outcome)) return inPlainWords(outcome, request.url);
    return outcome.body === answer ? null : 'The Receive URL did not answer with the challenge.';
  }

  /** As `inbound`, without waiting for the answer: what becomes of the message shows in its status. */
  write(options: InboundOptions): SimulatedMessage {
    const { account, customer, message } = this.compose(options);
    this.world.put(message);
    this.background(this.bring(account, customer, message, options));
    return message;
  }

  /** Brings a message that failed once more, with the same id. */
  again(id: string): SimulatedMessage {
    const message = this.world.message(id);
    if (message?.direction !== 'in') throw new Refused(404, 'unknown_message', 'There is no such message.');
    const account = this.world.account(message.account);
    message.status = 'sending';
    delete message.error;
    this.world.put(message);
    this.background(this.bring(account, this.world.customer(message.customer), message, {}));
    return message;
  }

  /** A complete signed webhook that is not sent, for load generators and for tests that send it themselves. */
  signedRequest(options: InboundOptions): { id: string; request: WebhookRequest } {
    const { account, customer, message } = this.compose(options);
    return { id: message.id, request: inboundWebhook(account, customer, message, options, this.context()) };
  }

  /** Everything that was accepted for sending, oldest first. */
  sends(match: SendMatch = {}): Send[] {
    return this.world
      .messages()
      .filter((message): message is Send => 'request' in message && this.fits(message, match));
  }

  /**
   * The next send that fits and that no earlier call has returned; one that is already here counts, so nothing is missed between two
   * calls. Rejects after `timeout` ms.
   */
  async waitForSend(match: SendMatch = {}, timeout = 5000): Promise<Send> {
    const here = this.unclaimed.findIndex((send) => this.fits(send, match));
    if (here >= 0) return this.unclaimed.splice(here, 1)[0]!;
    return new Promise((resolve, reject) => {
      const waiter = {
        match,
        resolve: (send: Send) => {
          clearTimeout(timer);
          resolve(send);
        },
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(
          new Error(`No such send within ${timeout} ms: ${JSON.stringify({ ...match, text: String(match.text) })}`),
        );
      }, timeout);
      this.waiting.push(waiter);
    });
  }

  /** Takes an outgoing message over from the API. Its statuses follow with `follow`. */
  accept(account: Account, draft: Draft, fault: Fault | null): Send {
    const { now } = this.world;
    const known = this.world.customerAt(draft.to);
    const customer = known ?? this.world.addCustomer(personAt(draft.to)).customer;
    const { codes, messageId } = DIALECTS[account.provider];
    const id = messageId(now(), draft.mediaUrl !== undefined);
    const uploaded = draft.mediaId === undefined ? undefined : this.world.media(draft.mediaId);
    const send: Send = {
      id,
      account: account.id,
      customer: customer.id,
      direction: 'out',
      text: draft.text,
      media: uploaded ? [mediaView(uploaded)] : [],
      at: now(),
      updatedAt: now(),
      version: 0,
      status: 'queued',
      to: draft.to,
      recipientUserId: customer.userId,
      request: draft.request,
    };
    for (const key of ['location', 'buttons', 'template', 'repliedTo', 'statusCallback', 'metadata'] as const) {
      if (draft[key] !== undefined) Object.assign(send, { [key]: draft[key] });
    }
    if (draft.correlationId !== undefined) send.correlationId = draft.correlationId;
    if (fault?.kind === 'delivery') {
      send.error = {
        code: fault.code ?? codes.unknown,
        message: fault.message ?? 'The message was not delivered.',
      };
    } else if (account.provider === 'sinch' && send.template && this.templateRefusal(send.template)) {
      send.error = { code: 'TEMPLATE_NOT_FOUND', message: 'The template cannot be sent.' };
    } else if (this.world.behaviour.optedOut) {
      send.error = { code: codes.optedOut, message: 'The recipient has not opted in, or has opted out.' };
    } else if (!send.template && !this.world.windowOpen(account.id, customer.id, this.strictWindow)) {
      send.error = {
        code: codes.window,
        message: 'Failed to send freeform message because you are outside the allowed window.',
      };
    }
    this.world.put(send);
    this.hand(send);
    return send;
  }

  private templateRefusal({ id, variables }: NonNullable<Send['template']>): string | null {
    return refusalOf(this.world.templates, id, variables);
  }

  /** Reports what becomes of an accepted message. Resolves when the last status was called back. */
  async follow(account: Account, send: Send, mediaUrl?: string): Promise<void> {
    const { codes, mediaId } = DIALECTS[account.provider];
    if (mediaUrl && !send.error) {
      // The public address may not lead here: then the Receive URL's stands for it.
      const fetched = await fetchMedia(connectTo(account, mediaUrl), this.courier.signal);
      if (fetched) {
        send.media = [this.world.addMedia(mediaId(), fetched.contentType, fetched.bytes, fetched.fileName)];
      } else {
        send.error = { code: codes.media, message: 'The media could not be downloaded.' };
      }
    }
    const { statuses, autoRead, neverRead } = this.world.behaviour;
    const plan: Status[] = send.error ? ['failed'] : ['sent', 'delivered'];
    const reads = !send.error && autoRead !== null && !neverRead;
    if (reads) plan.push('read');
    if (statuses === 'reversed') {
      await this.pause(this.statusDelay);
      for (const status of plan) this.world.raise(send, status, send.error);
      for (const status of plan.reverse()) await this.report(account, send, status);
      return;
    }
    for (const status of plan) {
      await this.pause(status === 'read' ? (autoRead ?? 0) : this.statusDelay);
      if (this.courier.signal.aborted) return;
      this.world.raise(send, status, send.error);
      if (statuses === 'ordered') await this.report(account, send, status);
    }
  }

  /** The customer has read what the business sent. */
  markRead(account: string, customer: string): void {
    const { statuses, neverRead } = this.world.behaviour;
    if (neverRead) return;
    const target = this.world.account(account);
    for (const message of this.world.conversation(target.id, customer)) {
      if (!('request' in message) || message.status !== 'delivered') continue;
      this.world.raise(message, 'read');
      if (statuses !== 'none') this.background(this.report(target, message as Send, 'read'));
    }
  }

  /** The business has read what the customer wrote, up to this message. */
  businessRead(id: string): void {
    const last = this.world.message(id);
    if (last?.direction !== 'in') return;
    for (const message of this.world.conversation(last.account, last.customer)) {
      if (message.direction === 'in' && message.at <= last.at && message.status === 'delivered') {
        this.world.raise(message, 'read');
      }
    }
    this.world.emit({ type: 'typing', data: { account: last.account, customer: last.customer } });
  }

  /** Calls one status back by hand, whatever the message's state is. */
  async callback(id: string, status: Status, error?: SimulatedMessage['error']): Promise<WebhookOutcome | null> {
    const send = this.world.message(id);
    if (!send || !('request' in send)) throw new Refused(404, 'unknown_message', 'There is no such outgoing message.');
    this.world.raise(send, status, error);
    return this.report(this.world.account(send.account), send, status);
  }

  /** Runs something without waiting for it; `settled` and `close` know of it. */
  background(work: Promise<unknown>): void {
    const guarded = work.catch(() => undefined).finally(() => this.running.delete(guarded));
    this.running.add(guarded);
  }

  /** Resolves when nothing is under way any more: no webhook, no status. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** Back to a good day: no faults, no unclaimed sends. Accounts, customers and messages stay. */
  calm(): void {
    this.faults.clear();
    this.unclaimed.length = 0;
    this.world.behave(GOOD_DAY);
  }

  async close(): Promise<void> {
    this.courier.close();
    await this.settled();
  }

  behave(change: Partial<Behaviour>): Behaviour {
    return this.world.behave(change);
  }

  private compose(options: InboundOptions): { account: Account; customer: Customer; message: SimulatedMessage } {
    const account = this.world.account(options.account);
    const known = this.world.customerAt(options.from);
    const customer =
      known && (!options.name || options.name === known.name)
        ? known
        : this.world.addCustomer({
            ...(known ?? personAt(options.from)),
            ...(options.name ? { name: options.name } : {}),
          }).customer;
    const now = this.world.now();
    const { messageId, mediaId } = DIALECTS[account.provider];
    const message: SimulatedMessage = {
      id: options.id ?? messageId(now, options.media !== undefined),
      account: account.id,
      customer: customer.id,
      direction: 'in',
      text: options.text || options.button?.text || '',
      media: [],
      at: now,
      updatedAt: now,
      version: 0,
      status: 'sending',
    };
    if (options.media) {
      const { contentType, bytes, fileName } = options.media;
      message.media = [this.world.addMedia(mediaId(), contentType, bytes, fileName)];
    }
    for (const key of ['location', 'button', 'repliedTo'] as const) {
      if (options[key] !== undefined) Object.assign(message, { [key]: options[key] });
    }
    const asked = message.button && message.repliedTo ? this.world.message(message.repliedTo) : undefined;
    if (message.button && isList(asked?.buttons)) message.button = { ...message.button, list: true };
    return { account, customer, message };
  }

  private async bring(
    account: Account,
    customer: Customer,
    message: SimulatedMessage,
    special: Special,
  ): Promise<WebhookOutcome> {
    const request = inboundWebhook(account, customer, message, special, this.context());
    const outcome = await this.deliver(account, request, 'webhook', aboutMessage(message));
    this.note(message, outcome, request.url);
    return outcome;
  }

  /** What became of a customer's message, by how its webhook was answered. */
  private note(message: SimulatedMessage, outcome: WebhookOutcome, url: string): void {
    const problem = inPlainWords(outcome, url);
    if (!problem) {
      this.world.raise(message, 'delivered');
    } else if (message.status === 'sending') {
      message.status = 'failed';
      message.error = { code: outcome.error ?? String(outcome.status), message: problem };
      this.world.put(message);
    }
  }

  private async report(account: Account, send: Send, status: Status): Promise<WebhookOutcome | null> {
    const request = statusWebhook(account, send, status, this.context());
    return request ? this.deliver(account, request, 'status', `${status} ${shortId(send.id)}`) : null;
  }

  private async deliver(
    account: Account,
    request: WebhookRequest,
    what: string,
    about: string,
  ): Promise<WebhookOutcome> {
    const { webhookDelay, webhookShuffle, webhookTwice } = this.world.behaviour;
    const rules = DIALECTS[account.provider].rules(request.url);
    const late = webhookDelay > 0 && this.faults.isHit() ? webhookDelay : 0;
    const times = webhookTwice && this.faults.isHit() ? 2 : 1;
    const outcomes = await Promise.all(
      Array.from({ length: times }, async () => {
        await this.pause(late + Math.floor(this.random() * webhookShuffle));
        return this.bringOnce(request, rules, what, about);
      }),
    );
    return outcomes.find((outcome) => !isGood(outcome)) ?? outcomes[0]!;
  }

  private async bringOnce(
    request: WebhookRequest,
    rules: DeliveryRules,
    what: string,
    about: string,
  ): Promise<WebhookOutcome> {
    const outcome = await this.courier.deliver(request, rules);
    const { status, ms } = outcome;
    const note = outcome.error ? ` (${outcome.error})` : '';
    this.world.addLog({ direction: 'out', what, about: about + note, status, ms, failed: !isGood(outcome) });
    return outcome;
  }

  private context(): WebhookContext {
    return {
      base: this.base,
      now: this.world.now(),
      wrongSignature: this.world.behaviour.wrongSignature && this.faults.isHit(),
    };
  }

  private hand(send: Send): void {
    const waiter = this.waiting.findIndex((entry) => this.fits(send, entry.match));
    if (waiter >= 0) {
      this.waiting.splice(waiter, 1)[0]!.resolve(send);
      return;
    }
    this.unclaimed.push(send);
    if (this.unclaimed.length > 20_000) this.unclaimed.shift();
  }

  private fits(send: Send, match: SendMatch): boolean {
    if (match.account !== undefined && this.world.account(match.account).id !== send.account) return false;
    if (match.to !== undefined && match.to !== send.to) return false;
    if (match.text === undefined) return true;
    return typeof match.text === 'string' ? match.text === send.text : match.text.test(send.text);
  }

  private async pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.courier.signal }).catch(() => undefined);
  }
}

/** A handshake is not repeated. */
const ONE_TRY: DeliveryRules = { connectTimeout: 5000, totalTimeout: 10_000, retries: [], retryOn: () => false };

/** More choices than WhatsApp shows as buttons are a list. */
function isList(choices: SimulatedMessage['buttons']): boolean {
  return choices !== undefined && choices.length > 3;
}

function isGood(outcome: WebhookOutcome): boolean {
  return outcome.status >= 200 && outcome.status < 300;
}

function personAt(address: string): { phone?: string; userId?: string } {
  return /^\+\d+$/.test(address) ? { phone: address } : { userId: address };
}

export function shortId(id: string): string {
  return `${id.slice(0, 2)}…${id.slice(-4)}`;
}

/** A message in a few words, for the log. */
export function aboutMessage(
  message: Pick<SimulatedMessage, 'text' | 'media' | 'location' | 'template' | 'direction'>,
): string {
  const media = message.media[0];
  const text = message.text.length > 40 ? `${message.text.slice(0, 39)}…` : message.text;
  if (media) return `${message.direction} ${media.contentType}, ${Math.ceil(media.size / 1024)} KB`;
  if (message.location) return `${message.direction} location`;
  if (message.template) return `${message.direction} template ${message.template.id}`;
  return `${message.direction} “${text}”`;
}
