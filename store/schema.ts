import type { Generated } from 'kysely';

/**
 * The one schema, for SQLite and PostgreSQL alike. Times are epoch ms in `bigint` columns, flags are 0 or 1, structured values are
 * JSON in text columns, ids are opaque time-ordered strings (`ids.ts`).
 */
export interface AccountTable {
  id: string;
  /** Config node that carries it now; null once removed. */
  node_id: string | null;
  provider: string;
  phone: string;
  key: string;
  name: string;
  list_id: string;
  proxy_token: string;
  /** `AccountConfig` as deployed, JSON. */
  config: string;
  last_inbound_at: number | null;
  last_error: string | null;
  removed_at: number | null;
  /** Epoch ms up to which the messages at the provider are known to be here; null before the first deploy that can say so. */
  listed_until: number | null;
}

/** A template as its provider listed it last. */
export interface TemplateTable {
  account_id: string;
  id: string;
  name: string;
  /** `Template`, JSON. */
  data: string;
}

/** When an account's templates were listed, and what went wrong since. */
export interface TemplateListTable {
  account_id: string;
  listed_at: number | null;
  error: string | null;
}

/** Who does not want to be written to by an account any more. */
export interface OptOutTable {
  contact_id: string;
  account_id: string;
  at: number;
  /** `contact`: wrote so. `provider`: said so. */
  source: 'contact' | 'provider';
}

export interface QueueTable {
  /** The config node's id. */
  id: string;
  name: string;
  strategy: string;
  /** Seconds. */
  agent_timeout: number;
  weight: number;
  /** Memory of `rrmemory`: the agent who accepted last. */
  last_accepted: string | null;
  removed_at: number | null;
}

/** Members of accounts and queues; `username` may be `*`. */
export interface MemberTable {
  kind: 'account' | 'queue';
  target: string;
  username: string;
  source: 'flow' | 'admin';
}

export interface AgentTable {
  username: string;
  name: string;
  role: string;
  capacity: number;
  password_hash: string;
  disabled: number;
  deleted_at: number | null;
  presence: string;
  pause: string | null;
  presence_since: number;
  /** Live desk connections now. */
  connections: number;
  /** When the last live connection was lost; null while one lives or the agent is offline. */
  lost_at: number | null;
  /** Open tabs plus ringing offers. */
  load: number;
  /** 1 if an offer can be made now: available, connected, load below the capacity. Derived, kept by `recount`. */
  ready: number;
  /** While disposing, and until they are back if the connection is lost meanwhile: the state before. */
  resume_presence: string | null;
  resume_pause: string | null;
  resume_since: number | null;
  /** When the tabs of who is in a pause with an end count as closed. */
  release_at: number | null;
}

export interface ConnectionTable {
  id: string;
  username: string;
  opened_at: number;
  seen_at: number;
  /** At which of several runtimes it ends. */
  runtime: Generated<string | null>;
}

export interface SessionTable {
  token_hash: string;
  username: string;
  created_at: number;
  expires_at: number;
}

export interface ListTable {
  id: string;
  name: string;
}

export interface ContactTable {
  id: string;
  list_id: string;
  name: string;
  created_at: number;
  /** When it was asked to be erased; what is left of it goes in batches. */
  erase_at: number | null;
}

export interface AddressTable {
  address: string;
  contact_id: string;
  kind: 'phone' | 'user_id' | 'other';
}

export interface InteractionTable {
  id: string;
  account_id: string;
  contact_id: string;
  /** Where answers go: the address of the newest inbound message. */
  address: string;
  status: 'open' | 'closed';
  version: number;
  agent: string | null;
  /** The queue that delivered it last. */
  queue_id: string | null;
  tab_open: Generated<number>;
  unread: number;
  priority: Generated<number>;
  tags: Generated<string>;
  disposition: Generated<string>;
  note: string | null;
  started_at: number;
  closed_at: number | null;
  closed_by: string | null;
  assigned_at: number | null;
  /** When the first agent got it, whoever took over later. */
  first_assigned_at: number | null;
  unanswered_since: number | null;
  last_inbound_at: number | null;
  last_inbound_id: string | null;
  last_message_id: string | null;
  last_message_at: number | null;
  last_message_text: string | null;
  last_message_type: string | null;
  last_message_direction: string | null;
  /** The plan position: `none`, `at` a step, `between` steps. Each change raises `plan_seq`. */
  plan_position: Generated<'none' | 'at' | 'between'>;
  plan_seq: Generated<number>;
  /** `plan.id` of the message that holds the position or held it last. */
  plan_message: Generated<string>;
  /** Entries of the current minute, JSON `{since, counts: {node: n}}`: finds loops. */
  plan_entries: Generated<string>;
  /** Null: a step of no node, `transfer` or `return`. */
  step_node: string | null;
  step_kind: string | null;
  /** Of `wa-route` and `return`: `agent` then `queue`. */
  step_phase: string | null;
  step_queue: string | null;
  /** Who is asked by name; in a step with a queue: who gave it away and is not asked. */
  step_agent: string | null;
  step_since: number | null;
  /** Waiting for the next arrival (`between`) or the end of the step (`at`). */
  step_deadline: number | null;
  /** 1 while further offers may be made. */
  step_accepting: Generated<number>;
  /** Which outputs are wired, `10` = the first only. */
  step_wired: Generated<string>;
  /** `between`: the output taken and how often it was handed over. */
  step_output: number | null;
  step_handovers: Generated<number>;
  step_result: string | null;
  /** Who has pressed Close and chooses the outcome. */
  disposing: string | null;
  /** Its tab is put away until then. */
  snoozed_until: number | null;
  /** When to look whether it has been silent for `autoCloseHours`; not moved by messages. */
  auto_close_at: number | null;
  /** 1 while a `wa-disposition` watches it: its list counts, not the account's. */
  watched: Generated<number>;
  /** `between`: which of several runtimes gives it out. */
  step_runtime: Generated<string | null>;
}

