import { defineAsyncComponent } from 'vue';
import type { IconName } from '../../shared/icons.ts';

/** What is administered, in the order of the rail; loaded when it is first looked at. */
export const SUBJECTS = {
  accounts: {
    icon: 'chat',
    screen: defineAsyncComponent(() => import('./accounts/AccountsScreen.vue')),
  },
  queues: { icon: 'hourglass', screen: defineAsyncComponent(() => import('./queues/QueuesScreen.vue')) },
  agents: { icon: 'users', screen: defineAsyncComponent(() => import('./agents/AgentsScreen.vue')) },
  contacts: { icon: 'person', screen: defineAsyncComponent(() => import('./contacts/ContactsScreen.vue')) },
  lists: { icon: 'list', screen: defineAsyncComponent(() => import('./kept/ListsScreen.vue')) },
  answers: { icon: 'reply', screen: defineAsyncComponent(() => import('./kept/AnswersScreen.vue')) },
  tags: { icon: 'tag', screen: defineAsyncComponent(() => import('./kept/TagsScreen.vue')) },
  pauses: { icon: 'snooze', screen: defineAsyncComponent(() => import('./kept/PausesScreen.vue')) },
  calendars: { icon: 'calendar', screen: defineAsyncComponent(() => import('./calendars/CalendarsScreen.vue')) },
  audit: { icon: 'paper', screen: defineAsyncComponent(() => import('./audit/AuditScreen.vue')) },
} as const satisfies Record<string, { icon: IconName; screen: unknown }>;

export type Subject = keyof typeof SUBJECTS;
