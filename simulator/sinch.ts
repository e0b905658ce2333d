import { randomBytes } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { basicOf, bodyOf, dig, isObject, jsonOf, queryOf, textBody } from './body.ts';
import { derivedUlid, ulid } from './ids.ts';
import { aboutDraft, carryOut, logCall } from './sending.ts';
import { type Draft, type Simulation, shortId } from './simulation.ts';
import { appRoutes } from './sinch-apps.ts';
import { sinchList, withText } from './templates.ts';
import type { Account, Send, SimulatedMessage } from './types.ts';

const TOKEN_SECONDS = 3599;
/** Of a choice message: what the API takes; WhatsApp shows three. */
const MAX_CHOICES = 10;
const STATUS_NAMES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

class SinchError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Sinch's OAuth token and Conversation API, as far as messages need them. */
export function sinchRoutes(simulation: Simulation): Router {
  const router = express.Router();
  const { world } = simulation;
  const tokens = new Map<string, { project: string; until: number }>();
  const accounts = () => world.accounts().filter((account) => account.provider === 'sinch');

  router.post('/oauth2/token', textBody('16kb'), (request, response) => {
    logCall(simulation, response, 'token', () => 'access token');
    const login = basicOf(request);
    const account = login && accounts().find((one) => one.authToken === `${login.user}:${login.password}`);
    if (!account) {
      response.status(401).json({ error: 'invalid_client', error_description: 'Client authentication failed' });
      return;
    }
    if (new URLSearchParams(bodyOf(request)).get('grant_type') !== 'client_credentials') {
      response.status(400).json({ error: 'unsupported_grant_type' });
      return;
    }
    const token = randomBytes(24).toString('base64url');
    for (const [old, { until }] of tokens) if (until < world.now()) tokens.delete(old);
    tokens.set(token, { project: account.accountSid, until: world.now() + TOKEN_SECONDS * 1000 });
    response.json({ access_token: token, expires_in: TOKEN_SECONDS, scope: '', token_type: 'bearer' });
  });

  const authorise = (request: Request, response: Response, next: NextFunction) => {
    const project = request.params.project!;
    const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ');
    if (scheme.toLowerCase() === 'basic') {
      const login = basicOf(request);
      const ok = accounts().some(
        (one) => one.accountSid === project && login && one.authToken === `${login.user}:${login.password}`,
      );
      return next(ok ? undefined : new SinchError(401, 'Request had invalid credentials.'));
    }
    const ready = accounts().find((one) => one.authToken === value && value !== '');
    const token = tokens.get(value);
    if (token && token.until <= world.now()) {
      response.set('WWW-Authenticate', 'Bearer error="invalid_token", error_description="The token has expired"');
      return next(new SinchError(401, 'expired'));
    }
    const owner = token?.project ?? ready?.accountSid;
    if (scheme.toLowerCase() !== 'bearer' || owner === undefined) {
      return next(new SinchError(401, 'Request had invalid credentials.'));
    }
    next(owner === project ? undefined : new SinchError(403, 'No access or billing limit reached.'));
  };

  const appOf = (request: Request, appId: unknown): Account => {
    const account = accounts().find((one) => one.accountSid === request.params.project && one.appId === appId);
    if (!account) throw new SinchError(404, 'App not found (also: wrong region).');
    return account;
  };

  const create = async (request: Request, response: Response, next: NextFunction) => {
    let about = 'out, refused';
    logCall(simulation, response, 'messages:send', () => about);
    const body = jsonOf(request);
    if (!body) throw new SinchError(400, 'Malformed request.');
    const account = appOf(request, body.app_id);
    const draft = readSend(body);
    if (draft.template) draft.text = withText(world.templates, draft.template);
    about = aboutDraft(draft);
    await carryOut(simulation, account, draft, response, {
      accepted: (send) => {
        response.json({ accepted_time: new Date(send.at).toISOString(), message_id: send.id });
      },
      tooMany: (retryAfter) => {
        response.set('Retry-After', String(retryAfter));
        next(new SinchError(429, 'Too many requests.'));
      },
      serverError: (status) =>
        next(new SinchError(status, status === 500 ? 'Internal error.' : 'Service unavailable.')),
    });
  };
  router.post('/v1/projects/:project/messages\\:send', textBody('1mb'), authorise, (request, response, next) => {
    create(request, response, next).catch(next);
  });

  router.post('/v1/projects/:project/events\\:send', textBody('64kb'), authorise, (request, response) => {
    const body = jsonOf(request);
    logCall(simulation, response, 'events:send', () => 'composing');
    const account = appOf(request, body?.app_id);
    const customer = world.customerAt(recipientOf(body));
    if (!customer || dig(body, 'event', 'composing_event') === undefined) {
      throw new SinchError(400, 'Malformed request.');
    }
    const last = world.conversation(account.id, customer.id).findLast((message) => message.direction === 'in');
    if (last) simulation.businessRead(last.id);
    response.json({ accepted_time: new Date(world.now()).toISOString(), event_id: ulid(world.now()) });
  });

  router.get('/v1/projects/:project/whatsapp/templates', authorise, (_request, response) => {
    logCall(simulation, response, 'templates', () => 'templates');
    response.json(sinchList(world.templates));
  });

  router.get('/v1/projects/:project/messages', authorise, (request, response) => {
    const query = queryOf(request);
    const mine = new Set(
      accounts()
        .filter((one) => one.accountSid === request.params.project)
        .filter((one) => !query.has('app_id') || one.appId === query.get('app_id'))
        .map((one) => one.id),
    );
    const all = world
      .messages()
      .filter((message) => mine.has(message.account) && isAsked(message, query))
      .reverse();
    const size = Math.min(1000, Math.max(1, Number(query.get('page_size')) || 10));
    const start = all.findIndex((message) => message.id === query.get('page_token')) + 1;
    const shown = all.slice(start, start + size);
    response.json({
      messages: shown.map((message) => messageResource(world.account(message.account), message)),
      next_page_token: start + size < all.length ? shown.at(-1)!.id : '',
    });
  });

  router.get('/v1/projects/:project/messages/:message', authorise, (request, response) => {
    const message = world.message(request.params.message!);
    const account = message && accounts().find((one) => one.id === message.account);
    if (!message || account?.accountSid !== request.params.project) {
      throw new SinchError(404, `Message ${shortId(request.params.message!)} not found.`);
    }
    response.json(messageResource(account!, message));
  });

  appRoutes(router, simulation, { authorise, appOf });

  router.use('/v1/projects', (_request, _response, next) => next(new SinchError(404, 'Not found.')));

  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (!(error instanceof SinchError) || response.headersSent) return next(error);
    const { status, message } = error;
    response
      .status(status)
      .json({ error: { code: status, message, status: STATUS_NAMES[status] ?? 'UNKNOWN', details: [] } });
  });
  return router;
}