/** The message that waits with the interaction, at a step or between two. */
export interface StepMessageTable {
  interaction_id: string;
  msg: string;
}

/** A message that waits in a `wa-disposition` for the end of its conversation, and how it leaves. */
export interface WatchTable {
  /** Time-ordered: of an interaction's watches the one with the greatest id is the latest. */
  id: string;
  interaction_id: string;
  node: string;
  since: number;
  msg: string;
  /** A tree of dispositions, JSON; `[]` = the account's. */
  dispositions: string;
  mandatory: 'inherit' | 'yes' | 'no';
  /** Pause reason, '' = the account's. */
  pause: string;
  /** Null while it waits; then how it leaves, `WatchResult` in JSON, until the flow has it. */
  result: string | null;
  /** Once it leaves: which of several runtimes gives it out. */
  runtime: Generated<string | null>;
}

/** What nodes of the plan did that they must not do twice: at a plan position, or (`seq` = `EVER`) in an interaction. */
export interface ActTable {
  interaction_id: string;
  key: string;
  seq: number;
  /** The message that was sent or noted. */
  message_id: string | null;
  at: number;
}

export interface OfferTable {
  id: string;
  interaction_id: string;
  /** `plan_seq` of the step it belongs to. */
  seq: number;
  queue_id: string | null;
  agent: string;
  state: 'ringing' | 'accepted' | 'rejected' | 'expired' | 'rescinded';
  created_at: number;
  expires_at: number | null;
  ended_at: number | null;
  /** 1 once everyone eligible was asked and this refusal no longer counts. */
  forgotten: number;
}

/** When a queue offered something to an agent last: the memory of `leastrecent`. */
export interface QueueAgentTable {
  queue_id: string;
  agent: string;
  offered_at: number;
}

export interface MessageTable {
  id: string;
  interaction_id: string;
  version: number;
  provider_id: string | null;
  direction: 'in' | 'out' | 'note' | 'system';
  type: string;
  text: string;
  /** Media, location, button, reaction, quoted message: JSON. */
  content: string | null;
  author: string;
  at: number;
  status: string;
  error_code: string | null;
  error_reason: string | null;
}

/** Provider message ids that were taken, in both directions: deduplication and the way from a status to its message. */
export interface ProviderIdTable {
  account_id: string;
  provider_id: string;
  message_id: string;
  at: number;
}

/** Statuses that came before their message was known. */
export interface EarlyStatusTable {
  account_id: string;
  provider_id: string;
  status: string;
  error_code: string | null;
  error_reason: string | null;
  at: number;
}

/** Inbound messages not handed over to the flow yet. */
export interface HandoverTable {
  message_id: string;
  interaction_id: string;
  /** JSON: contact.isNew, interaction.isNew. */
  flags: string;
  /** Which of several runtimes gives it out; null until the interaction's earlier ones are handed over. */
  runtime: Generated<string | null>;
}

export interface OutgoingTable {
  message_id: string;
  account_id: string;
  contact_id: string;
  /** `unclear`: it may have been taken, which is looked up at the provider. */
  state: 'queued' | 'sending' | 'unclear';
  /** Not before; of what is unclear, when to look next. */
  due_at: number;
  lease_until: number | null;
  attempts: number;
  /** When the last attempt began. */
  tried_at: Generated<number | null>;
  /** To which address: the contact may have written from another one since. */
  sent_to: Generated<string | null>;
  /** How often was looked since. */
  looks: Generated<number>;
}

/** How fast is sent. */
export interface PaceTable {
  account_id: string;
  /** '' = by the account as a whole. */
  contact_id: string;
  /** Epoch ms, with fractions: when the next message may go if there is no time in hand from before. */
  free_at: number;
}

/** A file of a message: fetched or still to be fetched. What is shown of it stands in the message's `content`. */
export interface MediaTable {
  message_id: string;
  /** Its place in the message, 0 = the first. */
  idx: number;
  account_id: string;
  state: 'waiting' | 'ready' | 'failed';
  attempts: number;
  /** While it waits: not before. */
  due_at: number | null;
  /** Of its content, once that is here. */
  hash: string | null;
  /** While it waits: the runtime that fetched it last. */
  runtime: string | null;
}

