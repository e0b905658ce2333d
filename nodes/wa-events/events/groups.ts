/** The events as the dialog shows them: in groups, each in the order in which it usually happens. */
import type { EventName } from '../../../core/events/names.ts';

export interface EventGroup {
  name: 'conversations' | 'messages' | 'offers' | 'agents' | 'plans' | 'administration';
  events: readonly EventName[];
}

export const GROUPS: readonly EventGroup[] = [
  {
    name: 'conversations',
    events: [
      'interaction-opened',
      'interaction-reopened',
      'interaction-assigned',
      'interaction-released',
      'interaction-transferred',
      'transfer-returned',
      'interaction-closed',
      'disposed',
    ],
  },
  { name: 'messages', events: ['message-in', 'message-out', 'message-status'] },
  { name: 'offers', events: ['offer-made', 'offer-accepted', 'offer-rejected', 'offer-expired'] },
  { name: 'agents', events: ['agent-login', 'agent-logout', 'agent-available', 'agent-paused'] },
  { name: 'plans', events: ['plan-ended', 'plan-loop', 'step-orphaned'] },
  { name: 'administration', events: ['account-error', 'spied', 'exported', 'deleted'] },
];

export const NAMES: readonly string[] = GROUPS.flatMap((group) => group.events);