/** The recipient's address: numbers with +, user ids as they are. */
function recipientOf(body: Record<string, unknown> | null): string {
  const identity =
    dig(body, 'recipient', 'identified_by', 'channel_identities', 0, 'identity') ??
    dig(body, 'recipient', 'contact_id');
  if (typeof identity !== 'string' || identity === '') throw new SinchError(400, 'Malformed request: no recipient.');
  return /^\d+$/.test(identity) ? `+${identity}` : identity;
}

/** What is to be sent. Content that Sinch checks only after its answer is accepted here as well. */
function readSend(body: Record<string, unknown>): Draft {
  const message = body.message;
  const kinds = isObject(message) ? Object.keys(message).filter((key) => key.endsWith('_message')) : [];
  if (!isObject(message) || kinds.length !== 1)
    throw new SinchError(400, 'Malformed request: one message is required.');
  const content = message[kinds[0]!];
  const text = (...path: (string | number)[]) => {
    const value = dig(content, ...path);
    return typeof value === 'string' ? value : '';
  };
  const draft: Draft = { to: recipientOf(body), text: '', request: body };
  switch (kinds[0]) {
    case 'text_message':
      draft.text = text('text');
      if (!draft.text) throw new SinchError(400, 'Malformed request: text_message.text is empty.');
      break;
    case 'media_message':
      draft.mediaUrl = text('url');
      if (!URL.canParse(draft.mediaUrl)) throw new SinchError(400, 'Malformed request: media_message.url is no URL.');
      break;
    case 'location_message':
      draft.location = {
        latitude: degrees(dig(content, 'coordinates', 'latitude'), 90),
        longitude: degrees(dig(content, 'coordinates', 'longitude'), 180),
        name: text('title'),
        address: text('label'),
      };
      draft.text = text('title');
      if (!draft.text) throw new SinchError(400, 'Malformed request: location_message.title is empty.');
      break;
    case 'choice_message': {
      draft.text = text('text_message', 'text');
      const choices = dig(content, 'choices');
      draft.buttons = (Array.isArray(choices) ? choices : []).map((choice, index) => ({
        id: String(dig(choice, 'postback_data') ?? index),
        text: String(dig(choice, 'text_message', 'text') ?? ''),
      }));
      if (draft.buttons.length === 0 || draft.buttons.length > MAX_CHOICES || draft.buttons.some((one) => !one.text))
        throw new SinchError(400, `Malformed request: choice_message needs 1 to ${MAX_CHOICES} choices with a text.`);
      break;
    }
    case 'template_message': {
      const template = dig(content, 'channel_template', 'WHATSAPP') ?? dig(content, 'omni_template');
      const parameters = dig(template, 'parameters');
      const named = `${String(dig(template, 'template_id') ?? '')}:${String(dig(template, 'language_code') ?? '')}`;
      draft.template = {
        id: named,
        variables: Object.fromEntries(
          Object.entries(isObject(parameters) ? parameters : {}).map(([name, value]) => [
            name.replace(/^body\[(.+)\]text$/, '$1').replace(/^header\[(.+)\]text$/, 'header.$1'),
            String(value),
          ]),
        ),
      };
      break;
    }
    default:
      draft.text = text('title') || text('text_message', 'text') || text('description');
  }
  if (typeof body.callback_url === 'string') draft.statusCallback = body.callback_url;
  if (typeof body.message_metadata === 'string') draft.metadata = body.message_metadata;
  if (typeof body.correlation_id === 'string') draft.correlationId = body.correlation_id;
  return draft;
}

