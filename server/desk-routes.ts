/** The desk and its interactions: each route is one command of the engine. */

import type { Said } from '../core/api.ts';
import { isSupervisor } from '../core/roles.ts';
import { attach } from './attach.ts';
import { ApiError } from './json.ts';
import { required } from './media/give.ts';
import { isForm } from './media/upload.ts';
import { type Route, route } from './route.ts';

const LONGEST_KEY = 200;

export const deskRoutes: Route[] = [
  route({
    method: 'PUT',
    path: '/api/presence',
    summary: 'Become available or pause',
    body: 'presence',
    answer: 'presence',
    refusals: [409],
    async handle({ engine, session, body }) {
      return { json: await engine.run('setPresence', { username: session.agent.username, ...body }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/desk',
    summary: 'Everything the desk shows',
    answer: 'desk',
    async handle({ engine, session }) {
      return { json: await engine.run('desk', { username: session.agent.username }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/events',
    summary: 'Server-sent events; the live connection that makes an agent reachable for offers',
    query: 'events',
    contentType: 'text/event-stream',
    refusals: [403, 404],
    async handle({ req, res, engine, hub, session, query, spying }) {
      const { username } = session.agent;
      if (query.watch !== undefined) {
        if (!isSupervisor(session.agent)) throw new ApiError(403, 'forbidden', 'Only supervisors watch interactions');
        const again = spying.goesOn(username, query.watch);
        await engine.run('spy', { interaction: query.watch, username, again });
        res.on('close', spying.begin(username, query.watch));
      }
      await hub.open(req, res, session, { watch: query.watch, quiet: query.screen === 'supervisor' });
      return undefined;
    },
  }),
  route({
    method: 'PUT',
    path: '/api/looking',
    summary: 'Say which interaction an events stream shows; others who have it open are told by the event `looking`',
    body: 'looking',
    success: 204,
    refusals: [403, 404],
    async handle({ looking, session, body }) {
      await looking.look(session, body.connection, body.interaction);
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/api/offers/:id/accept',
    summary: 'Accept an offer',
    body: 'nothing',
    answer: 'oneInteraction',
    refusals: [404, 409, 410],
    async handle({ engine, session, params }) {
      return { json: await engine.run('acceptOffer', { offer: params.id!, username: session.agent.username }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/offers/:id/reject',
    summary: 'Reject an offer',
    body: 'nothing',
    success: 204,
    refusals: [404, 410],
    async handle({ engine, session, params }) {
      await engine.run('rejectOffer', { offer: params.id!, username: session.agent.username });
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/take',
    summary: 'Take an unassigned interaction',
    body: 'nothing',
    answer: 'oneInteraction',
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      return { json: await engine.run('take', { interaction: params.id!, username: session.agent.username }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/release',
    summary: 'Hand an interaction back: unassigned, unread, offered to its last queue',
    body: 'nothing',
    answer: 'oneInteraction',
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      return { json: await engine.run('release', { interaction: params.id!, username: session.agent.username }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/interactions/:id',
    summary: 'One interaction',
    answer: 'interaction',
    refusals: [403, 404],
    async handle({ engine, session, params }) {
      return { json: await engine.run('interaction', { interaction: params.id!, username: session.agent.username }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/interactions/:id/messages',
    summary: 'Messages in ascending order, the latest ones or those before a message',
    query: 'messages',
    answer: 'messages',
    refusals: [403, 404],
    async handle({ engine, session, params, query }) {
      const page = { interaction: params.id!, username: session.agent.username, ...query };
      return { json: await engine.run('messages', page) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/messages',
    summary: 'Answer, with a text or a file. A repeated Idempotency-Key returns the first answer',
    body: 'sendMessage',
    mayBeForm: true,
    success: 202,
    answer: 'oneMessage',
    refusals: [403, 404, 409, 413, 422],
    async handle({ req, engine, files, templates, session, params, body }) {
      const key = req.headers['idempotency-key'];
      if (typeof key === 'string' && (key === '' || key.length > LONGEST_KEY)) {
        const message = `must have 1–${LONGEST_KEY} characters`;
        throw new ApiError(400, 'invalid_header', `Idempotency-Key ${message}`, [
          { field: 'Idempotency-Key', message },
        ]);
      }
      const { username } = session.agent;
      const to = {
        interaction: params.id!,
        username,
        ...(typeof key === 'string' ? { idempotencyKey: key } : {}),
      };
      if (isForm(req)) return { json: await attach(req, engine, required(files), to) };
      const message = { ...to, ...(body as Said) };
      const account = async () => (await engine.run('interaction', { interaction: params.id!, username })).account.id;
      return { json: await templates.using(account, () => engine.run('sendMessage', message)) };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/interactions/:id/tab',
    summary: 'Open or close the tab',
    body: 'tab',
    answer: 'oneInteraction',
    refusals: [403, 404, 409],
    async handle({ engine, session, params, body }) {
      const tab = { interaction: params.id!, username: session.agent.username, open: body.open };
      return { json: await engine.run('setTab', tab) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/read',
    summary: 'Mark as read',
    body: 'nothing',
    answer: 'oneInteraction',
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      return { json: await engine.run('markRead', { interaction: params.id!, username: session.agent.username }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/typing',
    summary:
      'The assigned agent writes an answer: the contact sees it for some seconds, where account and provider have that',
    body: 'nothing',
    success: 204,
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      await engine.run('typing', { interaction: params.id!, username: session.agent.username });
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/close',
    summary: 'Close an interaction',
    body: 'close',
    answer: 'oneInteraction',
    refusals: [403, 404, 409, 422],
    async handle({ engine, session, params, body }) {
      const close = { interaction: params.id!, username: session.agent.username, ...body };
      return { json: await engine.run('closeInteraction', close) };
    },
  }),
];
