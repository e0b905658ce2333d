/** The commands about messages that go out: what is said, by whom, and how it fares at the provider. */
import type { DeliveryStatus, LookUpResult, SendResult, Template, TemplateUse } from '../providers/provider.ts';
import type { KeptMedia } from './media/content.ts';
import type { MessageView, WhatsAppContext } from './views.ts';

/** What `wa-send` sends. */
export interface PlanSend {
  node: string;
  text: string;
  type: MessageView['type'];
  content: SendJob['content'];
  /** Instead of a content of its own. */
  template?: { id: string; variables?: Record<string, string> };
  /** A message of its own that follows: what cannot be a file's caption. */
  textAfter?: string;
  /** What tells this content from another one, where the content itself may come out different: a file is fetched anew. */
  same?: string;
  /** Once per interaction, whatever its content. */
  once: boolean;
}

export interface Queued {
  message: MessageView;
  /** Ids of the messages that follow it: parts of a long text, and what cannot be a file's caption. */
  parts: string[];
  /** Of the interaction that it was sent in. */
  context: WhatsAppContext;
  repeated: boolean;
}

/** What somebody says: a text, or a template by its id (or its name, if only one has it). */
export type Said =
  | { text: string; template?: undefined }
  | { text?: undefined; template: { id: string; variables?: Record<string, string> } };

export interface TemplateList {
  templates: Template[];
  /** When they were listed; null = never. ISO 8601. */
  listedAt: string | null;
  /** Why the last listing failed; null if it did not. */
  error: string | null;
}

export interface SendJob {
  message: string;
  account: string;
  contact: string;
  to: { address: string; phone?: string; userId?: string };
  type: MessageView['type'];
  text: string;
  content: {
    location?: MessageView['location'];
    buttons?: { id: string; text: string }[];
    template?: TemplateUse;
    media?: KeptMedia[];
    /** Ids of the messages that belong to it and follow it. */
    parts?: string[];
  } | null;
  attempts: number;
}

/** A send without a clear answer, to be looked up. */
export interface LookUpJob extends Pick<SendJob, 'message' | 'account' | 'to' | 'type' | 'text'> {
  /** When the send began, epoch ms. */
  since: number;
}

export interface SendingCommands {
  /** From the desk. A repeated idempotency key gives the first answer. */
  sendMessage: [{ interaction: string; username: string; idempotencyKey?: string } & Said, { message: MessageView }];
  /** Takes over what the provider lists (null: it could not be asked, for that reason). */
  storeTemplates: [{ account: string; templates: Template[] | null; error: string | null }, null];
  /** The account's templates as last listed, by name. `username`: an agent of the account; null for the flow and the editor. */
  templates: [{ account: string; username: string | null }, TemplateList];
  /** From `wa-send`: once per plan position and content, or once per interaction. */
  queueSend: [PlanSend & { interaction: string; plan: { id: string; seq: number } }, Queued];
  /** From `wa-send` with `to`: into the open interaction with that address, or one that begins now. `origin`: of the message. */
  queueSendTo: [
    PlanSend & {
      account: string;
      address: string;
      origin: { interaction: string; plan: { id: string; seq: number } } | null;
    },
    Queued,
  ];
  /** Whether either of them has queued this before: then a file need not be fetched for it again. */
  sentBefore: [
    {
      node: string;
      once: boolean;
      same: string;
      interaction: string;
      plan: { id: string; seq: number };
      /** Of `queueSendTo`. */
      address: string | null;
    },
    boolean,
  ];
  message: [{ message: string }, MessageView];
  /** Claims what may be sent now, in order per contact; each claim holds for `lease` ms. */
  claimOutgoing: [{ accounts: string[]; limit: number }, SendJob[]];
  finishOutgoing: [
    { message: string; result: SendResult },
    { status: DeliveryStatus | 'ambiguous'; retryAt: number | null },
  ];
  /** How a message fares at the provider. `pending`: its sending has not come to an end. */
  sending: [
    { message: string },
    { status: MessageView['status']; error: MessageView['error'] | null; pending: boolean },
  ];
  /** Claims what is to be looked up at the provider now. */
  claimLookUps: [{ account: string; limit: number }, LookUpJob[]];
  /** What was found; null: the provider could not be asked. */
  finishLookUp: [{ message: string; found: LookUpResult | null }, null];
}
