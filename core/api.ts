/**
 * The commands of the contact centre: plain data in, plain data and effects out, each one transaction. This file is the whole
 * surface that `server/`, `runtime/` and the tests use; the implementations stand beside it, one subject a file.
 */
import type { DeliveryStatus, FailureReason, ProviderEvent, ProviderName, SendResult } from '../providers/provider.ts';
import type {
  AgentView,
  DeskView,
  Handover,
  InteractionView,
  MessageView,
  Presence,
  PresenceState,
  Role,
  WhatsAppContext,
} from './views.ts';

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
}

export interface AgentRecord extends AgentView {
  passwordHash: string;
}

/** Who changes something: a person, whose rights are checked, or a node of the flow. */
export type Actor =
  | { username: string }
  /** `plan`: `msg.whatsapp.plan`; what has it is done once per plan position and content. */
  | { node: string; plan?: { id: string; seq: number } };

export interface SendJob {
  message: string;
  account: string;
  contact: string;
  to: { address: string; phone?: string; userId?: string };
  text: string;
  content: { location?: MessageView['location']; buttons?: { id: string; text: string }[] } | null;
  attempts: number;
}

/** name → [input, output]. Every command may fail with a `CoreError`. */
export interface Commands {
  // configuration and life of the runtime
  /** The deployed accounts and queues, after every deploy. `nodes`: ids of all deployed nodes, subflows expanded (null: not known yet). */
  syncConfig: [
    { accounts: AccountConfig[]; queues: QueueConfig[]; nodes: string[] | null },
    {
      accounts: Record<
        string,
        { id: string; proxyToken: string } | { error: { code: 'key_taken' | 'phone_taken'; message: string } }
      >;
    },
  ];
  /**
   * After `flows:started`: everything unhanded and everything `between` is given out again (as effects). The latter in parts, so that
   * webhooks get through: it is called again with the `rest`, some hundred at a time.
   */
  resume: [{ attempts: boolean; interactions?: string[] }, { handovers: number; between: number; rest: string[] }];
  knownAccounts: [
    Record<string, never>,
    { id: string; provider: ProviderName; phone: string; key: string; proxyToken: string; nodeId: string | null }[],
  ];
  accountStatus: [
    { idOrNode: string },
    { id: string; proxyToken: string; nodeId: string | null; lastInboundAt: string | null; lastError: string | null },
  ];
  accountError: [{ account: string; error: string | null }, null];

  // messages in
  /** Durable when it resolves. Events of one call keep their order. */
  ingest: [{ account: string; events: ProviderEvent[] }, null];
  /** The flow has these messages. `unheard`: those for which there was no `wa-inbound`. */
  handed: [{ messages: string[]; unheard?: string[] }, null];

  // the plan
  enterRoute: [EnterStep, StepAnswer];
  enterQueue: [EnterStep & { queue: string; byName: boolean; timeout: number; skipIfNobody: boolean }, StepAnswer];
  enterAgent: [EnterStep & { agent: string; timeout: number }, StepAnswer];
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
  /** A live desk connection begins. An agent who was offline becomes available (or keeps the pause). */
  connect: [{ username: string; connection: string }, { presence: Presence }];
  disconnect: [{ connection: string }, null];
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
  setTab: [{ interaction: string; username: string; open: boolean }, { interaction: InteractionView }];
  markRead: [{ interaction: string; username: string }, { interaction: InteractionView }];
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

  // messages out
  /** From the desk. A repeated idempotency key gives the first answer. */
  sendMessage: [
    { interaction: string; username: string; text: string; idempotencyKey?: string },
    { message: MessageView },
  ];
  /** From `wa-send`: once per plan position and content. */
  queueSend: [
    {
      node: string;
      interaction: string;
      plan: { id: string; seq: number };
      text: string;
      type: MessageView['type'];
      content: SendJob['content'];
      once: boolean;
    },
    { message: MessageView; context: WhatsAppContext; repeated: boolean },
  ];
  message: [{ message: string }, MessageView];
  /** Claims what may be sent now, in order per contact; each claim holds for `lease` ms. */
  claimOutgoing: [{ accounts: string[]; limit: number }, SendJob[]];
  finishOutgoing: [
    { message: string; result: SendResult },
    { status: DeliveryStatus | 'ambiguous'; retryAt: number | null },
  ];
  health: [Record<string, never>, { ok: true }];
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
  /** To the events streams of these agents. `json`: the event's data; `interaction`: what it is about, for those who watch one. */
  | { kind: 'publish'; to: string[]; event: DeskEvent; json: string; interaction: string | null }
  /** Ends the events streams and sessions of this agent. */
  | { kind: 'signed-out'; username: string }
  /** Messages wait to be sent. */
  | { kind: 'outgoing'; account: string; at: number }
  /** An outgoing message reached an end of its sending. */
  | {
      kind: 'outgoing-done';
      message: string;
      status: DeliveryStatus | 'ambiguous';
      error: { code: string; reason: FailureReason } | null;
    }
  /** The store cannot be written any more (what is asked of it fails, and may be asked again), or can again (null). */
  | { kind: 'store'; problem: { code: string; message: string } | null }
  /** The number waiting in a step changed: statuses. */
  | { kind: 'step-changed'; node: string };

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
