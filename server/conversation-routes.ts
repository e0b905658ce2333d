/** Around a conversation: what came before it, whose it could be, who it is with, and beginning one. */
import type { Said } from '../core/api.ts';
import { type Route, route } from './route.ts';

export const conversationRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/api/interactions',
    summary: 'Begin a conversation: it is assigned to the caller, with its tab open',
    body: 'start',
    success: 201,
    answer: 'started',
    refusals: [403, 404, 409, 422],
    async handle({ engine, templates, session, body }) {
      const { account, address, ...said } = body;
      const start = { username: session.agent.username, account, address, ...(said as Said) };
      return {
        json: await templates.using(
          () => account,
          () => engine.run('startInteraction', start),
        ),
      };
    },
  }),
  route({
    method: 'GET',
    path: '/api/interactions/:id/earlier',
    summary: 'What the contact wrote about before, the newest first; the next page is asked of the last one',
    answer: 'earlier',
    refusals: [403, 404],
    async handle({ engine, session, params }) {
      return { json: await engine.run('earlier', { interaction: params.id!, username: session.agent.username }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/interactions/:id/targets',
    summary: 'Whom it can be transferred to, and whether they could take it now',
    answer: 'targets',
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      const { username } = session.agent;
      return { json: await engine.run('transferTargets', { interaction: params.id!, username }) };
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/contacts/:id',
    summary: 'Change the name or the list of a contact of whom the caller may see an interaction',
    body: 'contact',
    answer: 'contact',
    refusals: [403, 404],
    async handle({ engine, session, params, body }) {
      const { username } = session.agent;
      return { json: await engine.run('updateContact', { contact: params.id!, username, ...body }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/colleagues',
    summary: 'The names of all agents there are or were',
    answer: 'colleagues',
    async handle({ engine, session }) {
      return { json: await engine.run('colleagues', { username: session.agent.username }) };
    },
  }),
];
