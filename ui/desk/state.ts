import type {
  AgentInfo,
  CannedAnswer,
  Contact,
  DeskAccount,
  DeskSnapshot,
  Interaction,
  Message,
  Offer,
  Presence,
  QueueFigures,
} from '../shared/types.ts';

/** The messages of one conversation that were read so far, oldest first. */
export interface Thread {
  items: readonly Message[];
  /** Older ones exist on the server. */
  more: boolean;
}

/** An offer that ended under the agent's eyes; its row says why for a moment. */
export interface EndedOffer {
  offer: Offer;
  reason: string;
  /** The name of the colleague who took it. */
  by?: string;
  /** ms */
  at: number;
}

/** What the desk knows. Every change makes a new object; see the functions below. */
export interface DeskState {
  readonly me: AgentInfo | null;
  readonly presence: Presence;
  readonly pauses: readonly string[];
  readonly accounts: readonly DeskAccount[];
  readonly queues: readonly QueueFigures[];
  readonly canned: readonly CannedAnswer[];
  /** Names of the lists that contacts are in. */
  readonly lists: readonly string[];
  readonly interactions: Readonly<Record<string, Interaction>>;
  /** Ids. Tabs stand in the order they were opened, the others by who waits longest. */
  readonly tabs: readonly string[];
  readonly assigned: readonly string[];
  readonly unassigned: readonly string[];
  readonly offers: readonly Offer[];
  readonly ended: readonly EndedOffer[];
  /** Ids of offers that ended: a late hint must not make them ring again. */
  readonly silenced: readonly string[];
  readonly threads: Readonly<Record<string, Thread>>;
}

export const EMPTY: DeskState = {
  me: null,
  presence: { state: 'offline', pause: null, since: '1970-01-01T00:00:00.000Z' },
  pauses: [],
  accounts: [],
  queues: [],
  canned: [],
  lists: [],
  interactions: {},
  tabs: [],
  assigned: [],
  unassigned: [],
  offers: [],
  ended: [],
  silenced: [],
  threads: {},
};

const REMEMBERED = 50;

/** The desk as read from the server. Where an event brought a newer version meanwhile, that one stays. */
export function applyDesk(state: DeskState, desk: DeskSnapshot): DeskState {
  const interactions: Record<string, Interaction> = {};
  const keep = (fresh: Interaction) => {
    const known = state.interactions[fresh.id];
    interactions[fresh.id] = known && known.version > fresh.version ? known : fresh;
  };
  for (const list of [desk.tabs, desk.assigned, desk.unassigned]) for (const item of list) keep(item);
  for (const offer of desk.offers) if (!interactions[offer.interaction.id]) keep(offer.interaction);

  const listed = { tabs: ids(desk.tabs), assigned: ids(desk.assigned), unassigned: ids(desk.unassigned) };
  // Conversations with a loaded thread stay known, so that what is on the screen does not vanish.
  for (const id of Object.keys(state.threads)) {
    const known = state.interactions[id];
    if (known && !interactions[id]) interactions[id] = known;
  }
  let next: DeskState = {
    ...state,
    me: desk.agent,
    presence: desk.presence,
    pauses: desk.pauses,
    accounts: desk.accounts,
    queues: desk.queues,
    canned: desk.cannedAnswers,
    lists: desk.lists ?? [],
    interactions,
    tabs: sameOrder(state.tabs, listed.tabs),
    assigned: listed.assigned,
    unassigned: listed.unassigned,
    offers: desk.offers.filter((offer) => !state.silenced.includes(offer.id)),
  };
  for (const list of [desk.tabs, desk.assigned, desk.unassigned]) {
    for (const fresh of list) {
      const item = interactions[fresh.id];
      if (item && item.version > fresh.version) next = place(next, item);
    }
  }
  return sorted(next);
}

/** A contact that was changed here: wherever it is shown. Its address is that of each conversation. */
export function applyContact(state: DeskState, contact: Contact): DeskState {
  const change = (item: Interaction): Interaction =>
    item.contact.id === contact.id
      ? { ...item, contact: { ...item.contact, name: contact.name, list: contact.list } }
      : item;
  const interactions = Object.fromEntries(Object.entries(state.interactions).map(([id, item]) => [id, change(item)]));
  const offers = state.offers.map((offer) => ({ ...offer, interaction: change(offer.interaction) }));
  const lists = state.lists.includes(contact.list) ? state.lists : [...state.lists, contact.list].sort();
  return { ...state, interactions, offers, lists };
}

