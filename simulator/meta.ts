import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { dig, isObject, jsonOf, textBody } from './body.ts';
import { graphId } from './ids.ts';
import { ATTACHMENTS, describeMedia, giveMedia, takeUpload } from './meta-media.ts';
import { subscriptionRoutes } from './meta-subscriptions.ts';
import { aboutDraft, carryOut, logCall } from './sending.ts';
import type { Draft, Simulation } from './simulation.ts';
import { metaList, refusalOf, withText } from './templates.ts';
import type { Account } from './types.ts';

const MAX_TEXT = 4096;
const MAX_QUESTION = 1024;
/** WhatsApp's limits: reply buttons and rows of a list, and the characters of their titles. */
const BUTTONS = { most: 3, title: 20 };
const ROWS = { most: 10, title: 24 };

/** A refusal in the words of the Graph API. Source: Meta, "Cloud API: error codes". */
class GraphError extends Error {
  readonly status: number;
  readonly code: number;
  readonly details: string;
  readonly subcode: number | undefined;
  constructor(status: number, code: number, message: string, details = message, subcode?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.subcode = subcode;
  }
}

/** Meta's Cloud API, as far as messages need it. */
export function metaRoutes(simulation: Simulation): Router {
  const router = express.Router();
  const { world } = simulation;

  /** The accounts that the access token belongs to. */
  const accountsOf = (request: Request): Account[] => {
    const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
    const accounts = world.accounts().filter(({ provider }) => provider === 'meta');
    const mine = accounts.filter(({ authToken }) => authToken === token);
    if (scheme.toLowerCase() !== 'bearer' || mine.length === 0) {
      throw new GraphError(401, 190, 'Invalid OAuth access token - Cannot parse access token');
    }
    return mine;
  };
  /** The account of the phone number id in the path; the access token has to be its own. */
  const accountOf = (request: Request): Account => {
    const account = accountsOf(request).find(({ appId }) => appId === request.params.number);
    if (account) return account;
    throw unknownObject(request.params.number!);
  };

  const create = async (request: Request, response: Response, next: NextFunction) => {
    let about = 'out, refused';
    logCall(simulation, response, 'messages', () => about);
    const account = accountOf(request);
    const body = jsonOf(request);
    if (body?.messaging_product !== 'whatsapp') throw invalid('messaging_product has to be whatsapp');
    if (body.status === 'read') {
      about = isObject(body.typing_indicator) ? 'read and typing' : 'read';
      markRead(body, account);
      response.json({ success: true });
      return;
    }
    const draft = readSend(body, (id) => world.media(id) !== undefined);
    if (draft.template) {
      const refused = refusalOf(world.templates, draft.template.id, draft.template.variables);
      if (refused) throw templateError(refused);
      draft.text = withText(world.templates, draft.template);
    }
    about = aboutDraft(draft);
    await carryOut(simulation, account, draft, response, {
      accepted: (send) => {
        const input = draft.to;
        const contact = input.startsWith('+') ? { input, wa_id: input.slice(1) } : { input, user_id: input };
        response.json({
          messaging_product: 'whatsapp',
          contacts: [contact],
          messages: [{ id: send.id, message_status: 'accepted' }],
        });
      },
      tooMany: (retryAfter) => {
        response.set('Retry-After', String(retryAfter));
        const details = 'Cloud API message throughput has been reached.';
        next(new GraphError(429, 130429, '(#130429) Rate limit hit', details));
      },
      serverError: (status) => {
        next(
          status === 500
            ? new GraphError(500, 131000, '(#131000) Something went wrong')
            : new GraphError(503, 131016, '(#131016) Service unavailable'),
        );
      },
    });
  };

  const markRead = (body: Record<string, unknown>, account: Account) => {
    const id = body.message_id;
    const message = typeof id === 'string' ? world.message(id) : undefined;
    if (message?.direction !== 'in' || message.account !== account.id) {
      throw invalid('message_id names no message that was received');
    }
    simulation.businessRead(message.id);
  };

  router.post('/v:version(\\d+.\\d+)/:number(\\d+)/messages', textBody('1mb'), (request, response, next) => {
    create(request, response, next).catch(next);
  });

  router.get('/v:version(\\d+.\\d+)/:node', (request, response, next) => {
    try {
      const account = accountsOf(request).find(({ appId }) => appId === request.params.node);
      if (!account) {
        const file = describeMedia(simulation, request.params.node!);
        if (!file) throw unknownObject(request.params.node!);
        response.json(file);
        return;
      }
      const business = { id: businessIdOf(account), name: 'Simulated business' };
      response.json({
        id: account.appId,
        whatsapp_business_account: business,
        display_phone_number: account.phone,
        verified_name: account.name ?? '',
        quality_rating: 'GREEN',
      });
    } catch (error) {
      next(error);
    }
  });
  router.get('/v:version(\\d+.\\d+)/:business/message_templates', (request, response, next) => {
    try {
      const account = accountsOf(request).find((one) => businessIdOf(one) === request.params.business);
      if (!account) throw unknownObject(request.params.business!);
      logCall(simulation, response, 'message_templates', () => 'templates');
      response.json(metaList(world.templates));
    } catch (error) {
      next(error);
    }
  });

  subscriptionRoutes(router, simulation, {
    accountOf: (request) => {
      const account = accountsOf(request).find((one) => businessIdOf(one) === request.params.business);
      if (!account) throw unknownObject(request.params.business!);
      return account;
    },
    refuse: (why) => new GraphError(400, 2200, `(#2200) ${why}`),
  });

  router.post('/v:version(\\d+.\\d+)/:number(\\d+)/media', (request, response, next) => {
    logCall(simulation, response, 'media', () => 'upload');
    const upload = async () => {
      const taken = await takeUpload(simulation, accountOf(request), request);
      if ('wrong' in taken) throw new GraphError(400, 100, '(#100) Invalid parameter', taken.wrong);
      response.json(taken);
    };
    upload().catch(next);
  });

  router.get(ATTACHMENTS, (request, response) => {
    accountsOf(request);
    logCall(simulation, response, 'media', () => 'fetched');
    giveMedia(simulation, request, response);
  });

  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (!(error instanceof GraphError) || response.headersSent) return next(error);
    const { status, code, message, details, subcode } = error;
    response.status(status).json({
      error: {
        message,
        type: 'OAuthException',
        code,
        ...(subcode === undefined ? {} : { error_subcode: subcode }),
        error_data: { messaging_product: 'whatsapp', details },
        fbtrace_id: `A${graphId()}`,
        ...(status >= 500 ? { is_transient: true } : {}),
      },
    });
  });
  return router;
}

