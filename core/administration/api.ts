/** The commands of the administration (contract 6.5); part of `core/api.ts`. Who may call them is checked by the caller. */
import type { Rule } from '../intervals.ts';
import type { AgentView, Role } from '../views.ts';
import type { PageQuery } from './page.ts';

/** What administrators keep has an id; of a pause reason it is the name. */
export interface PauseView {
  id: string;
  name: string;
  /** Minutes after which the tabs of who is in it count as closed, 0 = never. */
  releaseAfter: number;
}

export interface CannedAnswerView {
  id: string;
  shortcut: string;
  text: string;
}

export interface CalendarView {
  id: string;
  name: string;
  /** IANA name, '' = the server's. */
  timezone: string;
  /** Inside if one of them holds ... */
  rules: Rule[];
  /** ... and none of these does. */
  holidays: Rule[];
}

export interface NamedView {
  id: string;
  name: string;
}

/** A member of an account or queue; `username` may be `*`. `sources`: from the flow, added in the administration, or both. */
export interface MemberView {
  username: string;
  sources: ('flow' | 'admin')[];
}

export interface AccountOverview {
  id: string;
  key: string;
  name: string;
  phone: string;
  provider: string;
  /** False once its node is gone; its data stays. */
  deployed: boolean;
  health: {
    lastInboundAt: string | null;
    lastError: string | null;
    /** Messages that wait to be sent, counted to 10,000. */
    pendingSends: number;
  };
  agents: MemberView[];
  /** `id`: null for those of the flow. */
  cannedAnswers: { id: string | null; shortcut: string; text: string }[];
}

export interface QueueOverview {
  /** The config node's id. */
  id: string;
  name: string;
  strategy: string;
  /** Seconds. */
  agentTimeout: number;
  weight: number;
  deployed: boolean;
  agents: MemberView[];
}

/** An agent with the accounts and queues that name them. */
export interface AgentOverview extends AgentView {
  accounts: Membership[];
  queues: Membership[];
}
export interface Membership {
  id: string;
  sources: ('flow' | 'admin')[];
}

export interface AgentChange {
  username: string;
  name?: string;
  role?: Role;
  capacity?: number;
  passwordHash?: string;
  disabled?: boolean;
  /** Ids of all accounts (queues) that the administration adds the agent to from now on. */
  accounts?: string[];
  queues?: string[];
}

export interface ContactOverview {
  id: string;
  name: string;
  list: string;
  addresses: { address: string; kind: 'phone' | 'user_id' | 'other' }[];
  createdAt: string;
}

/** A line of an import: the contact with this address is made, or brought to what the line says. */
export interface ContactLine {
  address: string;
  name?: string;
  list?: string;
}

/** Why a line of an import cannot be taken. */
export interface RowProblem {
  /** 1 = the first line of the file. */
  row: number;
  /** Null: the line as a whole. */
  column: string | null;
  code: string;
  message: string;
  /** What is not known, if that is the problem. */
  value?: string;
}

/** What a line of an import comes to: something is made, or what is there is changed. */
export interface ImportedLine {
  row: number;
  made: boolean;
}

type Page<K extends string, V> = Record<K, V[]> & { next: string | null };
type Kept<V, Plural extends string, Name extends string> = {
  [K in `list${Name}s`]: [PageQuery, Page<Plural, V>];
} & { [K in `create${Name}`]: [Omit<V, 'id'>, V] } & {
  [K in `update${Name}`]: [{ id: string } & Partial<Omit<V, 'id'>>, V];
} & { [K in `delete${Name}`]: [{ id: string }, null] };

type Kinds = Kept<PauseView, 'pauses', 'Pause'> &
  Kept<CannedAnswerView, 'cannedAnswers', 'CannedAnswer'> &
  Kept<CalendarView, 'calendars', 'Calendar'> &
  Kept<NamedView, 'tags', 'Tag'> &
  Kept<NamedView, 'lists', 'List'>;

/** name → [input, output] */
export interface AdministrationCommands extends Kinds {
  /** The calendar of that name, for `wa-interval`; null if nobody keeps one. */
  calendar: [{ name: string }, CalendarView | null];

  listAccounts: [PageQuery, Page<'accounts', AccountOverview>];
  /** By store id, or id of the config node. */
  accountOverview: [{ id: string }, AccountOverview];
  listQueues: [PageQuery, Page<'queues', QueueOverview>];
  /** All members that the administration adds to an account or queue (by id; of a queue also by name), at once effective. */
  setMembers: [{ kind: 'account' | 'queue'; target: string; agents: string[] }, { agents: MemberView[] }];
  /** All canned answers that the administration adds to an account. */
  setCannedAnswers: [
    { account: string; cannedAnswers: { shortcut: string; text: string }[] },
    { cannedAnswers: AccountOverview['cannedAnswers'] },
  ];

  listAgentOverviews: [PageQuery, Page<'agents', AgentOverview>];
  agentOverview: [{ username: string }, AgentOverview];
  /** `createAgent`, `updateAgent` and `deleteAgent` with what an administrator of the desk may set; the last one stays. */
  addAgent: [AgentChange & Required<Pick<AgentChange, 'name' | 'role' | 'capacity' | 'passwordHash'>>, AgentOverview];
  changeAgent: [AgentChange, AgentOverview];
  removeAgent: [{ username: string }, null];
  /** What `importAgents` would do, and all that stands against it. Nothing is changed. */
  checkAgents: [{ agents: (AgentChange & { row: number })[] }, { lines: ImportedLine[]; problems: RowProblem[] }];
  /** All of them or, if one cannot be, none: those who exist are changed, others made. `row`: for the messages. */
  importAgents: [{ agents: (AgentChange & { row: number })[] }, { created: number; updated: number }];

  /** By id, oldest first. A page may be short, even empty, while `next` says that there is more. */
  listContacts: [PageQuery & { search?: string; list?: string }, Page<'contacts', ContactOverview>];
  contactOverview: [{ id: string }, ContactOverview];
  createContact: [{ address: string; name?: string; list?: string }, ContactOverview];
  /** Makes two contacts one: the older id stays, with the name given. */
  mergeContacts: [{ ids: string[]; name?: string }, ContactOverview];
  /** Which lines `importContacts` would make. Nothing is changed. */
  checkContacts: [{ contacts: (ContactLine & { row: number })[] }, { lines: ImportedLine[] }];
  importContacts: [{ contacts: (ContactLine & { row: number })[] }, { created: number; updated: number }];
  /** Before an export of all contacts: who asks for it. */
  noteContactsExport: [{ username: string }, null];
}
