import type { DeskSnapshot, Interaction, Message, Offer, Targets, Template } from '../../../ui/shared/types.ts';

/** A time so many seconds before (or after, if negative) now. */
export function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString();
}

export const ACCOUNTS = [
  {
    id: 'acc-sales',
    key: 'SALES',
    name: 'Sales Italy',
    color: '#1787a8',
    mandatoryDisposition: false,
    dispositions: [],
  },
  {
    id: 'acc-sup',
    key: 'SUP',
    name: 'Support Italy',
    color: '#c2477a',
    mandatoryDisposition: true,
    dispositions: [
      { name: 'Order', children: [{ name: 'Delivery' }, { name: 'Invoice' }] },
      {
        name: 'Repair',
        children: [
          { name: 'Battery' },
          {
            name: 'Display and sensors',
            children: [{ name: 'Display replaced' }, { name: 'Speed sensor' }, { name: 'Reset helped' }],
          },
          { name: 'Brakes' },
        ],
      },
      { name: 'Warranty', children: [{ name: 'Granted' }, { name: 'Refused' }] },
      { name: 'Information' },
      { name: 'Wrong number' },
    ],
  },
  { id: 'acc-it', key: 'IT', name: 'Accounts and login', color: '', mandatoryDisposition: false, dispositions: [] },
];

let serial = 0;

export function interaction(over: Partial<Interaction> & { name?: string; key?: string } = {}): Interaction {
  const { name = 'Marta Ferri', key = 'SUP', ...rest } = over;
  const account = ACCOUNTS.find((one) => one.key === key) ?? ACCOUNTS[0]!;
  serial += 1;
  const id = rest.id ?? `i${serial}`;
  return {
    id,
    version: 1,
    status: 'open',
    account: { id: account.id, key: account.key, name: account.name },
    contact: {
      id: `c-${id}`,
      address: '+393475550142',
      phone: '+39 347 555 0142',
      userId: null,
      name,
      list: 'Customers Italy',
    },
    agent: null,
    queue: null,
    tags: [],
    disposition: [],
    unread: 0,
    lastMessage: null,
    startedAt: ago(3600),
    closedAt: null,
    unansweredSince: null,
    windowClosesAt: ago(-86_000),
    tabOpen: false,
    waiting: null,
    ...rest,
  };
}

export function message(over: Partial<Message> & { interactionId: string }): Message {
  serial += 1;
  return {
    id: `m${serial}`,
    version: 1,
    direction: 'in',
    type: 'text',
    text: '',
    media: [],
    author: over.direction === 'out' ? 'nadia' : 'contact',
    at: ago(0),
    status: over.direction === 'out' ? 'sent' : 'received',
    ...over,
  };
}

export function offerOf(item: Interaction, over: Partial<Offer> = {}): Offer {
  serial += 1;
  return {
    id: `o${serial}`,
    interaction: item,
    queue: 'Sales',
    createdAt: ago(6),
    expiresAt: ago(-14),
    notification: { text: '', sound: true, shake: true },
    ...over,
  };
}

export function snapshot(over: Partial<DeskSnapshot> = {}): DeskSnapshot {
  return {
    agent: { username: 'nadia', name: 'Nadia Brandt', role: 'agent', capacity: 6 },
    presence: { state: 'available', pause: null, since: ago(900) },
    pauses: ['Break', 'Lunch', 'Training'],
    offers: [],
    tabs: [],
    assigned: [],
    unassigned: [],
    queues: [
      { name: 'Workshop', waiting: 0, longestWait: 0 },
      { name: 'Sales', waiting: 2, longestWait: 72 },
      { name: 'Accounts and login', waiting: 0, longestWait: 0 },
    ],
    cannedAnswers: [
      {
        shortcut: 'battery',
        text: 'Hello {{contact.name}}, please hold the power button for 10 seconds with the charger unplugged.',
        account: 'SUP',
      },
      {
        shortcut: 'batwarranty',
        text: 'Your battery is covered for two years. I am checking the serial number.',
        account: 'SUP',
      },
      { shortcut: 'hours', text: 'We are here Monday to Friday, 9 to 18.', account: null },
    ],
    lists: ['Customers Italy', 'Default', 'Dealers'],
    accounts: ACCOUNTS.map((account) => ({ ...account, maxText: 1600 })),
    ...over,
  };
}

export const TARGETS: Targets = {
  agents: [
    {
      username: 'elif',
      name: 'Elif Aydin',
      presence: { state: 'paused', pause: 'Lunch', since: ago(900) },
      load: 2,
      capacity: 6,
      ready: false,
    },
    {
      username: 'jonas',
      name: 'Jonas Keller',
      presence: { state: 'available', pause: null, since: ago(900) },
      load: 1,
      capacity: 6,
      ready: true,
    },
    {
      username: 'mia',
      name: 'Mia Lindqvist',
      presence: { state: 'offline', pause: null, since: ago(90_000) },
      load: 0,
      capacity: 4,
      ready: false,
    },
    {
      username: 'omar',
      name: 'Omar El-Sayed',
      presence: { state: 'available', pause: null, since: ago(900) },
      load: 3,
      capacity: 3,
      ready: false,
    },
  ],
  queues: [
    { name: 'Sales', waiting: 2, ready: 0 },
    { name: 'Workshop', waiting: 0, ready: 3 },
  ],
  allowed: { agent: true, queue: true },
};

export const TEMPLATES: Template[] = [
  {
    ...{ id: 't1', name: 'order_update', language: 'en', category: 'utility', state: 'approved', unsupported: '' },
    text: 'Hello {{1}}, your order {{2}} is ready to be picked up.\nSee you soon!',
    variables: ['1', '2'],
  },
  {
    ...{ id: 't2', name: 'autumn_sale', language: 'it', category: 'marketing', state: 'paused', unsupported: '' },
    text: 'Saldi d’autunno',
    variables: [],
  },
  {
    ...{ id: 't3', name: 'a_reminder_whose_name_is_as_long_as_names_of_templates_get', language: 'de' },
    ...{ category: 'utility', state: 'approved', unsupported: '', text: 'Wir erwarten Sie morgen.', variables: [] },
  },
];

/** A closed conversation. */
export function closedOne(id: string, days: number, over: Parameters<typeof interaction>[0] = {}): Interaction {
  return interaction({
    id,
    status: 'closed',
    agent: 'jonas',
    startedAt: ago(days * 86_400),
    closedAt: ago(days * 86_400 - 3600),
    lastMessage: { id: `l-${id}`, text: 'Thank you', type: 'text', direction: 'in', at: ago(days * 86_400 - 3000) },
    ...over,
  });
}