/** A content that is kept, once for all messages that have it. */
export interface MediaFileTable {
  /** SHA-256, hex. */
  hash: string;
  /** Bytes. */
  size: number;
  /** Since when perhaps no message has it; -1 = it is being removed. */
  unused_since: number | null;
}

/** A piece of a content that is kept in the database. */
export interface MediaPieceTable {
  hash: string;
  /** 0 = the first. */
  number: number;
  /** Base 64. */
  data: string;
}

/** What the server signs with. */
export interface SecretTable {
  name: string;
  value: string;
}

/** Results of calls that may be repeated. */
export interface IdempotencyTable {
  scope: string;
  key: string;
  message_id: string;
  at: number;
}

export interface CannedAnswerTable {
  id: string;
  account_id: string | null;
  shortcut: string;
  text: string;
}

export interface PauseTable {
  name: string;
  /** Minutes, 0 = never. */
  release_after: number;
}

/** Opening hours and the like, by name, for `wa-interval`. */
export interface CalendarTable {
  id: string;
  name: string;
  /** IANA name, '' = the server's. */
  timezone: string;
  /** Rules of an interval, JSON: inside if one holds ... */
  rules: string;
  /** ... and none of these does. */
  holidays: string;
}

/** Tags that desks suggest; interactions keep their own texts. */
export interface TagTable {
  id: string;
  name: string;
  /** What equal names have in common: case and width of letters do not tell them apart. */
  key: string;
}

/** A search that somebody keeps under a name. */
export interface SavedSearchTable {
  id: string;
  /** Username. */
  owner: string;
  name: string;
  /** What equal names of one owner have in common. */
  key: string;
  shared: number;
  /** JSON */
  search: string;
  updated_at: number;
}

/** A wait that ended without an agent. */
export interface StepEndTable {
  /** Time-ordered. */
  id: string;
  at: number;
  interaction_id: string;
  account_id: string;
  /** '' = a step that belongs to no node. */
  node: string;
  kind: string;
  queue_id: string | null;
  /** Nobody accepted in time; or it was closed while it waited. */
  outcome: 'timeout' | 'closed';
}

/** From when on an agent was in a state, until the next of them. */
export interface PresenceChangeTable {
  username: string;
  /** Time-ordered. */
  id: string;
  at: number;
  state: string;
  pause: string | null;
}

export interface AuditTable {
  id: string;
  at: number;
  event: string;
  actor: string;
  account_id: string | null;
  interaction_id: string | null;
  data: string | null;
}

/** How far the full-text indexes have come. */
export interface TextIndexTable {
  name: 'message';
  /** Id of the newest row whose text is in the index. */
  up_to: string;
}

/** How far a `wa-events` node has come: everything up to this id was given to the flow. */
export interface EventCursorTable {
  node_id: string;
  position: string;
}

/** Jobs that go on over restarts: when one ended last, and how far it is (JSON). */
export interface UpkeepTable {
  name: string;
  at: number;
  data: string;
}

/** Has one row, `all`: who of several runtimes holds it writes. */
export interface WriterTable {
  name: string;
  /** Epoch ms of the last transaction; rises with each. */
  ms: number;
}

/** A runtime that lives, or is not known to be gone yet. */
export interface RuntimeTable {
  id: string;
  started_at: number;
  seen_at: number;
  /** Ids of all nodes it has deployed, JSON; null before its first deploy is taken over. */
  nodes: string | null;
}

/** What a commit has for other runtimes. */
export interface ChangeTable {
  id: string;
  xid: number;
  at: number;
  /** Whose commit it was, which has heard of it. */
  runtime: string;
  /** `SharedEffect[]`, JSON. */
  effects: string;
}

/** A node that something waits for and that no living runtime has. */
export interface AbsentNodeTable {
  id: string;
  since: number;
}

export interface Schema {
  account: AccountTable;
  template: TemplateTable;
  template_list: TemplateListTable;
  opt_out: OptOutTable;
  queue: QueueTable;
  member: MemberTable;
  agent: AgentTable;
  connection: ConnectionTable;
  session: SessionTable;
  list: ListTable;
  contact: ContactTable;
  address: AddressTable;
  interaction: InteractionTable;
  step_message: StepMessageTable;
  watch: WatchTable;
  act: ActTable;
  offer: OfferTable;
  queue_agent: QueueAgentTable;
  message: MessageTable;
  provider_id: ProviderIdTable;
  early_status: EarlyStatusTable;
  handover: HandoverTable;
  outgoing: OutgoingTable;
  pace: PaceTable;
  media: MediaTable;
  media_file: MediaFileTable;
  media_piece: MediaPieceTable;
  secret: SecretTable;
  idempotency: IdempotencyTable;
  canned_answer: CannedAnswerTable;
  pause: PauseTable;
  calendar: CalendarTable;
  tag: TagTable;
  saved_search: SavedSearchTable;
  step_end: StepEndTable;
  presence_change: PresenceChangeTable;
  audit: AuditTable;
  text_index: TextIndexTable;
  event_cursor: EventCursorTable;
  upkeep: UpkeepTable;
  writer: WriterTable;
  runtime: RuntimeTable;
  change: ChangeTable;
  absent_node: AbsentNodeTable;
}
