import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { basicOf, bodyOf, dig, jsonOf, queryOf, textBody } from './body.ts';
import { twilioSid } from './ids.ts';
import { aboutDraft, carryOut, logCall } from './sending.ts';
import { type Draft, type Simulation, shortId } from './simulation.ts';
import { contentList, refusalOf, withText } from './templates.ts';
import { messageResource, rfc2822, type TwilioMessage } from './twilio-resources.ts';
import { senderRoutes } from './twilio-senders.ts';
import type { Account } from './types.ts';

/** A refusal in Twilio's words. Source: Twilio's error dictionary. */
class TwilioError extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const ADDRESS = /^whatsapp:(\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})$/;
const MAX_BODY = 1600;
const ACCOUNT = '/2010-04-01/Accounts/:sid';

/** Twilio's REST API, as far as messages need it. */
export function twilioRoutes(simulation: Simulation): Router {
  const router = express.Router();
  const { world } = simulation;

  const authorise = (request: Request, response: Response, next: NextFunction) => {
    response.set({
      'Twilio-Request-Id': twilioSid('RQ'),
      'Twilio-Concurrent-Requests': '1',
      'Twilio-Request-Duration': '0.010',
      'X-Home-Region': 'us1',
      'X-Api-Domain': 'api.twilio.com',
    });
    const login = basicOf(request);
    const known =
      login !== null &&
      accountsOf(login.user).some((account) => account.authToken === login.password) &&
      (request.params.sid === undefined || request.params.sid.replace(/\.json$/, '') === login.user);
    if (!known) {
      response.set('WWW-Authenticate', 'Basic realm="Twilio API"');
      return next(new TwilioError(401, 20003, 'Authenticate'));
    }
    next();
  };
  const accountsOf = (sid: string) =>
    world.accounts().filter((account) => account.provider === 'twilio' && account.accountSid === sid);
  const find = (request: Request): TwilioMessage => {
    const message = world.message(request.params.message ?? '');
    const account = message && accountsOf(request.params.sid!).find(({ id }) => id === message.account);
    if (!message || !account) throw notFound(request);
    return { message, account, customer: world.customer(message.customer) };
  };

  const create = async (request: Request, response: Response, next: NextFunction) => {
    const form = new URLSearchParams(bodyOf(request));
    let about = 'out, refused';
    logCall(simulation, response, 'Messages', () => about);
    const { account, draft } = readSend(form, accountsOf(request.params.sid!));
    if (draft.template) {
      const refused = refusalOf(world.templates, draft.template.id, draft.template.variables);
      if (refused) throw new TwilioError(400, refused === 'variables' ? 21656 : 21654, `The template is ${refused}`);
      draft.text = withText(world.templates, draft.template);
    }
    about = aboutDraft(draft);
    if (world.behaviour.optedOut) throw new TwilioError(400, 21610, 'Attempt to send to unsubscribed recipient');
    await carryOut(simulation, account, draft, response, {
      accepted: (send) => {
        const customer = world.customer(send.customer);
        response.status(201).json(messageResource({ message: send, account, customer }, 'queued', !!draft.mediaUrl));
      },
      tooMany: (retryAfter) => {
        response.set('Retry-After', String(retryAfter));
        next(new TwilioError(429, 20429, 'Too Many Requests'));
      },
      serverError: (status) => {
        next(
          status === 500
            ? new TwilioError(500, 20500, 'An internal server error has occurred')
            : new TwilioError(503, 20503, 'Service unavailable'),
        );
      },
    });
  };
  router.post(`${ACCOUNT}/Messages.json`, textBody('64kb'), authorise, (request, response, next) => {
    create(request, response, next).catch(next);
  });

  router.get(`${ACCOUNT}/Messages.json`, authorise, (request, response) => {
    const query = queryOf(request);
    const accounts = new Map(accountsOf(request.params.sid!).map((account) => [account.id, account]));
    const all = world
      .messages()
      .filter((message) => accounts.has(message.account))
      .map((message) => ({
        message,
        account: accounts.get(message.account)!,
        customer: world.customer(message.customer),
      }))
      .reverse()
      .filter((entry) => matches(entry, query));
    const size = Math.min(1000, Math.max(1, Number(query.get('PageSize')) || 50));
    const page = Math.max(0, Number(query.get('Page')) || 0);
    // The token holds the last message of the page before, so that messages which arrive in between shift nothing.
    const anchor = all.findIndex(({ message }) => `PA${message.id}` === query.get('PageToken'));
    const start = anchor < 0 ? page * size : anchor + 1;
    const shown = all.slice(start, start + size);
    const path = `/2010-04-01/Accounts/${request.params.sid}/Messages.json`;
    const uri = (number: number, token?: string) => {
      const next = new URLSearchParams(query);
      next.delete('PageToken');
      next.set('PageSize', String(size));
      next.set('Page', String(number));
      if (token) next.set('PageToken', token);
      return `${path}?${next}`;
    };
    response.json({
      end: page * size + Math.max(0, shown.length - 1),
      first_page_uri: uri(0),
      messages: shown.map((entry) => messageResource(entry)),
      next_page_uri: start + size < all.length ? uri(page + 1, `PA${shown.at(-1)!.message.id}`) : null,
      page,
      page_size: size,
      previous_page_uri: page > 0 ? uri(page - 1) : null,
      start: page * size,
      uri: uri(page, query.get('PageToken') ?? undefined),
    });
  });

  router.get(`${ACCOUNT}/Messages/:message/Media.json`, authorise, (request, response) => {
    const { message } = find(request);
    const path = `/2010-04-01/Accounts/${request.params.sid}/Messages/${message.id}/Media.json?PageSize=50&Page=0`;
    response.json({
      end: Math.max(0, message.media.length - 1),
      first_page_uri: path,
      media_list: message.media.map((media) => mediaResource(request.params.sid!, message.id, message.at, media)),
      next_page_uri: null,
      page: 0,
      page_size: 50,
      previous_page_uri: null,
      start: 0,
      uri: path,
    });
  });

  router.get(`${ACCOUNT}/Messages/:message/Media/:media`, authorise, (request, response) => {
    const { message } = find(request);
    const asked = request.params.media!;
    const media = message.media.find(({ id }) => id === asked.replace(/\.json$/, ''));
    if (!media) throw notFound(request);
    if (asked.endsWith('.json')) {
      response.json(mediaResource(request.params.sid!, message.id, message.at, media));
      return;
    }
    logCall(simulation, response, 'Media', () => `fetched ${shortId(media.id)}`);
    // Twilio redirects to a store that must not see the credentials.
    response.redirect(307, `${simulation.base}/media/${media.id}?Expires=${Math.floor(world.now() / 1000) + 14400}`);
  });

  router.get(`${ACCOUNT}/Messages/:message.json`, authorise, (request, response) => {
    response.json(messageResource(find(request)));
  });

  router.get('/2010-04-01/Accounts/:sid.json', authorise, (request, response) => {
    const sid = request.params.sid!;
    const path = `/2010-04-01/Accounts/${sid}`;
    response.json({
      date_created: rfc2822(0),
      date_updated: rfc2822(0),
      friendly_name: 'Simulated account',
      owner_account_sid: sid,
      sid,
      status: 'active',
      subresource_uris: { messages: `${path}/Messages.json` },
      type: 'Full',
      uri: `${path}.json`,
    });
  });

  router.get('/v1/ContentAndApprovals', authorise, (request, response) => {
    const sid = basicOf(request)!.user;
    logCall(simulation, response, 'ContentAndApprovals', () => 'templates');
    response.json(contentList(world.templates, sid, `${simulation.base}/v1/ContentAndApprovals`));
  });

  router.post('/v:version(2|3)/Indicators/Typing.json', textBody('16kb'), authorise, (request, response) => {
    const id = dig(jsonOf(request), 'messageId') ?? new URLSearchParams(bodyOf(request)).get('messageId');
    logCall(simulation, response, 'Typing', () => shortId(String(id)));
    if (typeof id !== 'string' || world.message(id)?.direction !== 'in') throw notFound(request);
    simulation.businessRead(id);
    response.json({ success: true });
  });

  senderRoutes(router, simulation, { authorise, notFound });

  router.use('/2010-04-01', authorise, (request, _response, next) => next(notFound(request)));

  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (!(error instanceof TwilioError) || response.headersSent) return next(error);
    const { status, code, message } = error;
    response.status(status).json({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
  });
  return router;
}

