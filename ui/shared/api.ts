import { ApiError, Unreachable } from './errors.ts';
import type { AgentInfo, Contact, DeskSnapshot, Interaction, Message, Presence, Targets, Template } from './types.ts';
import { upload } from './upload.ts';

export { ApiError, Unreachable };

export interface ApiOptions {
  /** `<httpNodeRoot>/whatsapp`, without a slash at its end. */
  root: string;
  fetch?: typeof fetch;
  /** Milliseconds until a call counts as unreachable. */
  timeout?: number;
  /** Called with (server time - own time) in ms, taken from the Date header: exact to about a second. */
  onClock?: (offset: number) => void;
}

export interface ClosingAnswer {
  disposition?: string[];
  note?: string;
  lastMessageId?: string;
}

interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

/** What a proxy answers when the server behind it is away. */
const PROXY_STATUSES = new Set([502, 504]);

/**
 * The calls of the desk. Each rejects with `ApiError` (refused) or `Unreachable` (no answer).
 * State-changing calls carry the header that the server demands of them.
 */
export function createApi(options: ApiOptions) {
  const base = `${options.root}/api`;
  const doFetch = options.fetch ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init));
  const timeout = options.timeout ?? 15_000;

  async function call<T>(method: string, path: string, { body, headers }: CallOptions = {}): Promise<T> {
    const all: Record<string, string> = { Accept: 'application/json', ...headers };
    if (method !== 'GET') all['X-WA-Request'] = '1';
    if (body !== undefined) all['Content-Type'] = 'application/json';
    let response: Response;
    let text: string;
    try {
      response = await doFetch(base + path, {
        method,
        headers: all,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(timeout),
      });
      text = await response.text();
    } catch (cause) {
      throw new Unreachable(cause);
    }
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) options.onClock?.(date - Date.now());
    const data = parse(text);
    if (response.ok) return data as T;
    const error = (data as { error?: { code?: string; message?: string; details?: unknown } } | undefined)?.error;
    if (!error && PROXY_STATUSES.has(response.status)) throw new Unreachable();
    throw new ApiError(response.status, error?.code ?? `http_${response.status}`, error?.message ?? '', error?.details);
  }

  const one = (id: string, rest = '') => `/interactions/${encodeURIComponent(id)}${rest}`;
  const offer = (id: string, rest: string) => `/offers/${encodeURIComponent(id)}/${rest}`;

  return {
    /** Any call there is, by its path below `/api`. */
    call,
    eventsUrl: `${base}/events`,
    login: (username: string, password: string) =>
      call<{ agent: AgentInfo }>('POST', '/session', { body: { username, password } }),
    session: () => call<{ agent: AgentInfo }>('GET', '/session'),
    /** `release`: what is assigned is handed back. */
    logout: (release: boolean) => call<undefined>('DELETE', release ? '/session?release=true' : '/session'),
    changePassword: (current: string, password: string) =>
      call<undefined>('PUT', '/session/password', { body: { current, password } }),
    desk: () => call<DeskSnapshot>('GET', '/desk'),
    presence: (state: 'available' | 'paused', pause?: string) =>
      call<Partial<Presence> & { presence?: Presence }>('PUT', '/presence', {
        body: pause === undefined ? { state } : { state, pause },
      }),
    accept: (id: string) => call<{ interaction: Interaction }>('POST', offer(id, 'accept')),
    reject: (id: string) => call<undefined>('POST', offer(id, 'reject')),
    take: (id: string) => call<{ interaction: Interaction }>('POST', one(id, '/take')),
    messages: (id: string, before?: string, limit = 50) =>
      call<{ messages: Message[]; more: boolean }>(
        'GET',
        one(id, `/messages?limit=${limit}${before ? `&before=${encodeURIComponent(before)}` : ''}`),
      ),
    /** A repeated `key` returns the first answer, so a call without an answer may be repeated. */
    send: (id: string, text: string, key: string) =>
      call<{ message: Message }>('POST', one(id, '/messages'), { body: { text }, headers: { 'Idempotency-Key': key } }),
    /** A file with its caption; repeated under its key as `send`. */
    sendFile: (
      id: string,
      {
        file,
        text,
        key,
        progress,
        signal,
      }: { file: File; text: string; key: string; progress: (part: number) => void; signal: AbortSignal },
    ) =>
      upload<{ message: Message }>({
        ...{ file, fileName: file.name, text, progress, signal },
        url: base + one(id, '/messages'),
        headers: { Accept: 'application/json', 'X-WA-Request': '1', 'Idempotency-Key': key },
      }),
    /** Fetches a file of a message from the provider once more. */
    fetchAgain: (message: string, index: number) =>
      call<{ message: Message }>('POST', `/media/${encodeURIComponent(message)}/${index}/retry`),
    /** What a stream shows now, by the name it was given in `hello`. */
    look: (connection: string, interaction: string | null) =>
      call<undefined>('PUT', '/looking', { body: { connection, interaction } }),
    tab: (id: string, open: boolean) =>
      call<{ interaction?: Interaction } | undefined>('PUT', one(id, '/tab'), { body: { open } }),
    read: (id: string) => call<{ interaction?: Interaction } | undefined>('POST', one(id, '/read')),
    /** The contact is shown for some seconds that somebody writes. */
    typing: (id: string) => call<undefined>('POST', one(id, '/typing')),
    interaction: (id: string) => call<Interaction>('GET', one(id)),
    earlier: (id: string) => call<{ interactions: Interaction[]; more: boolean }>('GET', one(id, '/earlier')),
    targets: (id: string) => call<Targets>('GET', one(id, '/targets')),
    transfer: (id: string, to: { agent: string } | { queue: string }) =>
      call<{ interaction: Interaction }>('POST', one(id, '/transfer'), { body: to }),
    release: (id: string) => call<{ interaction: Interaction }>('POST', one(id, '/release')),
    /** `until`: ISO 8601; null brings the tab back. */
    snooze: (id: string, until: string | null) =>
      call<{ interaction: Interaction }>('PUT', one(id, '/snooze'), { body: { until } }),
    note: (id: string, text: string) => call<{ message: Message }>('POST', one(id, '/notes'), { body: { text } }),
    tags: (id: string, tags: string[]) =>
      call<{ interaction: Interaction }>('PUT', one(id, '/tags'), { body: { tags } }),
    contact: (id: string, change: { name?: string; list?: string }) =>
      call<{ contact: Contact }>('PATCH', `/contacts/${encodeURIComponent(id)}`, { body: change }),
    colleagues: () => call<{ colleagues: { username: string; name: string }[] }>('GET', '/colleagues'),
    templates: (account: string, refresh: boolean) =>
      call<{ templates: Template[]; error: string | null }>(
        'GET',
        `/accounts/${encodeURIComponent(account)}/templates${refresh ? '?refresh=true' : ''}`,
      ),
    /** A repeated `key` returns the first answer. */
    sendTemplate: (id: string, template: ChosenTemplate, key: string) =>
      call<{ message: Message }>('POST', one(id, '/messages'), {
        body: { template },
        headers: { 'Idempotency-Key': key },
      }),
    begin: (start: { account: string; address: string } & ({ text: string } | { template: ChosenTemplate })) =>
      call<{ interaction: Interaction; message: Message }>('POST', '/interactions', { body: start }),
    search: (search: object) =>
      call<{ interactions: Interaction[]; next: string | null; total: number; totalExact: boolean }>(
        'POST',
        '/interactions/search',
        { body: search },
      ),
    startClosing: (id: string) => call<{ presence?: Presence } | undefined>('POST', one(id, '/closing')),
    cancelClosing: (id: string) => call<undefined>('DELETE', one(id, '/closing')),
    close: (id: string, answer: ClosingAnswer) =>
      call<{ interaction?: Interaction } | undefined>('POST', one(id, '/close'), { body: answer }),
  };
}

export interface ChosenTemplate {
  id: string;
  variables: Record<string, string>;
}

export type Api = ReturnType<typeof createApi>;

function parse(text: string): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Where the API is: what the server put into the widget's properties, else what stands before `/dashboard` (or before `/whatsapp`
 * on the page of its own) in the address.
 */
export function apiRoot(given: unknown, pathname: string): string {
  if (typeof given === 'string' && given !== '') return given.replace(/\/+$/, '');
  for (const mark of ['/dashboard', '/whatsapp']) {
    const at = `${pathname}/`.lastIndexOf(`${mark}/`);
    if (at >= 0) return `${pathname.slice(0, at)}/whatsapp`;
  }
  return '/whatsapp';
}
