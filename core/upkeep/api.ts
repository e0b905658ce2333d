/** The commands about what is deleted, and what leaves. */
import type { InteractionView, MessageView } from '../views.ts';

/** A contact with all that is kept of it. */
export interface ContactRecord {
  id: string;
  name: string;
  list: string;
  addresses: { address: string; kind: 'phone' | 'user_id' | 'other' }[];
  createdAt: string;
}

export interface UpkeepCommands {
  /** One short step of what has to be deleted by now. `more`: call again. */
  cleanUp: [Record<string, never>, { more: boolean }];
  /** Erases everything about a person, at most `budget` rows at a time; call again until it is done. `username`: who asks for it. */
  eraseContact: [{ contact: string; username: string; budget: number }, { done: boolean }];
  /** Before an export: refuses an unknown contact, and writes who exports. */
  noteExport: [{ contact: string; username: string }, null];
  exportContact: [{ contact: string }, { contact: ContactRecord; interactions: string[] }];
  exportInteraction: [
    { interaction: string; after: string | null; limit: number },
    {
      interaction: InteractionView & { note: string | null; closedBy: string | null };
      messages: MessageView[];
      next: string | null;
    },
  ];
}
