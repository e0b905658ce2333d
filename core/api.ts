/**
 * The commands of the contact centre: plain data in, plain data and effects out, each one transaction. This file is the whole
 * surface that `server/`, `runtime/` and the tests use; the implementations stand beside it, one subject a file.
 */
import type { DeliveryStatus, FailureReason, ProviderEvent, ProviderName } from '../providers/provider.ts';
import type { AdministrationCommands } from './administration/api.ts';
import type { BulkCommands } from './bulk/api.ts';
import type { ClusterCommands } from './cluster/api.ts';
import type { Disposition } from './dispositions.ts';
import type { EventName } from './events/names.ts';
import type { MediaCommands } from './media/api.ts';
import type { ReportCommands } from './reports/api.ts';
import type { SavedSearchCommands } from './search/language/saved.ts';
import type { Said, SendingCommands, SendJob } from './sending.ts';
import type { SupervisingCommands } from './supervising/api.ts';
import type { UpkeepCommands } from './upkeep/api.ts';
import type {
  AgentView,
  ContactView,
  DeskView,
  EventDetail,
  EventView,
  Handover,
  InteractionView,
  MessageView,
  NotificationView,
  Presence,
  PresenceState,
  Role,
  WhatsAppContext,
} from './views.ts';

export type * from './sending.ts';
export type * from './upkeep/api.ts';

/** An account as deployed. No secrets: those stay with the nodes. */
export interface AccountConfig {
  /** Id of the config node. */
  nodeId: string;
  provider: ProviderName;
  phone: string;
  key: string;
  name: string;
  color: string;
  list: string;
  /** Whole seconds. */
  waitForAgent: number;
  waitForQueue: number;
  sound: boolean;
  shake: boolean;
  template: string;
  mandatoryDisposition: boolean;
  dispositionPause: string;
  dispositions: unknown[];
  cannedAnswers: { shortcut: string; text: string }[];
  /** Usernames, or `["*"]`. */
  agents: string[];
  reopenMinutes: number;
  autoCloseHours: number;
  /** Id of the template that is sent when the 24-hour window is closed for a text; '' or absent = none. */
  windowTemplate?: string;
  /** Messages a second; absent = 80. */
  rate?: number;
  /** Absent = true. */
  readReceipts?: boolean;
  typing?: boolean;
  transferToAgent: boolean;
  transferToQueue: boolean;
  transferToAgentTimeout: number;
  transferToQueueTimeout: number;
}

export interface QueueConfig {
  nodeId: string;
  name: string;
  strategy: Strategy;
  /** Seconds an offer rings one agent. */
  agentTimeout: number;
  weight: number;
  agents: string[];
}

export type Strategy = 'beepall' | 'rrmemory' | 'leastrecent' | 'fewestopen';
/**
 * What an interaction waits in: a node, or a step of its own that belongs to no node. `transfer`: until the target accepts; `return`:
 * until the agent it came back to, or a queue, accepts.
 */
export type StepKind = 'route' | 'queue' | 'agent' | 'transfer' | 'return';

export interface EnterStep {
  /** Node id of the step. */
  node: string;
  /** Interaction id, from `msg.whatsapp`. */
  interaction: string;
  /** `msg.whatsapp.plan`. */
  plan: { id: string; seq: number };
  /** The message, serialised by the caller; opaque here. */
  msg: string;
  /** For each output of the node whether it is wired. */
  wired: boolean[];
}

/** What became of a message that entered a step. `out`: leave now by that output. `waiting`: the step is durable. `stale`: drop it. */
export type StepAnswer =
  | { result: 'out'; output: number; outcome: string; context: StepContext; step: StepResult }
  | { result: 'waiting' }
  | { result: 'ended'; outcome: string }
  | { result: 'stale' }
  /** The step was entered too often within a minute: the error `plan_loop`. */
  | { result: 'loop' };

