import { createHash, randomBytes } from 'node:crypto';
import { userIdOf } from './ids.ts';
import { FIRST_TEMPLATES, type SimulatedTemplate } from './templates.ts';
import type {
  Account,
  AccountRegistration,
  AccountView,
  Behaviour,
  Customer,
  LogEntry,
  MediaFile,
  MediaView,
  Send,
  SimulatedMessage,
  SimulatorEvent,
} from './types.ts';

const LOG_LENGTH = 300;
const RANK = ['sending', 'queued', 'sent', 'delivered', 'read', 'failed'];

export const GOOD_DAY: Behaviour = {
  webhookTwice: false,
  wrongSignature: false,
  webhookDelay: 0,
  webhookShuffle: 0,
  statuses: 'ordered',
  statusesFirst: false,
  neverRead: false,
  autoRead: null,
  send: 'ok',
  retryAfter: 1,
  sendDelay: 0,
  optedOut: false,
  windowClosed: false,
  share: 100,
};

/** A refusal of a request to the simulator's own API. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Everything the simulator knows, in memory: accounts, customers, messages, media, the log. Tells listeners about each change. */
export class World {
  readonly behaviour: Behaviour = { ...GOOD_DAY };
  readonly log: LogEntry[] = [];
  private all: SimulatedTemplate[] = structuredClone(FIRST_TEMPLATES);
  private readonly accountsById = new Map<string, Account>();
  private readonly customersById = new Map<string, Customer>();
  private readonly messagesById = new Map<string, SimulatedMessage | Send>();
  private readonly lastInbound = new Map<string, number>();
  private readonly mediaById = new Map<string, MediaFile>();
  private readonly listeners = new Set<(event: SimulatorEvent) => void>();
  private readonly keep: number;
  readonly now: () => number;
  private nextLog = 1;
  private nextVersion = 1;

  /** `keep`: how many messages are remembered; `now`: epoch ms. */
  constructor(keep: number, now: () => number) {
    this.keep = keep;
    this.now = now;
  }

