import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { isObject, jsonOf, queryOf, textBody } from './body.ts';
import type { Simulation } from './simulation.ts';
import { readTemplates } from './templates.ts';
import type { AccountRegistration, Behaviour, InboundOptions } from './types.ts';
import { accountView, GOOD_DAY, messageView, Refused } from './world.ts';

const PHONE = /^\+[1-9]\d{5,14}$/;
const USER_ID = /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/;
const MAX_TEXT = 4096;

/** The simulator's own API: accounts, phones, behaviour, live events. Errors are `{error: {code, message}}`. */
export function controlRoutes(simulation: Simulation): Router {
  const router = express.Router();
  const { world } = simulation;
  router.use(textBody('24mb'));

  router.get('/accounts', (_request, response) => {
    response.json({ accounts: world.accounts().map(accountView) });
  });
  const register = async (request: Request, response: Response) => {
    const registration = readRegistration(bodyObject(request));
    const problem = await simulation.handshake(registration);
    if (problem) throw new Refused(400, 'handshake_failed', problem);
    const { account, created } = world.register(registration);
    response.status(created ? 201 : 200).json({ account: accountView(account) });
  };
  router.post('/accounts', (request, response, next) => {
    register(request, response).catch(next);
  });
  router.delete('/accounts/:id', (request, response) => {
    if (!world.unregister(request.params.id!)) throw new Refused(404, 'unknown_account', 'There is no such account.');
    response.status(204).end();
  });

  router.get('/phones', (_request, response) => {
    response.json({ phones: world.customers() });
  });
  router.post('/phones', (request, response) => {
    const { customer, created } = world.addCustomer(readPerson(bodyObject(request)));
    response.status(created ? 201 : 200).json({ phone: customer });
  });
  router.get('/phones/:id/messages', (request, response) => {
    const customer = world.customer(request.params.id!);
    const account = world.account(queryOf(request).get('account') ?? undefined);
    response.json({ messages: world.conversation(account.id, customer.id).map(messageView) });
  });
  router.post('/phones/:id/messages', (request, response) => {
    const customer = world.customer(request.params.id!);
    response.status(202).json({ message: simulation.write(readWriting(bodyObject(request), customer.id)) });
  });
  router.post('/phones/:id/messages/:message/again', (request, response) => {
    const message = world.message(request.params.message!);
    if (message?.customer !== request.params.id || message?.status !== 'failed') {
      throw new Refused(409, 'not_failed', 'Only a message that failed can be sent again.');
    }
    response.status(202).json({ message: simulation.again(message!.id) });
  });
  router.post('/phones/:id/read', (request, response) => {
    const { account } = bodyObject(request);
    simulation.markRead(typeof account === 'string' ? account : '', world.customer(request.params.id!).id);
    response.status(204).end();
  });
  router.post('/crowd', (request, response) => {
    const { account, count, text, together } = bodyObject(request);
    if (!Number.isInteger(count) || Number(count) < 1 || Number(count) > 200) {
      throw new Refused(400, 'invalid', 'count must be a whole number from 1 to 200.');
    }
    const accountId = world.account(typeof account === 'string' ? account : undefined).id;
    const words = textOf(text) || 'Hello';
    const crowd = Array.from({ length: Number(count) }, (_, index) => ({
      account: accountId,
      from: `+1202555${String(1001 + index)}`,
      name: `Customer ${index + 1}`,
      text: words,
    }));
    if (together === true) {
      if (world.account(accountId).provider !== 'meta') {
        throw new Refused(400, 'invalid', 'together: only Meta sends several messages in one webhook.');
      }
      simulation.background(simulation.together(crowd));
    } else for (const message of crowd) simulation.write(message);
    response.status(202).json({ count });
  });

  router.get('/templates', (_request, response) => {
    response.json({ templates: world.templates });
  });
  router.put('/templates', (request, response) => {
    const templates = readTemplates(bodyObject(request).templates);
    if (!templates)
      throw new Refused(400, 'invalid', 'templates must be a list of name (a-z, 0-9, _), body and state.');
    world.templates = templates;
    response.json({ templates: world.templates });
  });
  router.get('/behaviour', (_request, response) => {
    response.json({ behaviour: world.behaviour });
  });
  router.patch('/behaviour', (request, response) => {
    response.json({ behaviour: simulation.behave(readBehaviour(bodyObject(request))) });
  });
  router.delete('/behaviour', (_request, response) => {
    simulation.calm();
    response.json({ behaviour: world.behaviour });
  });
  router.get('/log', (_request, response) => {
    response.json({ log: world.log });
  });

  router.get('/events', (request, response) => {
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    const tell = (type: string, data: unknown) => {
      response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    tell('hello', { now: world.now() });
    const stop = world.listen((event) => tell(event.type, event.data));
    const heartbeat = setInterval(() => response.write(':\n\n'), 20_000);
    request.on('close', () => {
      stop();
      clearInterval(heartbeat);
    });
  });

  router.use((_request, _response, next) => next(new Refused(404, 'not_found', 'There is nothing here.')));
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (!(error instanceof Refused) || response.headersSent) return next(error);
    response.status(error.status).json({ error: { code: error.code, message: error.message } });
  });
  return router;
}

