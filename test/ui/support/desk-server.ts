import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createPages } from '../../../server/pages.ts';
import type { DeskSnapshot, Interaction, Message, Offer, Targets } from '../../../ui/shared/types.ts';
import { message, snapshot, TARGETS, TEMPLATES } from './fixtures.ts';

const require = createRequire(import.meta.url);

export interface Call {
  method: string;
  path: string;
  /** With its question mark, or empty. */
  query: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

interface Options {
  /** The built widget. */
  script?: string;
  /** The folder of the built pages: the desk is also at `/whatsapp/desk` then. */
  pages?: string;
  /** Styles of the page around it, for a dark or coloured Dashboard theme. */
  css?: string;
}

/**
 * A host page with the widget in it and an in-memory server that behaves as the HTTP contract says. Tests script it: they push events,
 * take the connection away, and read which calls were made.
 */
export async function startDeskServer({ script = '', pages: directory, css = '' }: Options) {
  const vue = await readFile(require.resolve('vue/dist/vue.global.prod.js'), 'utf8');
  const streams = new Set<ServerResponse>();
  const calls: Call[] = [];
  const threads = new Map<string, Message[]>();
  const answers = new Map<string, { message: Message }>();
  /** Closed conversations, the newest first. */
  let past: Interaction[] = [];
  let targets: Targets = TARGETS;
  let starts = 0;
  /** Messages that a page has at least, whatever is asked for. */
  let pageSize = 0;
  const colleagues = [
    { username: 'nadia', name: 'Nadia Brandt' },
    { username: 'jonas', name: 'Jonas Keller' },
    { username: 'elif', name: 'Elif Aydin' },
  ];
  let desk: DeskSnapshot = snapshot();
  let loggedIn = false;
  let reachable = true;
  let ready = true;
  /** The start of closing is answered when this has resolved. */
  let held: Promise<void> | undefined;
  /** Contents of files by the path of their address. */
  const contents = new Map<string, { bytes: Buffer; contentType: string }>();
  /** Files are taken when this has resolved. */
  let heldUploads: Promise<void> | undefined;
  /** What the next sending is answered with instead of success. */
  let refuseSend: { status: number; code: string } | undefined;

  const all = (): Interaction[] => [
    ...desk.tabs,
    ...desk.assigned,
    ...desk.unassigned,
    ...desk.offers.map((o) => o.interaction),
  ];
  const find = (id: string) => all().find((item) => item.id === id);

  function push(event: string, data: unknown) {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Moves an interaction to where it belongs now and tells the desk. */
  function change(item: Interaction, over: Partial<Interaction>): Interaction {
    const next = { ...item, ...over, version: item.version + 1 };
    const without = (list: Interaction[]) => list.filter((one) => one.id !== item.id);
    desk = {
      ...desk,
      tabs: without(desk.tabs),
      assigned: without(desk.assigned),
      unassigned: without(desk.unassigned),
    };
    if (next.status === 'open') {
      if (next.agent === desk.agent.username) desk[next.tabOpen ? 'tabs' : 'assigned'].push(next);
      else if (!next.agent) desk.unassigned.push(next);
    }
    push('interaction', next);
    return next;
  }

  function receive(fresh: Message) {
    threads.set(fresh.interactionId, [...(threads.get(fresh.interactionId) ?? []), fresh]);
    push('message', fresh);
    const item = find(fresh.interactionId);
    if (!item) return;
    const { id, text, type, direction, at } = fresh;
    const inbound = direction === 'in';
    change(item, {
      lastMessage: { id, text, type, direction, at },
      unread: inbound ? item.unread + 1 : item.unread,
      unansweredSince: inbound ? (item.unansweredSince ?? at) : null,
    });
  }

  function setStatus(id: string, over: Partial<Message>) {
    for (const list of threads.values()) {
      const index = list.findIndex((one) => one.id === id);
      const known = list[index];
      if (!known) continue;
      list[index] = { ...known, ...over, version: over.version ?? known.version + 1 };
      push('message-status', list[index]);
    }
  }

  function ring(offer: Offer) {
    desk.offers.push(offer);
    push('offer', offer);
  }

  function endOffer(id: string, reason: string, by?: { username: string; name: string }) {
    desk.offers = desk.offers.filter((offer) => offer.id !== id);
    push('offer-ended', { id, reason, by });
  }

  function answer(res: ServerResponse, status: number, data?: unknown) {
    res
      .writeHead(status, { 'content-type': 'application/json' })
      .end(data === undefined ? undefined : JSON.stringify(data));
  }
  const refuse = (res: ServerResponse, status: number, code: string, details?: unknown) =>
    answer(res, status, { error: { code, message: code, details } });

  async function api(req: IncomingMessage, res: ServerResponse, path: string) {
    const file = contents.get(path);
    if (file && req.method === 'GET')
      return void res.writeHead(200, { 'content-type': file.contentType }).end(file.bytes);
    const body = await readBody(req);
    const method = req.method ?? 'GET';
    const query = new URL(req.url ?? '/', 'http://host').search;
    calls.push({ method, path, query, headers: req.headers, body });
    if (method !== 'GET' && method !== 'HEAD' && req.headers['x-wa-request'] !== '1')
      return refuse(res, 403, 'missing_header');
    if (path === '/session' && method === 'POST') {
      if (body.password !== 'secret') return refuse(res, 401, 'wrong_credentials');
      loggedIn = true;
      return answer(res, 200, { agent: desk.agent });
    }
    if (!ready) return refuse(res, 503, 'store_closed');
    if (!loggedIn) return refuse(res, 401, 'unauthenticated');
    if (path === '/session' && method === 'DELETE') {
      loggedIn = false;
      for (const stream of streams) stream.end();
      return answer(res, 204);
    }
    if (path === '/session') return answer(res, 200, { agent: desk.agent });
    if (path === '/session/password') {
      if (body.current !== 'secret') return refuse(res, 403, 'wrong_password');
      return answer(res, 204);
    }
    if (path === '/desk') return answer(res, 200, desk);
    if (path === '/events') {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      streams.add(res);
      res.on('close', () => streams.delete(res));
      res.write('event: hello\ndata: {"connection":"c1"}\n\n');
      return;
    }
    if (path === '/presence') {
      desk.presence = {
        state: body.state as 'available',
        pause: (body.pause as string) ?? null,
        since: new Date().toISOString(),
      };
      push('presence', desk.presence);
      return answer(res, 200, { presence: desk.presence });
    }
    const offer = /^\/offers\/([^/]+)\/(accept|reject)$/.exec(path);
    if (offer) return onOffer(res, offer[1] ?? '', offer[2] ?? '');
    if (path === '/looking') return answer(res, 204);
    if (path === '/colleagues') return answer(res, 200, { colleagues });
    if (/^\/accounts\/[^/]+\/templates$/.test(path)) return answer(res, 200, { templates: TEMPLATES, error: null });
    if (path === '/interactions') return onStart(res, body);
    if (path === '/interactions/search') return onSearch(res, body);
    const again = /^\/media\/([^/]+)\/(\d+)\/retry$/.exec(path);
    if (again) return onFetchAgain(res, again[1] ?? '', Number(again[2]));
    const contact = /^\/contacts\/([^/]+)$/.exec(path);
    if (contact) return onContact(res, contact[1] ?? '', body);
    const one = /^\/interactions\/([^/]+)\/?(\w*)$/.exec(path);
    if (one) return onInteraction(req, res, one[1] ?? '', one[2] ?? '', body);
    return refuse(res, 404, 'not_found');
  }

  function onStart(res: ServerResponse, body: Call['body']) {
    const same = all().find((item) => item.contact.address === body.address && item.account.id === body.account);
    if (same) return refuse(res, 409, 'already_open', { agent: same.agent, interaction: same.id });
    const known = past.find((item) => item.contact.address === body.address);
    if (!known) return refuse(res, 409, 'window_closed');
    const begun = {
      ...known,
      id: `n${++starts}`,
      status: 'open' as const,
      closedAt: null,
      disposition: [],
      version: 1,
    };
    const sent = message({ interactionId: begun.id, direction: 'out', text: String(body.text), status: 'queued' });
    threads.set(begun.id, [sent]);
    return answer(res, 201, {
      interaction: change(begun, { agent: desk.agent.username, tabOpen: true }),
      message: sent,
    });
  }

  function onSearch(res: ServerResponse, body: Call['body']) {
    const words = (body.conditions as { field: string; value: string }[]).map(({ value }) => value.toLowerCase());
    const has = (item: Interaction) =>
      words.some((word) =>
        `${item.contact.name} ${item.contact.address} ${item.lastMessage?.text ?? ''}`.toLowerCase().includes(word),
      );
    const interactions = [...all(), ...past].filter(has);
    return answer(res, 200, { interactions, next: null, total: interactions.length, totalExact: true });
  }

  function onContact(res: ServerResponse, id: string, body: Call['body']) {
    const of = all().filter((item) => item.contact.id === id);
    if (!of[0]) return refuse(res, 404, 'not_found');
    for (const item of of) change(item, { contact: { ...item.contact, ...body } });
    return answer(res, 200, { contact: { ...of[0].contact, ...body } });
  }

  function onOffer(res: ServerResponse, id: string, verb: string) {
    const offer = desk.offers.find((other) => other.id === id);
    if (!offer) return refuse(res, 410, 'offer_ended');
    desk.offers = desk.offers.filter((other) => other.id !== id);
    if (verb === 'reject') return answer(res, 204);
    const interaction = change(offer.interaction, { agent: desk.agent.username, tabOpen: true });
    push('offer-ended', { id, reason: 'accepted' });
    return answer(res, 200, { interaction });
  }

  function stopDisposing() {
    desk.presence = { state: 'available', pause: null, since: new Date().toISOString() };
    desk.disposing = [];
    push('presence', desk.presence);
  }

  async function onInteraction(
    req: IncomingMessage,
    res: ServerResponse,
    id: string,
    verb: string,
    body: Call['body'],
  ) {
    const item = find(id) ?? past.find((one) => one.id === id);
    if (!item) return refuse(res, 404, 'not_found');
    const key = `${req.method} ${verb}`;
    switch (key) {
      case 'GET messages':
        return answer(
          res,
          200,
          pageOf(threads.get(id) ?? [], new URL(req.url ?? '/', 'http://host').searchParams, pageSize),
        );
      case 'POST messages':
        await heldUploads;
        return onSend(req, res, item, body);
      case 'PUT tab':
        return answer(res, 200, { interaction: change(item, { tabOpen: body.open === true }) });
      case 'POST typing':
        return answer(res, 204);
      case 'POST read':
        return answer(res, 200, { interaction: change(item, { unread: 0 }) });
      case 'GET ':
        return answer(res, 200, item);
      case 'GET earlier':
        return answer(res, 200, {
          interactions: past.filter((one) => one.contact.id === item.contact.id && one.startedAt < item.startedAt),
          more: false,
        });
      case 'GET targets':
        return answer(res, 200, targets);
      case 'POST transfer': {
        const waiting = {
          node: null,
          kind: 'transfer' as const,
          queue: (body.queue as string) ?? null,
          agent: (body.agent as string) ?? null,
          since: new Date().toISOString(),
          until: new Date(Date.now() + 30_000).toISOString(),
        };
        return answer(res, 200, { interaction: change(item, { tabOpen: false, waiting }) });
      }
      case 'POST release':
        return answer(res, 200, { interaction: change(item, { agent: null, tabOpen: false, unread: 1 }) });
      case 'PUT snooze':
        return answer(res, 200, {
          interaction: change(item, { tabOpen: false, snoozedUntil: body.until as string | null }),
        });
      case 'POST notes': {
        const note = message({ interactionId: id, direction: 'note', text: String(body.text), author: 'nadia' });
        threads.set(id, [...(threads.get(id) ?? []), note]);
        push('message', note);
        return answer(res, 201, { message: note });
      }
      case 'PUT tags':
        return answer(res, 200, { interaction: change(item, { tags: body.tags as string[] }) });
      case 'POST take':
        return answer(res, 200, { interaction: change(item, { agent: desk.agent.username, tabOpen: true }) });
      case 'POST closing':
        await held;
        desk.presence = { state: 'paused', pause: 'Disposition', since: new Date().toISOString() };
        desk.disposing = [id];
        return answer(res, 200, { presence: desk.presence });
      case 'DELETE closing':
        stopDisposing();
        return answer(res, 204);
      case 'POST close': {
        const newest = (threads.get(id) ?? []).findLast((one) => one.direction === 'in');
        if (newest && body.lastMessageId !== newest.id) return refuse(res, 409, 'new_message');
        const account = desk.accounts.find((other) => other.id === item.account.id);
        if (account?.mandatoryDisposition && !body.disposition) return refuse(res, 422, 'disposition_required');
        stopDisposing();
        return answer(res, 200, { interaction: change(item, { status: 'closed', tabOpen: false }) });
      }
      default:
        return refuse(res, 404, 'not_found');
    }
  }

  function onFetchAgain(res: ServerResponse, id: string, index: number) {
    const found = [...threads.values()].flat().find((one) => one.id === id);
    if (!found) return refuse(res, 404, 'not_found');
    const media = (found.media ?? []).map((one, i) =>
      i === index ? { ...one, state: 'waiting' as const, error: undefined } : one,
    );
    Object.assign(found, { media, version: found.version + 1 });
    return answer(res, 202, { message: found });
  }

  function onSend(req: IncomingMessage, res: ServerResponse, item: Interaction, body: Call['body']) {
    const text = String(body.text ?? '');
    if (refuseSend) {
      const { status, code } = refuseSend;
      refuseSend = undefined;
      return refuse(res, status, code);
    }
    const key = String(req.headers['idempotency-key'] ?? '');
    const former = answers.get(key);
    if (former) return answer(res, 202, former);
    const sent = message({ interactionId: item.id, direction: 'out', text, status: 'queued', ...mediaOf(body) });
    answers.set(key, { message: sent });
    receive(sent);
    return answer(res, 202, { message: sent });
  }

  const nowhere = { info: () => {}, warn: () => {}, error: () => {} };
  const pages = directory ? createPages({ directory, log: nowhere }) : undefined;
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://host').pathname;
    if (!reachable && path.startsWith('/whatsapp')) return void req.socket.destroy();
    if (path.startsWith('/whatsapp/api'))
      return void api(req, res, path.slice('/whatsapp/api'.length)).catch(() => res.destroy());
    if (pages && path.startsWith('/whatsapp/')) return void pages(req, res, () => res.writeHead(404).end());
    if (path === '/vue.js') return void res.writeHead(200, { 'content-type': 'text/javascript' }).end(vue);
    if (path === '/widget.js') {
      return void readFile(script).then((file) => res.writeHead(200, { 'content-type': 'text/javascript' }).end(file));
    }
    res.writeHead(200, { 'content-type': 'text/html' }).end(page(css));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dashboard/desk`,
    pageUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/whatsapp/desk`,
    calls,
    threads,
    contents,
    /** Keeps uploads back; the function that is returned lets them go. */
    holdUploads: () => {
      let release = () => {};
      heldUploads = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    get desk() {
      return desk;
    },
    set desk(next: DeskSnapshot) {
      desk = next;
    },
    set past(next: Interaction[]) {
      past = next;
    },
    set pageSize(next: number) {
      pageSize = next;
    },
    set targets(next: Targets) {
      targets = next;
    },
    push,
    change: (id: string, over: Partial<Interaction>) => {
      const item = find(id);
      return item && change(item, over);
    },
    receive,
    setStatus,
    ring,
    endOffer,
    /** Keeps the answer to pressing Close back; the function that is returned lets it go. */
    holdClosing: () => {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    refuseNextSend: (status: number, code: string) => {
      refuseSend = { status, code };
    },
    /** Forgets the session without telling the browser. */
    forgetSession: () => {
      loggedIn = false;
      for (const stream of streams) stream.end();
    },
    /** What Node-RED answers while it starts. */
    setReady: (value: boolean) => {
      ready = value;
    },
    /** Says nothing any more, without an end: what a cut cable does. */
    cutSilently: () => {
      for (const stream of streams) stream.removeAllListeners('close');
      streams.clear();
    },
    setReachable: (value: boolean) => {
      reachable = value;
      if (!value) for (const stream of streams) stream.destroy();
    },
    async close() {
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The newest messages, or those before one, as many as are asked for. */
function pageOf(
  all: readonly Message[],
  query: URLSearchParams,
  least: number,
): { messages: Message[]; more: boolean } {
  const before = query.get('before');
  const end = before ? all.findIndex((one) => one.id === before) : all.length;
  const start = Math.max(0, end - Math.max(least, Number(query.get('limit') ?? 50)));
  return { messages: all.slice(start, end), more: start > 0 };
}

export type DeskServer = Awaited<ReturnType<typeof startDeskServer>>;

function page(css: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Service</title><style>body{margin:0;font-family:sans-serif}#host{padding:0}${css}</style></head>
<body><div id="host"></div><script src="/vue.js"></script><script type="module">
await import('/widget.js');
Vue.createApp(window['ui-wa-desk'].UIWaDesk, { id: 'n1', props: { apiRoot: '/whatsapp' }, state: {} }).mount('#host');
</script></body></html>`;
}

/** Of a form: the file as the message has it. */
function mediaOf({ file }: Record<string, unknown>): Partial<Message> {
  if (!(file instanceof File)) return {};
  const type = /^(image|audio|video)\//.exec(file.type)?.[1] ?? 'document';
  const { name: fileName, size, type: contentType } = file;
  return { type, media: [{ url: '/whatsapp/api/media/up/0', contentType, fileName, size, state: 'ready' }] };
}

async function readBody(req: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const type = req.headers['content-type'] ?? '';
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(Buffer.concat(chunks), { headers: { 'content-type': type } }).formData();
    return Object.fromEntries(form);
  }
  const text = Buffer.concat(chunks).toString();
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}
