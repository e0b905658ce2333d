import type { DeskServer } from './desk-server.ts';
import { ago, closedOne, interaction, message, snapshot } from './fixtures.ts';

/** A desk in the middle of a day: three tabs, one conversation aside, two that nobody has. */
export function busyDay(server: DeskServer): void {
  const last = (text: string, seconds: number, direction = 'in') => ({
    id: `last-${text.length}-${seconds}`,
    text,
    type: 'text',
    direction,
    at: ago(seconds),
  });
  const mine = { agent: 'nadia', tabOpen: true };
  server.desk = snapshot({
    tabs: [
      interaction({
        id: 'marta',
        ...mine,
        queue: 'Workshop',
        tags: ['warranty', 'tour-5'],
        lastMessage: { ...last('Shall I book a workshop slot for you?', 100, 'out'), id: 'a9' },
      }),
      interaction({
        id: 'tomasz',
        ...mine,
        key: 'SALES',
        name: 'Tomasz Wilk',
        unread: 2,
        unansweredSince: ago(412),
        lastMessage: last('Could I pick it up on Saturday?', 300),
      }),
      interaction({
        id: 'layla',
        ...mine,
        key: 'IT',
        name: 'ليلى حداد',
        windowClosesAt: ago(-2300),
        lastMessage: last('شكراً جزيلاً', 900),
      }),
      interaction({
        id: 'priya',
        ...mine,
        key: 'SALES',
        name: 'Priya Nair',
        windowClosesAt: ago(10_000),
        lastMessage: last('Sent the offer as PDF', 4000, 'out'),
      }),
    ],
    assigned: [
      interaction({
        id: 'joren',
        agent: 'nadia',
        name: 'Joren de Wit',
        lastMessage: last('Waiting for the spare part', 9000),
      }),
    ],
    unassigned: [
      interaction({
        id: 'free1',
        key: 'SALES',
        name: '',
        unread: 1,
        unansweredSince: ago(1100),
        lastMessage: last('Hi, is the Tour 5 back in stock?', 1100),
        contact: {
          id: 'c9',
          address: '+447700900118',
          phone: '+44 7700 900118',
          userId: null,
          name: '',
          list: 'Default',
        },
      }),
      interaction({
        id: 'free2',
        key: 'IT',
        name: 'Hana Sato',
        unread: 1,
        unansweredSince: ago(545),
        lastMessage: last('Login code never arrives', 545),
      }),
    ],
  });
  const contact = server.desk.tabs[0]?.contact;
  server.past = [
    closedOne('p1', 12, { contact, disposition: ['Warranty', 'Battery'] }),
    closedOne('p2', 50, { contact, key: 'SALES', agent: 'nadia', disposition: ['Order', 'Accessories'] }),
    closedOne('p3', 90, { contact, key: 'SALES', agent: 'elif', disposition: ['Order', 'Bike', 'Test ride'] }),
  ];
  server.threads.set('p1', [
    message({ interactionId: 'p1', id: 'p1a', text: 'The battery lasts an hour only.', at: ago(12 * 86_400) }),
    message({
      interactionId: 'p1',
      id: 'p1b',
      direction: 'out',
      author: 'jonas',
      status: 'read',
      text: 'We have sent you a new one.',
      at: ago(12 * 86_400 - 600),
    }),
  ]);
  const on = { interactionId: 'marta' };
  server.threads.set('marta', [
    message({ ...on, id: 'a1', text: 'Since this morning my Tour 5 won’t start.', at: ago(90_000) }),
    message({
      ...on,
      id: 'a2',
      direction: 'out',
      text: 'Hello Marta, that is annoying. What does the display show?',
      status: 'read',
      at: ago(89_000),
    }),
    message({ ...on, id: 'a3', text: 'It says *E-07*, see https://example.org/e07_list', at: ago(520) }),
    message({ ...on, id: 'a4', text: '<img src=x onerror=alert(1)> and the lamp blinks', at: ago(500) }),
    message({
      ...on,
      id: 'a5',
      direction: 'note',
      text: 'Warranty valid until 03/2027, checked in the ERP.',
      author: 'jonas',
      at: ago(450),
    }),
    message({
      ...on,
      id: 'a6',
      direction: 'out',
      repliedTo: 'a3',
      status: 'read',
      text: 'E-07 is the speed sensor. *Good news:* it is a small part and we have it here.',
      at: ago(300),
    }),
    message({
      ...on,
      id: 'a7',
      direction: 'out',
      status: 'delivered',
      text: 'The repair takes about an hour.',
      at: ago(280),
    }),
    message({ ...on, id: 'a8', type: 'reaction', text: '', reaction: { to: 'a7', emoji: '👍' }, at: ago(200) }),
    message({
      ...on,
      id: 'a9',
      direction: 'out',
      status: 'failed',
      error: { code: '63024', reason: 'temporary' },
      text: 'Shall I book a workshop slot for you?',
      at: ago(100),
    }),
  ]);
  server.threads.set('tomasz', [
    message({ interactionId: 'tomasz', text: 'Is the bag still there?', at: ago(412) }),
    message({ interactionId: 'tomasz', text: 'Could I pick it up on Saturday?', at: ago(300) }),
  ]);
  server.threads.set('priya', [
    message({ interactionId: 'priya', text: 'Can you send the offer?', at: ago(96_400) }),
    message({
      interactionId: 'priya',
      direction: 'out',
      text: 'Sent the offer as PDF',
      status: 'delivered',
      at: ago(95_000),
    }),
  ]);
}