function notFound(request: Request): TwilioError {
  const path = request.originalUrl.split('?')[0];
  return new TwilioError(404, 20404, `The requested resource ${path} was not found`);
}

/** Checks a send in the order Twilio reports what is missing. */
function readSend(form: URLSearchParams, accounts: Account[]): { account: Account; draft: Draft } {
  const to = form.get('To') ?? '';
  const from = form.get('From') ?? '';
  const body = form.get('Body') ?? '';
  const mediaUrl = form.get('MediaUrl') ?? undefined;
  const contentSid = form.get('ContentSid');
  const action = form.get('PersistentAction');
  if (!to) throw new TwilioError(400, 21604, "'To' phone number is required");
  if (!from && !form.get('MessagingServiceSid')) {
    throw new TwilioError(400, 21603, "A 'From' phone number is required.");
  }
  if (!ADDRESS.test(to)) throw new TwilioError(400, 21211, `Invalid 'To' Phone Number: ${to}`);
  const account = from ? accounts.find(({ phone }) => from === `whatsapp:${phone}`) : accounts[0];
  if (!account) {
    throw new TwilioError(400, 63007, 'Twilio could not find a Channel with the specified From address');
  }
  if (!body && !mediaUrl && !contentSid && !action) {
    throw new TwilioError(400, 21619, 'A text message body or media urls must be specified.');
  }
  if ([...body].length > MAX_BODY) {
    throw new TwilioError(400, 21617, 'The concatenated message body exceeds the 1600 character limit');
  }
  if (mediaUrl !== undefined && !/^https?:\/\//.test(mediaUrl)) {
    throw new TwilioError(400, 21620, 'Invalid media URL(s)');
  }
  const draft: Draft = { to: to.slice('whatsapp:'.length), text: body, request: Object.fromEntries(form) };
  if (mediaUrl) draft.mediaUrl = mediaUrl;
  if (contentSid) draft.template = { id: contentSid, variables: readVariables(form.get('ContentVariables')) };
  const geo = /^geo:(-?[\d.]+),(-?[\d.]+)(?:\|(.*))?$/.exec(action ?? '');
  if (geo) {
    const [, latitude, longitude, label = ''] = geo;
    draft.location = { latitude: Number(latitude), longitude: Number(longitude), name: body || label };
    if (label && label !== draft.location.name) draft.location.address = label;
  }
  const callback = form.get('StatusCallback');
  if (callback) {
    if (!URL.canParse(callback)) throw new TwilioError(400, 21609, `Invalid 'StatusCallback' URL: ${callback}`);
    draft.statusCallback = callback;
  }
  return { account, draft };
}