/** What a step refreshes in `msg.whatsapp`; `interaction.isNew` and `plan.id` stay as the message has them. */
export type StepContext = Pick<WhatsAppContext, 'interaction' | 'plan'>;

export interface StepResult {
  outcome: string;
  agent: string | null;
  waitedSeconds: number;
  /** Of a `wa-disposition`: the outcome that was chosen, `[]` = none. */
  disposition?: string[];
}

export interface AgentRecord extends AgentView {
  passwordHash: string;
}

/** Who changes something: a person, whose rights are checked, or a node of the flow. */
export type Actor =
  | { username: string }
  /** `plan`: `msg.whatsapp.plan`; what has it is done once per plan position and content. */
  | { node: string; plan?: { id: string; seq: number } };

/** `seq`: the plan position before and after. A message that was current is current again with the new one. */
export interface Steered {
  interaction: InteractionView;
  seq: { before: number; now: number };
}

export interface Notify {
  interaction: string;
  actor: Extract<Actor, { node: string }>;
  audience: 'agent' | 'queue' | 'account' | 'supervisors' | 'usernames';
  /** With the audience `usernames`. */
  usernames: string[];
  /** With the variables of contract 5.6; '' = the account's. */
  template: string;
  /** Null = as the account says. */
  sound: boolean | null;
  shake: boolean | null;
  level: NotificationView['level'];
}

