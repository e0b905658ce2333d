/** The templates that may be sent when the 24-hour window is closed. */
import { type Route, route } from './route.ts';

export const templateRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/api/accounts/:id/templates',
    summary: 'The templates of an account, by name. `refresh` asks the provider again',
    query: 'templates',
    answer: 'templates',
    refusals: [403, 404],
    async handle({ engine, templates, session, params, query }) {
      const account = params.id!;
      const { username } = session.agent;
      // Whether the caller may see them is asked before the provider is.
      await engine.run('templates', { account, username });
      await templates.fresh(account, query.refresh ? 5000 : undefined);
      return { json: await engine.run('templates', { account, username }) };
    },
  }),
];
