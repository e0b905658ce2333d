/** Many interactions at once. */
import { type Route, route } from './route.ts';

export const searchRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/api/interactions/search',
    summary: 'Search the interactions that the caller may see',
    body: 'search',
    answer: 'search',
    async handle({ engine, session, body }) {
      return { json: await engine.run('search', { username: session.agent.username, search: body }) };
    },
  }),
];