/** name → [input, output]. Every command may fail with a `CoreError`. */
export interface Commands
  extends AdministrationCommands,
    BulkCommands,
    ClusterCommands,
    SupervisingCommands,
    ReportCommands,
    SavedSearchCommands,
    MediaCommands,
    SendingCommands,
    UpkeepCommands {
  // configuration and life of the runtime
  /**
   * The deployed accounts and queues, after every deploy. `nodes`: ids of all deployed nodes, subflows expanded (null: not known yet);
   * `wired`: for each running routing step which outputs are wired, `10` = the first only.
   */
  syncConfig: [
    {
      accounts: AccountConfig[];
      queues: QueueConfig[];
      nodes: string[] | null;
      wired?: Record<string, string>;
    },
    {
      accounts: Record<
        string,
        { id: string; proxyToken: string } | { error: { code: 'key_taken' | 'phone_taken'; message: string } }
      >;
    },
  ];
  /**
   * After `flows:started`: everything unhanded and everything `between` is given out again (as effects). The latter in parts, so that
   * webhooks get through: it is called again with `interactions` out of the `rest`, some hundred at a time. `running`: the routing steps
   * that run, absent = all. `parkedOnly`: no node was stopped, so only what waited for its node comes.
   */
  resume: [
    { attempts: boolean; running?: string[]; parkedOnly?: boolean; interactions?: string[] },
    { handovers: number; between: number; rest: string[] },
  ];
  /** Flows stop: what is `between` is not ended until `resume`. */
  hold: [Record<string, never>, null];
  /** These forwards found no running node: they wait for `resume`. */
  park: [{ forwards: { interaction: string; seq: number }[] }, null];
  knownAccounts: [
    Record<string, never>,
    { id: string; provider: ProviderName; phone: string; key: string; proxyToken: string; nodeId: string | null }[],
  ];
  accountStatus: [
    { idOrNode: string },
    { id: string; proxyToken: string; nodeId: string | null; lastInboundAt: string | null; lastError: string | null },
  ];
  accountError: [{ account: string; error: string | null }, null];
  /** Up to when everything at the provider is here, and since when the account is known (epoch ms); null for a new one: it starts now. */
  listedUntil: [{ account: string }, { until: number; since: number } | null];
  noteListed: [{ account: string; until: number }, null];
  /** Of these provider ids those that were never taken. */
  missing: [{ account: string; ids: string[] }, string[]];

  // messages in
  /** Durable when it resolves. Events of one call keep their order. */
  ingest: [{ account: string; events: ProviderEvent[] }, null];
  /** The flow has these messages. `unheard`: those for which there was no `wa-inbound`. */
  handed: [{ messages: string[]; unheard?: string[] }, null];

  // the plan
  enterRoute: [EnterStep, StepAnswer];
  enterQueue: [EnterStep & { queue: string; byName: boolean; timeout: number; skipIfNobody: boolean }, StepAnswer];
  enterAgent: [EnterStep & { agent: string; timeout: number }, StepAnswer];
  /** `wa-disposition`: the message waits until the interaction is closed. `msg`: serialised by the caller. */
  watch: [
    {
      node: string;
      interaction: string;
      msg: string;
      /** A tree of at most three levels; `[]` = the account's. */
      dispositions: Disposition[];
      mandatory: 'inherit' | 'yes' | 'no';
      /** Pause reason, '' = the account's. */
      pause: string;
    },
    null,
  ];
  /** The flow has what left these watches. */
  released: [{ watches: string[] }, null];
  /** How many wait in each step node: for the statuses. */
  waitingByNode: [{ nodes: string[] }, Record<string, { waiting: number; nobody: string | null }>];

  // agents and sessions
  createAgent: [{ username: string; name: string; role: Role; capacity: number; passwordHash: string }, AgentView];
  updateAgent: [
    { username: string; name?: string; role?: Role; capacity?: number; passwordHash?: string; disabled?: boolean },
    AgentView,
  ];
  deleteAgent: [{ username: string }, null];
  listAgents: [{ cursor?: string; limit?: number }, { agents: AgentView[]; next: string | null }];
  agentRecord: [{ username: string }, AgentRecord | null];
  openSession: [{ username: string; tokenHash: string; expiresAt: number }, null];
  findSession: [{ tokenHash: string }, { agent: AgentView; expiresAt: number } | null];
  closeSession: [{ tokenHash: string }, null];
  /**
   * A live connection begins. An agent who was offline becomes available (or keeps the pause). `quiet`: of a screen on which nothing
   * rings; who has no other is in the pause `Supervising`.
   */
  connect: [{ username: string; connection: string; quiet?: boolean }, { presence: Presence }];
  /** `quiet`: what the agent still has open are such screens only. */
  disconnect: [{ connection: string; quiet?: boolean }, null];
  /**
   * Keeps connections alive; called every few seconds with all live ones of this process. `lost`: those of them that count as lost,
   * because the clock jumped or the store's thread was started anew: they have to be connected again.
   */
  heartbeat: [{ connections: string[] }, { lost: string[] }];
  setPresence: [{ username: string; state: Exclude<PresenceState, 'offline'>; pause?: string }, { presence: Presence }];
  /** Log-out: tabs closed, offline. `release`: what is assigned is handed back. */
  leave: [{ username: string; release?: boolean }, null];

  // the desk
  desk: [{ username: string }, DeskView];
  acceptOffer: [{ offer: string; username: string }, { interaction: InteractionView }];
  rejectOffer: [{ offer: string; username: string }, null];
  take: [{ interaction: string; username: string }, { interaction: InteractionView }];
  /** Unassigned, unread, offered to its last queue. */
  release: [{ interaction: string; username: string }, { interaction: InteractionView }];
  /** The same with all that an agent has. `by`: a supervisor. */
  releaseAgent: [{ username: string; by: string }, { released: number }];
  /** To an agent (username) or a queue (name) of the account. */
  transfer: [
    { interaction: string; username: string; to: { agent: string } | { queue: string } },
    { interaction: InteractionView },
  ];
  interaction: [{ interaction: string; username: string }, InteractionView];
  messages: [
    { interaction: string; username: string; before?: string; limit?: number },
    { messages: MessageView[]; more: boolean },
  ];
  /** The contact's interactions before this one, the newest first, a page of them. */
  earlier: [{ interaction: string; username: string }, { interactions: InteractionView[]; more: boolean }];
  /** Whom it can be transferred to. `ready`: could take it now; of a queue how many of its agents could. */
  transferTargets: [
    { interaction: string; username: string },
    {
      agents: {
        username: string;
        name: string;
        presence: Presence;
        load: number;
        capacity: number;
        ready: boolean;
      }[];
      queues: { name: string; waiting: number; ready: number }[];
      /** What the account allows. */
      allowed: { agent: boolean; queue: boolean };
    },
  ];
  /** Names of all agents there are or were. */
  colleagues: [{ username: string }, { colleagues: { username: string; name: string }[] }];
  updateContact: [{ contact: string; username: string; name?: string; list?: string }, { contact: ContactView }];
  /** The agent writes first; the interaction is theirs, its tab open. `account`: its id. */
  startInteraction: [
    { account: string; address: string; username: string } & Said,
    { interaction: InteractionView; message: MessageView },
  ];
  setTab: [{ interaction: string; username: string; open: boolean }, { interaction: InteractionView }];
  markRead: [{ interaction: string; username: string }, { interaction: InteractionView }];
  /** The agent writes an answer. */
  typing: [{ interaction: string; username: string }, null];
  /** The agent's tab is put away until that time (epoch ms), or until the contact writes; null brings it back. */
  snooze: [{ interaction: string; username: string; until: number | null }, { interaction: InteractionView }];
  /** Close was pressed: the agent is in the account's disposition pause until it is closed or cancelled. */
  startClosing: [{ interaction: string; username: string }, { presence: Presence }];
  cancelClosing: [{ interaction: string; username: string }, null];
  closeInteraction: [
    { interaction: string; username: string; disposition?: string[]; note?: string; lastMessageId?: string },
    { interaction: InteractionView },
  ];
  /** An internal note, never sent. `repeated`: this node wrote it at this plan position already. */
  addNote: [{ interaction: string; actor: Actor; text: string }, { message: MessageView; repeated: boolean }];
  /** `change`: replace the tags (the default), add to them or take from them. */
  setTags: [
    { interaction: string; actor: Actor; tags: string[]; change?: 'replace' | 'add' | 'remove' },
    { interaction: InteractionView },
  ];

  // what `wa-interaction` does, beside notes and tags; `node` is who did it
  steerAssign: [{ interaction: string; node: string; agent: string }, Steered];
  steerUnassign: [{ interaction: string; node: string }, Steered];
  steerClose: [{ interaction: string; node: string; disposition: string[] }, Steered];
  steerList: [{ interaction: string; node: string; list: string }, Steered];
  steerPriority: [{ interaction: string; node: string; priority: number }, Steered];
  /** `wa-notify`: tells the desks of an audience that are connected, once per plan position and content. */
  notify: [Notify, { reached: number; repeated: boolean }];
  /**
   * Interactions, page by page. `search`: as in contract 6.4, checked here. `username`: null for the flow itself, which sees all as a
   * supervisor does. `total` counts to 10,000.
   */
  search: [
    { username: string | null; search: unknown },
    { interactions: InteractionView[]; next: string | null; total: number; totalExact: boolean },
  ];
  /** Puts the next messages into the full-text index, if there are as many. `more`: it did, and should be called again. */
  indexMessages: [{ batch: number }, { more: boolean }];

  // events
  /** These `wa-events` nodes run; a new one starts now. Commits are told with the effect `events` while there are any. */
  listenEvents: [{ nodes: string[] }, null];
  /**
   * What comes after a position of the node (null: after what its flow has taken), oldest first. `account`: store id, null = all;
   * `events`: names, null = all. `position`: up to where was read, null if the node has no cursor. `more`: ask again at once.
   */
  nextEvents: [
    { node: string; after: string | null; account: string | null; events: string[] | null; limit: number },
    { events: EventDetail[]; position: string | null; read: number; more: boolean },
  ];
  /** The node's flow has everything up to there. */
  eventsTaken: [{ node: string; position: string }, null];
  /** The audit log, newest first. A page may hold less than `limit`, even nothing, while `next` says that there is more. */
  auditLog: [AuditQuery, { audit: EventView[]; next: string | null }];

  health: [Record<string, never>, { ok: true }];
}

