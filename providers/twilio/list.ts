import { peerOf } from '../address.ts';
import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { typeOfContent } from '../media-type.ts';
import type { InboundMedia, InboundMessage, Listed, ListOptions, ProviderAccount } from '../provider.ts';
import { clientOf, messagesPath, TWILIO_API, type TwilioAnswer, twilioRequest } from './client.ts';
import { twilioReason } from './errors.ts';
import { twilioStatus } from './status.ts';

type Resource = Record<string, unknown>;

const PAGE_SIZE = 200;
/** At most this many messages are looked at in one direction. */
const MAX_PAGES = 25;
/** ms for each request. */
const TIMEOUT = 15_000;
const CHANNEL = 'whatsapp:';

/**
 * Messages of the account's number since a time (epoch ms), newest first. Profile names, buttons and places are not part of
 * Twilio's resource, so what was missed comes back as its text and media.
 * @throws ProviderError if Twilio refuses or does not answer
 */
export async function listTwilio(
  account: ProviderAccount,
  since: number,
  { until, inboundOnly = false, wanted }: ListOptions = {},
): Promise<Listed> {
  const number = CHANNEL + account.phone;
  const range = { since, until };
  const received = await pages(account, { To: number }, range);
  const sent = inboundOnly ? { resources: [], complete: true } : await pages(account, { From: number }, range);
  const incoming = received.resources.filter((resource) => text(resource.direction) === 'inbound');
  const chosen = await wanted?.(incoming.map((resource) => text(resource.sid)));
  const inbound: InboundMessage[] = [];
  for (const resource of incoming) {
    if (chosen && !chosen.has(text(resource.sid))) continue;
    const message = await inboundOf(account, resource);
    if (message) inbound.push(message);
  }
  const outbound = sent.resources
    .filter((resource) => text(resource.direction).startsWith('outbound'))
    .map((resource) => ({
      id: text(resource.sid),
      to: withoutChannel(text(resource.to)),
      text: text(resource.body),
      at: timeOf(resource),
      status: twilioStatus(resource.status) ?? 'queued',
    }));
  return {
    inbound: newestFirst(inbound),
    outbound: newestFirst(outbound),
    complete: received.complete && sent.complete,
  };
}

function newestFirst<T extends { at?: number }>(messages: T[]): T[] {
  return messages.sort((a, b) => (b.at ?? 0) - (a.at ?? 0));
}

async function pages(
  account: ProviderAccount,
  filter: Record<string, string>,
  { since, until }: { since: number; until: number | undefined },
): Promise<{ resources: Resource[]; complete: boolean }> {
  const resources: Resource[] = [];
  let path = messagesPath(account);
  // Twilio keeps whole seconds.
  const from = Math.floor(since / 1000) * 1000;
  const to = until ?? Number.POSITIVE_INFINITY;
  let values: Record<string, unknown> = { ...filter, 'DateSent>': seconds(from), PageSize: PAGE_SIZE };
  if (until !== undefined) values['DateSent<'] = seconds(Math.ceil(until / 1000) * 1000);
  for (let page = 0; page < MAX_PAGES; page++) {
    const body = await get(account, path, values);
    const messages = Array.isArray(body.messages) ? (body.messages as Resource[]) : [];
    for (const resource of messages) {
      const at = timeOf(resource);
      if (text(resource?.sid) !== '' && at >= from && at <= to) resources.push(resource);
    }
    const next = text(body.next_page_uri);
    if (!next.startsWith('/')) return { resources, complete: true };
    path = next;
    values = {};
  }
  return { resources, complete: false };
}

const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

async function get(account: ProviderAccount, path: string, values: Record<string, unknown>): Promise<Resource> {
  let answer: TwilioAnswer;
  try {
    answer = await twilioRequest(await clientOf(account), 'get', path, values, TIMEOUT);
  } catch (error) {
    const code = networkCode(error);
    throw new ProviderError(code, 'temporary', `Twilio gave no answer (${code})`);
  }
  const { status, body } = answer;
  if (status === 200) return body;
  const code = safeCode(body.code, `http_${status}`);
  const said = redact(account, text(body.message) || `HTTP ${status}`);
  throw new ProviderError(code, twilioReason(code, status), `Twilio refused the list of messages: ${said}`);
}

async function inboundOf(account: ProviderAccount, resource: Resource): Promise<InboundMessage | undefined> {
  const from = text(resource.from);
  if (!from.startsWith(CHANNEL)) return undefined;
  const body = text(resource.body);
  const message: InboundMessage = {
    kind: 'message',
    id: text(resource.sid),
    peer: peerOf(withoutChannel(from)),
    type: body ? 'text' : 'unknown',
    text: body,
    at: timeOf(resource),
  };
  if (Number(resource.num_media) > 0) {
    const media = await mediaOf(account, message.id);
    if (media.length > 0) {
      message.media = media;
      message.type = typeOfContent(media[0]!.contentType);
    }
  }
  return message;
}

async function mediaOf(account: ProviderAccount, sid: string): Promise<InboundMedia[]> {
  const body = await get(account, messagesPath(account, `/${encodeURIComponent(sid)}/Media`), {});
  const list = Array.isArray(body.media_list) ? (body.media_list as Resource[]) : [];
  return list
    .filter((item) => text(item?.uri).startsWith('/'))
    .map((item) => ({
      source: TWILIO_API + text(item.uri).replace(/\.json$/, ''),
      contentType: text(item.content_type) || undefined,
    }));
}

function timeOf(resource: Resource): number {
  const at = Date.parse(text(resource.date_sent) || text(resource.date_created));
  return Number.isFinite(at) ? at : 0;
}

function withoutChannel(address: string): string {
  return address.startsWith(CHANNEL) ? address.slice(CHANNEL.length) : address;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
