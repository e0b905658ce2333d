/** What supervisors do with others and their conversations; part of `core/api.ts`. Who calls is checked here. */
import type { InteractionView, Presence } from '../views.ts';

export interface SupervisingCommands {
  /** A supervisor begins to watch a conversation. `again`: goes on after a lost connection, which is not noted a second time. */
  spy: [{ interaction: string; username: string; again: boolean }, InteractionView];
  /** Gives an interaction to an agent of its account without ringing; their tab opens if they are there and have room. */
  reassign: [{ interaction: string; agent: string; by: string }, { interaction: InteractionView }];
  /** `offline`: logs the agent out; `release`: what is assigned is handed back. */
  forcePresence: [
    { username: string; by: string; state: 'paused' | 'offline'; pause?: string; release?: boolean },
    { presence: Presence },
  ];
  /** Before a transcript: refuses who may not see the conversation, and writes who exports it. */
  noteTranscript: [{ interaction: string; username: string }, null];
}