function degrees(value: unknown, limit: number): number {
  if (typeof value !== 'number' || !(Math.abs(value) <= limit))
    throw new SinchError(400, 'Malformed request: location_message.coordinates are no latitude and longitude.');
  return value;
}

/** The filters of the list: the contact's address, and since when. */
function isAsked(message: SimulatedMessage | Send, query: URLSearchParams): boolean {
  const identity = query.get('channel_identity');
  const from = query.get('start_time');
  if (identity !== null && ('to' in message ? message.to : message.customer).replace(/^\+/, '') !== identity)
    return false;
  return from === null || message.at >= Date.parse(from);
}

function messageResource(account: Account, message: SimulatedMessage | Send): object {
  const peer = 'to' in message ? message.to : message.customer;
  const outgoing = 'request' in message;
  return {
    id: message.id,
    direction: outgoing ? 'TO_CONTACT' : 'TO_APP',
    ...(outgoing
      ? { app_message: message.request.message }
      : { contact_message: { text_message: { text: message.text } } }),
    channel_identity: { channel: 'WHATSAPP', identity: peer.replace(/^\+/, ''), app_id: account.appId ?? '' },
    conversation_id: derivedUlid(`conversation ${account.id} +${peer.replace(/^\+/, '')}`),
    contact_id: derivedUlid(`contact ${account.accountSid} +${peer.replace(/^\+/, '')}`),
    metadata: ('metadata' in message ? message.metadata : undefined) ?? '',
    accept_time: new Date(message.at).toISOString(),
    processing_mode: 'CONVERSATION',
  };
}