function readVariables(text: string | null): Record<string, string> {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, String(content)]));
    }
  } catch {
    // Falls through to Twilio's refusal.
  }
  throw new TwilioError(400, 21656, 'The Content Variables parameter is invalid');
}

/** The filters of the list: To, From, DateSent (one day, or before and after). */
function matches(entry: TwilioMessage, query: URLSearchParams): boolean {
  const resource = messageResource(entry);
  if (query.has('To') && query.get('To') !== resource.to) return false;
  if (query.has('From') && query.get('From') !== resource.from) return false;
  // Twilio's times have whole seconds, so a filter for the second of a message finds it.
  const at = Math.floor(entry.message.at / 1000) * 1000;
  const bound = (...names: string[]) => {
    const text = names.map((name) => query.get(name)).find((value) => value !== null);
    return text === undefined || text === null ? null : { from: Date.parse(text), day: /^\d{4}-\d\d-\d\d$/.test(text) };
  };
  const dayEnd = ({ from, day }: { from: number; day: boolean }) => (day ? from + 86_400_000 - 1 : from);
  const before = bound('DateSent<', 'DateSent<=');
  const after = bound('DateSent>', 'DateSent>=');
  const on = bound('DateSent');
  if (before && at > dayEnd(before)) return false;
  if (after && at < Math.floor(after.from / 1000) * 1000) return false;
  if (on) {
    const start = on.from - (on.from % 86_400_000);
    if (at < start || at >= start + 86_400_000) return false;
  }
  return true;
}

function mediaResource(sid: string, message: string, at: number, media: { id: string; contentType: string }): object {
  return {
    account_sid: sid,
    content_type: media.contentType,
    date_created: rfc2822(at),
    date_updated: rfc2822(at),
    parent_sid: message,
    sid: media.id,
    uri: `/2010-04-01/Accounts/${sid}/Messages/${message}/Media/${media.id}.json`,
  };
}