/** One interaction as an event or an answer brought it. Older versions change nothing. */
export function applyInteraction(state: DeskState, incoming: Interaction): DeskState {
  const known = state.interactions[incoming.id];
  if (known && known.version > incoming.version) return state;
  // What went to a colleague comes without the contact: what is on the screen keeps its name until it is left.
  const hidden = known !== undefined && incoming.contact.address === '';
  const fresh = hidden ? { ...incoming, contact: known.contact, lastMessage: known.lastMessage } : incoming;
  const next = { ...state, interactions: { ...state.interactions, [fresh.id]: fresh } };
  const offers = next.offers.map((offer) =>
    offer.interaction.id === fresh.id ? { ...offer, interaction: fresh } : offer,
  );
  return sorted(place({ ...next, offers }, fresh));
}

/** Whether the lists of the desk may have gained a row that only the server can tell: then the desk is read again. */
export function needsReading(state: DeskState, fresh: Interaction): boolean {
  return fresh.status === 'open' && fresh.agent === null && !state.unassigned.includes(fresh.id);
}

export function applyOffer(state: DeskState, offer: Offer): DeskState {
  if (state.silenced.includes(offer.id)) return state;
  const rest = state.offers.filter((other) => other.id !== offer.id);
  const known = state.interactions[offer.interaction.id];
  const interaction = known && known.version > offer.interaction.version ? known : offer.interaction;
  return {
    ...state,
    interactions: { ...state.interactions, [interaction.id]: interaction },
    offers: [...rest, { ...offer, interaction }].sort((a, b) => a.createdAt.localeCompare(b.createdAt)),
  };
}

/** Ends an offer. `reason` is the server's word, `by` the name of who took it; the row stays for a moment if it was not the agent's doing. */
export function endOffer(state: DeskState, id: string, reason: string, now: number, by?: string): DeskState {
  const offer = state.offers.find((other) => other.id === id);
  const silenced = [...state.silenced.filter((other) => other !== id), id].slice(-REMEMBERED);
  if (!offer) return { ...state, silenced };
  const own = reason === 'accepted' || reason === 'rejected';
  return {
    ...state,
    silenced,
    offers: state.offers.filter((other) => other.id !== id),
    ended: own ? state.ended : [...state.ended, { offer, reason, by, at: now }],
  };
}

/** Drops rows of ended offers that were shown long enough, and offers whose time is over even if no event said so. */
export function tick(state: DeskState, now: number, shownFor = 4000): DeskState {
  let next = state;
  for (const offer of state.offers) {
    // A second of grace: the server decides, its event normally comes first.
    if (offer.expiresAt && Date.parse(offer.expiresAt) + 1000 < now) next = endOffer(next, offer.id, 'expired', now);
  }
  if (next.ended.some((row) => row.at + shownFor <= now)) {
    next = { ...next, ended: next.ended.filter((row) => row.at + shownFor > now) };
  }
  return next;
}

/** One message as an event or an answer brought it. It only enters conversations whose messages were read. */
export function applyMessage(state: DeskState, message: Message): DeskState {
  let next = state;
  const thread = state.threads[message.interactionId];
  if (thread) {
    const items = upsert(thread.items, message);
    if (items !== thread.items) {
      next = { ...next, threads: { ...next.threads, [message.interactionId]: { ...thread, items } } };
    }
  }
  const interaction = next.interactions[message.interactionId];
  const last = interaction?.lastMessage;
  // The interaction's own event follows; the row need not wait for it. Notes and reactions are no last message.
  const counts = (message.direction === 'in' || message.direction === 'out') && message.type !== 'reaction';
  if (interaction && counts && (!last || last.at < message.at)) {
    const { id, text, type, direction, at } = message;
    const updated = { ...interaction, lastMessage: { id, text, type, direction, at } };
    next = { ...next, interactions: { ...next.interactions, [interaction.id]: updated } };
  }
  return next;
}

/** A delivery status: only for messages that are known. The server's order of versions decides, not the order of arrival. */
export function applyStatus(state: DeskState, status: Partial<Message> & Pick<Message, 'id'>): DeskState {
  for (const [interaction, thread] of Object.entries(state.threads)) {
    const known = thread.items.find((item) => item.id === status.id);
    if (!known) continue;
    if ((status.version ?? known.version) < known.version) return state;
    const items = thread.items.map((item) => (item === known ? { ...known, ...status } : item));
    return { ...state, threads: { ...state.threads, [interaction]: { ...thread, items } } };
  }
  return state;
}

/**
 * The newest page of a conversation. It joins what was read before if both overlap; if not, messages lie between them that were never
 * read, and the older part is dropped so that no gap is shown as if it were none.
 */
