/** Searches under a name: of oneself, and those that others share. */
import { type Route, route } from './route.ts';

export const savedSearchRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/api/searches',
    summary: 'Saved searches: the own ones and those that are shared',
    only: 'supervisor',
    query: 'page',
    answer: 'savedSearches',
    handle: async ({ engine, session, query }) => ({
      json: await engine.run('listSearches', { ...query, username: session.agent.username }),
    }),
  }),
  route({
    method: 'POST',
    path: '/api/searches',
    summary: 'Save a search under a name, for oneself or, shared, for all supervisors',
    only: 'supervisor',
    body: 'savedSearch',
    success: 201,
    answer: 'savedSearch',
    refusals: [409],
    handle: async ({ engine, session, body }) => ({
      json: await engine.run('createSearch', { shared: false, ...body, username: session.agent.username }),
    }),
  }),
  route({
    method: 'PUT',
    path: '/api/searches/:id',
    summary: 'Rename, share or replace a saved search: its owner or an administrator',
    only: 'supervisor',
    body: 'savedSearch',
    answer: 'savedSearch',
    refusals: [404, 409],
    handle: async ({ engine, session, params, body }) => ({
      json: await engine.run('updateSearch', {
        ...{ shared: false, ...body },
        ...{ id: params.id!, username: session.agent.username },
      }),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/api/searches/:id',
    summary: 'Delete a saved search: its owner or an administrator',
    only: 'supervisor',
    body: 'nothing',
    success: 204,
    refusals: [404],
    async handle({ engine, session, params }) {
      await engine.run('deleteSearch', { id: params.id!, username: session.agent.username });
      return {};
    },
  }),
];