/** The JSON body. Other content types are refused: a form of another page must not be able to send it. */
function bodyObject(request: Request): Record<string, unknown> {
  if (!request.is('application/json')) throw new Refused(415, 'json_required', 'Send application/json.');
  const body = jsonOf(request);
  if (!body) throw new Refused(400, 'invalid', 'The body is no JSON object.');
  return body;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Checks a registration; names the field that is wrong. */
export function readRegistration(body: Record<string, unknown>): AccountRegistration {
  const invalid = (field: string, why: string) => new Refused(400, 'invalid', `${field} ${why}`);
  const { provider } = body;
  if (provider !== 'twilio' && provider !== 'sinch' && provider !== 'meta') {
    throw invalid('provider', 'must be twilio, sinch or meta.');
  }
  const phone = textOf(body.phone);
  if (!PHONE.test(phone)) throw invalid('phone', 'must be an E.164 number such as +12025550100.');
  const accountSid = textOf(body.accountSid);
  const authToken = textOf(body.authToken);
  if (!accountSid && provider !== 'meta') throw invalid('accountSid', 'is required.');
  if (!authToken) throw invalid('authToken', 'is required.');
  const webhookUrl = textOf(body.webhookUrl);
  if (!isHttp(webhookUrl)) throw invalid('webhookUrl', 'must be an http or https URL.');
  const registration: AccountRegistration = { provider, phone, accountSid, authToken, webhookUrl };
  const publicUrl = textOf(body.publicUrl);
  if (publicUrl && !isHttp(publicUrl)) throw invalid('publicUrl', 'must be an http or https URL.');
  if (publicUrl) registration.publicUrl = publicUrl;
  for (const field of ['appId', 'webhookSecret', 'verifyToken', 'name', 'key'] as const) {
    const value = textOf(body[field]);
    if (value) registration[field] = value;
  }
  if (provider === 'sinch' && !registration.appId) throw invalid('appId', 'is required for Sinch.');
  if (provider === 'meta') {
    if (!/^\d+$/.test(registration.appId ?? '')) throw invalid('appId', 'must be Meta’s phone number id: digits.');
    if (!registration.webhookSecret) throw invalid('webhookSecret', 'is required for Meta: the app secret.');
    if (!registration.verifyToken) throw invalid('verifyToken', 'is required for Meta.');
  }
  if (body.webhookHeaders !== undefined) {
    const headers = body.webhookHeaders;
    if (!isObject(headers) || !Object.values(headers).every((value) => typeof value === 'string')) {
      throw invalid('webhookHeaders', 'must be an object of texts.');
    }
    registration.webhookHeaders = headers as Record<string, string>;
  }
  return registration;
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function readPerson(body: Record<string, unknown>): { name?: string; phone?: string; userId?: string } {
  const phone = textOf(body.phone).replace(/[\s().-]/g, '');
  const userId = textOf(body.userId);
  const name = textOf(body.name).slice(0, 80);
  if (phone && !PHONE.test(phone)) {
    throw new Refused(400, 'invalid', 'The number must start with + and the country code, such as +12025550142.');
  }
  if (userId && !USER_ID.test(userId))
    throw new Refused(400, 'invalid', 'userId must look like US.13491208655302741918.');
  return { ...(name ? { name } : {}), ...(phone ? { phone } : {}), ...(userId ? { userId } : {}) };
}

function readWriting(body: Record<string, unknown>, from: string): InboundOptions {
  const text = typeof body.text === 'string' ? body.text : '';
  const options: InboundOptions = { from, text, account: textOf(body.account) };
  if (isObject(body.media)) {
    const { contentType, data, fileName } = body.media;
    if (typeof data !== 'string' || !/^[\w.+-]+\/[\w.+-]+$/.test(String(contentType))) {
      throw new Refused(400, 'invalid', 'media needs contentType and data (base64).');
    }
    const bytes = Buffer.from(data, 'base64');
    if (bytes.length > 16 * 1024 * 1024) throw new Refused(413, 'too_large', 'Files may have up to 16 MB.');
    options.media = { contentType: String(contentType), bytes };
    if (typeof fileName === 'string') options.media.fileName = fileName.slice(0, 200);
  }
  if (isObject(body.button)) options.button = { id: String(body.button.id), text: String(body.button.text) };
  if (typeof body.repliedTo === 'string') options.repliedTo = body.repliedTo;
  if (!text.trim() && !options.media && !options.button) {
    throw new Refused(400, 'empty', 'There is nothing to send.');
  }
  if (text.length > MAX_TEXT) throw new Refused(400, 'too_long', `A message has up to ${MAX_TEXT} characters.`);
  return options;
}

const CHOICES: Partial<Record<keyof Behaviour, unknown[]>> = {
  statuses: ['ordered', 'reversed', 'none'],
  send: ['ok', '429', '500', '503', 'lost', 'refused', 'mixed'],
};
/** Those that count ms, seconds or, as the share does, percent, with the most that they may be. */
const NUMBERS: Partial<Record<keyof Behaviour, number>> = {
  ...{ webhookDelay: 600_000, webhookShuffle: 600_000, sendDelay: 600_000, retryAfter: 600_000, autoRead: 600_000 },
  share: 100,
};

function readBehaviour(body: Record<string, unknown>): Partial<Behaviour> {
  for (const [name, value] of Object.entries(body)) {
    if (!(name in GOOD_DAY)) throw new Refused(400, 'invalid', `${name} is unknown.`);
    const key = name as keyof Behaviour;
    const most = NUMBERS[key];
    const fits =
      most !== undefined
        ? (key === 'autoRead' && value === null) || (typeof value === 'number' && value >= 0 && value <= most)
        : (CHOICES[key]?.includes(value) ?? typeof value === 'boolean');
    if (!fits) throw new Refused(400, 'invalid', `${name} has a value that does not fit.`);
  }
  return body as Partial<Behaviour>;
}