export function applyNewest(state: DeskState, id: string, page: { messages: Message[]; more: boolean }): DeskState {
  const known = state.threads[id];
  const overlaps = known?.items.some((item) => page.messages.some((fresh) => fresh.id === item.id));
  let thread: Thread = { items: page.messages, more: page.more };
  if (known && overlaps) {
    let items = known.items;
    for (const message of page.messages) items = upsert(items, message);
    thread = { items, more: known.more };
  }
  return { ...state, threads: { ...state.threads, [id]: thread } };
}

/** A page before the oldest message that was read. */
export function applyEarlier(state: DeskState, id: string, page: { messages: Message[]; more: boolean }): DeskState {
  const known = state.threads[id];
  if (!known) return state;
  const ids = new Set(known.items.map((item) => item.id));
  const items = [...page.messages.filter((message) => !ids.has(message.id)), ...known.items];
  return { ...state, threads: { ...state.threads, [id]: { items, more: page.more } } };
}

/** Forgets the messages of conversations that are not open any more. */
export function forgetThreads(state: DeskState, keep: readonly string[]): DeskState {
  const threads = Object.fromEntries(Object.entries(state.threads).filter(([id]) => keep.includes(id)));
  return { ...state, threads };
}

export type Place = 'tabs' | 'assigned' | 'unassigned' | 'offered' | 'elsewhere';

export function placeOf(state: DeskState, id: string): Place {
  if (state.tabs.includes(id)) return 'tabs';
  if (state.assigned.includes(id)) return 'assigned';
  if (state.unassigned.includes(id)) return 'unassigned';
  return state.offers.some((offer) => offer.interaction.id === id) ? 'offered' : 'elsewhere';
}

/** Since when the customer waits, ms; NaN if nobody does. */
export function waitingSince(interaction: Interaction): number {
  return Date.parse(interaction.unansweredSince ?? '');
}

/** Of the tabs whose customers wait, the longest first: the one after that which is open, or before it. With none the tab beside it. */
export function nextWaiting(state: DeskState, selected: string | null, by: 1 | -1): string | undefined {
  const since = (id: string) => {
    const item = state.interactions[id];
    return item ? waitingSince(item) : Number.NaN;
  };
  const waiting = state.tabs.filter((id) => Number.isFinite(since(id))).sort((a, b) => since(a) - since(b));
  const ring = waiting.some((id) => id !== selected) ? waiting : state.tabs;
  const index = selected === null ? -1 : ring.indexOf(selected);
  if (index < 0) return by > 0 ? ring[0] : ring.at(-1);
  return ring[(index + by + ring.length) % ring.length];
}

function place(state: DeskState, item: Interaction): DeskState {
  const mine = item.status === 'open' && state.me !== null && item.agent === state.me.username;
  const free = item.status === 'open' && item.agent === null;
  return {
    ...state,
    tabs: member(state.tabs, item.id, mine && item.tabOpen),
    assigned: member(state.assigned, item.id, mine && !item.tabOpen),
    // Whether a free one may be taken is known to the server only, so an event never adds to this list.
    unassigned: free ? state.unassigned : member(state.unassigned, item.id, false),
  };
}

function member(list: readonly string[], id: string, wanted: boolean): readonly string[] {
  if (list.includes(id) === wanted) return list;
  return wanted ? [...list, id] : list.filter((other) => other !== id);
}

function sorted(state: DeskState): DeskState {
  const since = (id: string) => {
    const item = state.interactions[id];
    return item ? (item.unansweredSince ?? `~${item.lastMessage?.at ?? item.startedAt}`) : '~';
  };
  // By code unit: `~` comes after every digit, so who waits for nothing comes last.
  const byWait = (a: string, b: string) => (since(a) < since(b) ? -1 : since(a) > since(b) ? 1 : 0);
  return { ...state, assigned: [...state.assigned].sort(byWait), unassigned: [...state.unassigned].sort(byWait) };
}

function sameOrder(known: readonly string[], fresh: readonly string[]): readonly string[] {
  return [...known.filter((id) => fresh.includes(id)), ...fresh.filter((id) => !known.includes(id))];
}

function upsert(items: readonly Message[], message: Message): readonly Message[] {
  const index = items.findIndex((item) => item.id === message.id);
  if (index >= 0) {
    const known = items[index];
    if (known && known.version > message.version) return items;
    return items.map((item, i) => (i === index ? message : item));
  }
  let end = items.length;
  while (end > 0 && (items[end - 1]?.at ?? '') > message.at) end -= 1;
  return [...items.slice(0, end), message, ...items.slice(end)];
}

function ids(list: readonly Interaction[]): string[] {
  return list.map((item) => item.id);
}