function unknownObject(id: string): GraphError {
  const message = `Unsupported request. Object with ID '${id}' does not exist`;
  return new GraphError(400, 100, message, message, 33);
}

/** The id of the business account: the registered one, or one made of the phone number id. */
const businessIdOf = ({ accountSid, appId = '' }: Account): string => accountSid || `9${appId}`;

const TEMPLATE_ERRORS: Record<string, [number, string]> = {
  unknown: [132001, '(#132001) Template name does not exist in the translation'],
  variables: [132000, '(#132000) Number of parameters does not match the expected number of params'],
  paused: [132015, '(#132015) Template is paused'],
};

function templateError(refused: string): GraphError {
  const [code, message] = TEMPLATE_ERRORS[refused] ?? [132016, '(#132016) Template is disabled'];
  return new GraphError(400, code, message);
}

function invalid(details: string): GraphError {
  return new GraphError(400, 131009, '(#131009) Parameter value is not valid', details);
}

function missing(what: string): GraphError {
  return new GraphError(400, 131008, '(#131008) Required parameter is missing', `${what} is missing`);
}

/** The recipient's address: numbers with +, user ids as they are. `to` wins over `recipient`. */
function recipientOf(body: Record<string, unknown>): string {
  const { to, recipient } = body;
  if (typeof to === 'string' && to !== '') {
    const digits = to.replace(/[\s()+-]/g, '');
    if (!/^[1-9]\d{4,14}$/.test(digits)) throw invalid('to is no phone number');
    return `+${digits}`;
  }
  if (typeof recipient !== 'string' || recipient === '') throw missing('to or recipient');
  if (!/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/.test(recipient)) throw invalid('recipient is no business-scoped user id');
  return recipient;
}

/** `hasMedia`: whether a media id is known. */
function readSend(body: Record<string, unknown>, hasMedia: (id: string) => boolean): Draft {
  const draft: Draft = { to: recipientOf(body), text: '', request: body };
  const type = typeof body.type === 'string' ? body.type : 'text';
  const said = body[type];
  switch (type) {
    case 'text':
      draft.text = textOf(said, MAX_TEXT, 'text.body', 'body');
      break;
    case 'location':
      draft.location = readPlace(said);
      break;
    case 'interactive':
      draft.text = textOf(said, MAX_QUESTION, 'interactive.body.text', 'body', 'text');
      draft.buttons = readChoices(said);
      break;
    case 'template':
      draft.template = readTemplate(said);
      break;
    case 'image':
    case 'audio':
    case 'video':
    case 'document':
    case 'sticker':
      readFile(draft, said, type, hasMedia);
      break;
    default:
      throw new GraphError(400, 131051, '(#131051) Unsupported message type', `The simulator sends no ${type}.`);
  }
  const quoted = dig(body, 'context', 'message_id');
  if (typeof quoted === 'string') draft.repliedTo = quoted;
  const mark = body.biz_opaque_callback_data;
  if (mark !== undefined && (typeof mark !== 'string' || mark.length > 512)) {
    throw invalid('biz_opaque_callback_data is no text of at most 512 characters');
  }
  if (mark !== undefined) draft.metadata = mark;
  return draft;
}