  /** Calls `listener` for every change; returns how to stop. */
  listen(listener: (event: SimulatorEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: SimulatorEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** Adds an account, or replaces the one with the same provider and phone. */
  register(registration: AccountRegistration): { account: Account; created: boolean } {
    const id = `${registration.provider}-${registration.phone.slice(1)}`;
    const created = !this.accountsById.has(id);
    const account: Account = { ...registration, id };
    this.accountsById.set(id, account);
    this.emit({ type: 'account', data: accountView(account) });
    return { account, created };
  }

  unregister(id: string): boolean {
    const known = this.accountsById.delete(id);
    if (known) this.emit({ type: 'account-removed', data: { id } });
    return known;
  }

  accounts(): Account[] {
    return [...this.accountsById.values()];
  }

  /** An account by id or phone number; without either the only one there is. */
  account(idOrPhone?: string): Account {
    if (idOrPhone === undefined || idOrPhone === '') {
      const all = this.accounts();
      if (all.length === 1) return all[0]!;
      throw new Refused(400, 'account_required', `Say which account is meant: there are ${all.length}.`);
    }
    const found = this.accountsById.get(idOrPhone) ?? this.accounts().find((account) => account.phone === idOrPhone);
    if (!found) throw new Refused(404, 'unknown_account', 'This account is not connected to the simulator.');
    return found;
  }

  /** Creates a customer, or renames the one with the same number or user id. */
  addCustomer(person: { name?: string; phone?: string; userId?: string }): { customer: Customer; created: boolean } {
    const phone = person.phone || (person.userId ? undefined : this.freeNumber());
    const id = phone ? phone.slice(1) : person.userId!;
    const known = this.customersById.get(id);
    if (known && (!person.name || person.name === known.name)) return { customer: known, created: false };
    const userId = person.userId ?? known?.userId ?? userIdOf(phone!);
    const customer: Customer = { id, name: person.name || known?.name || phone || userId, userId };
    if (phone) customer.phone = phone;
    this.customersById.set(id, customer);
    this.emit({ type: 'phone', data: customer });
    return { customer, created: !known };
  }

  customers(): Customer[] {
    return [...this.customersById.values()];
  }

  customer(id: string): Customer {
    const found = this.customersById.get(id);
    if (!found) throw new Refused(404, 'unknown_phone', 'There is no phone with this id.');
    return found;
  }

  /** The customer behind an address as a provider writes it (number with or without +, or business-scoped user id). */
  customerAt(address: string): Customer | undefined {
    const bare = address.replace(/^\+/, '');
    return this.customersById.get(bare) ?? this.customers().find((customer) => customer.userId === address);
  }

  /** Keeps a new or changed message and tells everybody. Beyond the limit the oldest are forgotten. */
  put(message: SimulatedMessage | Send): void {
    message.updatedAt = this.now();
    message.version = this.nextVersion++;
    if (message.direction === 'in') {
      const key = `${message.account} ${message.customer}`;
      this.lastInbound.set(key, Math.max(this.lastInbound.get(key) ?? 0, message.at));
    }
    this.messagesById.set(message.id, message);
    if (this.messagesById.size > this.keep) {
      for (const oldest of this.messagesById.keys()) {
        this.messagesById.delete(oldest);
        break;
      }
    }
    this.emit({ type: 'message', data: messageView(message) });
  }

  message(id: string): SimulatedMessage | Send | undefined {
    return this.messagesById.get(id);
  }

  /** All messages, oldest first. */
  messages(): (SimulatedMessage | Send)[] {
    return [...this.messagesById.values()];
  }

  conversation(account: string, customer: string): SimulatedMessage[] {
    return this.messages().filter((message) => message.account === account && message.customer === customer);
  }

  /** Raises the status of an outgoing message; a lower one than it has changes nothing. */
  raise(message: SimulatedMessage, status: SimulatedMessage['status'], error?: SimulatedMessage['error']): void {
    if (RANK.indexOf(status) <= RANK.indexOf(message.status)) return;
    message.status = status;
    if (error) message.error = error;
    this.put(message);
  }

  /** Whether free text may be sent: the customer wrote to this account within the last 24 hours. */
  windowOpen(account: string, customer: string, strict: boolean): boolean {
    if (this.behaviour.windowClosed) return false;
    const last = this.lastInbound.get(`${account} ${customer}`);
    return last === undefined ? !strict : this.now() - last < 24 * 3600 * 1000;
  }

  addMedia(id: string | undefined, contentType: string, bytes: Buffer, fileName?: string): MediaView {
    const file: MediaFile = { id: id ?? randomBytes(16).toString('hex'), contentType, size: bytes.length, bytes };
    if (fileName) file.fileName = fileName;
    this.mediaById.set(file.id, file);
    if (this.mediaById.size > 500) {
      for (const oldest of this.mediaById.keys()) {
        this.mediaById.delete(oldest);
        break;
      }
    }
    return mediaView(file);
  }

  media(id: string): MediaFile | undefined {
    return this.mediaById.get(id);
  }

  addLog(entry: Omit<LogEntry, 'id' | 'at'>): void {
    const line: LogEntry = { ...entry, id: this.nextLog++, at: this.now() };
    this.log.push(line);
    if (this.log.length > LOG_LENGTH) this.log.shift();
    this.emit({ type: 'log', data: line });
  }

  get templates(): SimulatedTemplate[] {
    return this.all;
  }

  set templates(templates: SimulatedTemplate[]) {
    this.all = templates;
    this.emit({ type: 'templates', data: templates });
  }

  /** Changes the behaviour; what is not named stays. */
  behave(change: Partial<Behaviour>): Behaviour {
    Object.assign(this.behaviour, change);
    this.emit({ type: 'behaviour', data: { ...this.behaviour } });
    return this.behaviour;
  }

  /** A number from the range that is reserved for fiction (area code, 555-01xx). */
  private freeNumber(): string {
    for (const area of ['202', '212', '303', '415', '512', '617', '702', '808']) {
      for (let line = 101; line < 200; line++) {
        const phone = `+1${area}5550${line}`;
        if (!this.customersById.has(phone.slice(1)) && !this.accounts().some((account) => account.phone === phone)) {
          return phone;
        }
      }
    }
    throw new Refused(409, 'no_number_left', 'All fictional numbers are in use. Give a number.');
  }
}

export function accountView(account: Account): AccountView {
  const view: AccountView = {
    id: account.id,
    provider: account.provider,
    phone: account.phone,
    name: account.name || account.phone,
    key: account.key ?? '',
    accountSid: account.accountSid,
    webhookUrl: masked(account.webhookUrl),
  };
  if (account.appId) view.appId = account.appId;
  return view;
}

/** A message without the request that sent it. */
export function messageView(message: SimulatedMessage | Send): SimulatedMessage {
  const {
    request: _request,
    statusCallback: _callback,
    to: _to,
    recipientUserId: _userId,
    metadata: _metadata,
    correlationId: _correlation,
    ...view
  } = message as Send;
  return view;
}

export function mediaView(file: MediaFile): MediaView {
  const { bytes: _bytes, ...view } = file;
  return view;
}

/** The last path part of a Receive URL is a secret: it shows only that, and which, by four letters of a hash. */
function masked(url: string): string {
  const parsed = new URL(url);
  const parts = parsed.pathname.split('/');
  const secret = parts.pop() ?? '';
  const mark = createHash('sha256').update(secret).digest('hex').slice(0, 4);
  return `${parsed.origin}${parts.join('/')}/…${mark}`;
}