export interface AuditQuery {
  /** Store id. */
  account?: string;
  interaction?: string;
  event?: EventName;
  actor?: string;
  /** ISO 8601, inclusive. */
  from?: string;
  /** ISO 8601, exclusive. */
  to?: string;
  /** `next` of the page before. */
  cursor?: string;
  limit?: number;
}

export type CommandName = keyof Commands;

/** Something that the process has to do after a commit. Effects of one commit keep their order. */
export type Effect =
  /** To every `wa-inbound` of the account; mark with `handed` when all have taken it. */
  | { kind: 'handover'; account: string; interaction: string; handover: Handover }
  /** Before everything that `resume` gives out: what was handed out earlier and not taken is among what follows. */
  | { kind: 'resumed' }
  /** To the second output of every `wa-inbound` of the account. */
  | { kind: 'status'; account: string; handover: Handover }
  /** A step ended: send `msg` on that output of the node, with `whatsapp` refreshed. */
  | { kind: 'forward'; node: string; output: number; msg: string; context: StepContext; step: StepResult }
  /** An interaction was closed: send what waited for it, by the node's output for `step.disposition`; mark it with `released`. */
  | { kind: 'released'; watch: string; node: string; msg: string; context: StepContext; step: StepResult }
  /** To the events streams of these agents. `json`: the event's data; `interaction`: what it is about, for those who watch one. */
  | { kind: 'publish'; to: string[]; event: DeskEvent; json: string; interaction: string | null }
  /** Ends the events streams and sessions of this agent. */
  | { kind: 'signed-out'; username: string }
  /** Files wait to be fetched. */
  | { kind: 'media'; account: string; at: number }
  /** Messages wait to be sent. `hold`: none of the account may go before that time. */
  | { kind: 'outgoing'; account: string; at: number; hold?: true }
  /** The contact is to see that their newest message (its provider id) was read, or that somebody answers it. */
  | {
      kind: 'sign';
      account: string;
      interaction: string;
      sign: 'read' | 'typing';
      message: string;
      to: SendJob['to'];
    }
  /** Sends that got no clear answer are to be looked up. */
  | { kind: 'look-up'; account: string; at: number }
  /** An outgoing message reached an end of its sending. */
  | {
      kind: 'outgoing-done';
      message: string;
      status: DeliveryStatus | 'ambiguous';
      error: { code: string; reason: FailureReason } | null;
      /** Another runtime sent it. */
      elsewhere?: true;
    }
  /** The store cannot be written any more (what is asked of it fails, and may be asked again), or can again (null). */
  | { kind: 'store'; problem: { code: string; message: string } | null }
  /** The number waiting in a step changed: statuses. */
  | { kind: 'step-changed'; node: string }
  /** Something was written while a `wa-events` node listens: there may be events to read. */
  | { kind: 'events' }
  /** What other runtimes did in a longer gap is not known: desks have to read anew. */
  | { kind: 'missed' };

export type DeskEvent =
  | 'offer'
  | 'offer-ended'
  | 'message'
  | 'message-status'
  | 'interaction'
  | 'notification'
  | 'presence'
  | 'queues';

/** A refusal with a stable code; `status` is the HTTP status it is answered with. */
export class CoreError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: unknown;
  constructor(code: string, status: number, message: string, details?: unknown) {
    super(message);
    this.name = 'CoreError';
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** The engine as its users see it, wherever the store lives. */
export interface Engine {
  run<K extends CommandName>(name: K, input: Commands[K][0]): Promise<Commands[K][1]>;
  /** Hears every effect after its commit. Returns how to stop. */
  onEffects(listener: (effects: Effect[]) => void): () => void;
  close(): Promise<void>;
}