/** A file by its media id or by a public address; sounds and stickers have no caption. */
function readFile(draft: Draft, said: unknown, type: string, hasMedia: (id: string) => boolean): void {
  const id = dig(said, 'id');
  const link = dig(said, 'link');
  if (typeof id === 'string' && id !== '') {
    if (!hasMedia(id)) throw new GraphError(400, 131053, '(#131053) Media upload error', `${type}.id is unknown`);
    draft.mediaId = id;
  } else if (typeof link === 'string' && URL.canParse(link)) draft.mediaUrl = link;
  else throw missing(`${type}.id or ${type}.link`);
  const caption = dig(said, 'caption');
  if (caption === undefined) return;
  if (type === 'audio' || type === 'sticker') throw invalid(`${type}.caption is not supported`);
  draft.text = textOf(said, MAX_QUESTION, `${type}.caption`, 'caption');
}

/** A text of at most `most` characters at a path; `name` says in a refusal where that is. */
function textOf(from: unknown, most: number, name: string, ...path: (string | number)[]): string {
  const value = dig(from, ...path);
  if (typeof value !== 'string' || value === '') throw missing(name);
  if ([...value].length > most) throw invalid(`${name} has more than ${most} characters`);
  return value;
}

/** Variables by the names that the simulated templates use: `1`, `header.1`, `button.0`. */
function readTemplate(said: unknown): NonNullable<Draft['template']> {
  const name = textOf(said, 512, 'template.name', 'name');
  const language = textOf(said, 20, 'template.language.code', 'language', 'code');
  const variables: Record<string, string> = {};
  for (const component of itemsOf(dig(said, 'components'))) {
    const type = dig(component, 'type');
    for (const [index, parameter] of itemsOf(dig(component, 'parameters')).entries()) {
      const kind = String(dig(parameter, 'type'));
      const own = String(dig(parameter, 'parameter_name') ?? index + 1);
      const value = dig(parameter, 'text') ?? dig(parameter, kind, 'link');
      if (typeof value !== 'string') throw missing('the text of a template parameter');
      if (type === 'body') variables[own] = value;
      else if (type === 'header') variables[kind === 'text' ? `header.${own}` : `header.${kind}`] = value;
      else variables[`button.${String(dig(component, 'index'))}`] = value;
    }
  }
  return { id: `${name}:${language}`, variables };
}

function readPlace(said: unknown): NonNullable<Draft['location']> {
  const degrees = (name: string, limit: number): number => {
    const value = dig(said, name);
    if (typeof value !== 'number' || !(Math.abs(value) <= limit)) throw invalid(`location.${name} is out of range`);
    return value;
  };
  const place: NonNullable<Draft['location']> = {
    latitude: degrees('latitude', 90),
    longitude: degrees('longitude', 180),
  };
  for (const name of ['name', 'address'] as const) {
    const value = dig(said, name);
    if (typeof value === 'string') place[name] = value;
  }
  return place;
}

/** The choices of reply buttons or of a list, within WhatsApp's limits. */
function readChoices(said: unknown): NonNullable<Draft['buttons']> {
  const type = dig(said, 'type');
  if (type !== 'button' && type !== 'list') throw invalid(`interactive.type ${String(type)} is not known here`);
  const limit = type === 'button' ? BUTTONS : ROWS;
  if (type === 'list') textOf(said, BUTTONS.title, 'interactive.action.button', 'action', 'button');
  const listed =
    type === 'button'
      ? itemsOf(dig(said, 'action', 'buttons')).map((button) => dig(button, 'reply'))
      : itemsOf(dig(said, 'action', 'sections')).flatMap((section) => itemsOf(dig(section, 'rows')));
  if (listed.length === 0 || listed.length > limit.most) throw invalid(`1 to ${limit.most} choices are allowed`);
  const choices = listed.map((choice) => ({
    id: textOf(choice, 256, 'id', 'id'),
    text: textOf(choice, limit.title, 'title', 'title'),
  }));
  for (const key of ['id', 'text'] as const) {
    if (new Set(choices.map((choice) => choice[key])).size < choices.length) throw invalid('two choices are the same');
  }
  return choices;
}

function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
