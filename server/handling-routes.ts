/** What is done with one interaction besides answering it: transfer, close, put away, note, tag; and what supervisors take back. */
import { ApiError } from './json.ts';
import { type Route, route } from './route.ts';

export const handlingRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/api/interactions/:id/transfer',
    summary: 'Offer an interaction to another agent or to a queue; not accepted in time, it comes back unread',
    body: 'transfer',
    answer: 'oneInteraction',
    refusals: [403, 404, 409, 422],
    async handle({ engine, session, params, body }) {
      const { agent, queue } = body;
      // The schema lets exactly one of them through.
      const to = queue === undefined ? { agent: agent! } : { queue };
      return {
        json: await engine.run('transfer', { interaction: params.id!, username: session.agent.username, to }),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/closing',
    summary: 'Begin closing: the agent is in the disposition pause until it is closed or cancelled',
    body: 'nothing',
    answer: 'presence',
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      return { json: await engine.run('startClosing', { interaction: params.id!, username: session.agent.username }) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/interactions/:id/closing',
    summary: 'Cancel closing: the agent is in the state before',
    body: 'nothing',
    success: 204,
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      await engine.run('cancelClosing', { interaction: params.id!, username: session.agent.username });
      return {};
    },
  }),
  route({
    method: 'PUT',
    path: '/api/interactions/:id/snooze',
    summary: 'Put the tab away until a time or until the contact writes; null brings it back',
    body: 'snooze',
    answer: 'oneInteraction',
    refusals: [403, 404, 409, 422],
    async handle({ engine, session, params, body }) {
      const until = body.until === null ? null : Date.parse(body.until);
      if (Number.isNaN(until)) {
        const problem = { field: 'until', message: 'is no date' };
        throw new ApiError(400, 'invalid_body', 'The body is not valid: "until" is no date', [problem]);
      }
      return {
        json: await engine.run('snooze', { interaction: params.id!, username: session.agent.username, until }),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/api/interactions/:id/notes',
    summary: 'Write an internal note, which the contact never gets',
    body: 'note',
    success: 201,
    answer: 'oneMessage',
    refusals: [403, 404, 409],
    async handle({ engine, session, params, body }) {
      const { username } = session.agent;
      const { message } = await engine.run('addNote', { interaction: params.id!, actor: { username }, ...body });
      return { json: { message } };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/interactions/:id/tags',
    summary: 'Set the tags',
    body: 'tags',
    answer: 'oneInteraction',
    refusals: [403, 404, 409],
    async handle({ engine, session, params, body }) {
      const { username } = session.agent;
      return { json: await engine.run('setTags', { interaction: params.id!, actor: { username }, ...body }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/agents/:username/release',
    summary: 'Hand back all that an agent has (supervisors)',
    body: 'nothing',
    answer: 'released',
    refusals: [403, 404],
    async handle({ engine, session, params }) {
      return { json: await engine.run('releaseAgent', { username: params.username!, by: session.agent.username }) };
    },
  }),
];
