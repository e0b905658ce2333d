/** What administrators keep: pause reasons, global canned answers, calendars, tags and lists. All collections work alike. */
import type { CommandName, Commands } from '../core/api.ts';
import { type Route, route } from './route.ts';
import type { Answers, Bodies } from './schemas.ts';

interface Collection {
  path: string;
  /** In the middle of a sentence: a pause reason. */
  one: string;
  many: string;
  body: { create: keyof Bodies; update: keyof Bodies };
  /** What a body leaves out when something is made. */
  defaults?: object;
  answer: { one: keyof Answers; many: keyof Answers };
  commands: Record<'list' | 'create' | 'update' | 'delete', CommandName>;
}

/** List, make, change and delete. */
function collection({ path, one, many, body, defaults, answer, commands }: Collection): Route[] {
  // The table below pairs bodies and commands; their types cannot be told from a table.
  const run = (engine: { run: unknown }, name: CommandName, input: object) =>
    (engine.run as (name: CommandName, input: object) => Promise<Commands[CommandName][1]>)(name, input);
  return [
    route({
      method: 'GET',
      path,
      summary: `All ${many}`,
      only: 'admin',
      query: 'page',
      answer: answer.many,
      handle: async ({ engine, query }) => ({ json: await run(engine, commands.list, query) }),
    }),
    route({
      method: 'POST',
      path,
      summary: `Make ${one}`,
      only: 'admin',
      body: body.create,
      success: 201,
      answer: answer.one,
      refusals: [409, 422],
      handle: async ({ engine, body: given }) => ({
        json: await run(engine, commands.create, { ...defaults, ...(given as object) }),
      }),
    }),
    route({
      method: 'PATCH',
      path: `${path}/:id`,
      summary: `Change ${one}`,
      only: 'admin',
      body: body.update,
      answer: answer.one,
      refusals: [404, 409, 422],
      handle: async ({ engine, params, body: given }) => ({
        json: await run(engine, commands.update, { ...(given as object), id: params.id! }),
      }),
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      summary: `Delete ${one}`,
      only: 'admin',
      body: 'nothing',
      success: 204,
      refusals: [404, 409],
      async handle({ engine, params }) {
        await run(engine, commands.delete, { id: params.id! });
        return {};
      },
    }),
  ];
}

export const keptRoutes: Route[] = [
  ...collection({
    path: '/api/pauses',
    one: 'a pause reason; its id is its name',
    many: 'pause reasons',
    body: { create: 'createPause', update: 'updatePause' },
    defaults: { releaseAfter: 0 },
    answer: { one: 'pause', many: 'pauses' },
    commands: { list: 'listPauses', create: 'createPause', update: 'updatePause', delete: 'deletePause' },
  }),
  ...collection({
    path: '/api/canned-answers',
    one: 'a canned answer of all accounts',
    many: 'canned answers of all accounts',
    body: { create: 'createCannedAnswer', update: 'updateCannedAnswer' },
    answer: { one: 'cannedAnswer', many: 'cannedAnswers' },
    commands: {
      list: 'listCannedAnswers',
      create: 'createCannedAnswer',
      update: 'updateCannedAnswer',
      delete: 'deleteCannedAnswer',
    },
  }),
  ...collection({
    path: '/api/calendars',
    one: 'a calendar for wa-interval: inside if one of its rules holds, and none of its holidays',
    many: 'calendars',
    body: { create: 'createCalendar', update: 'updateCalendar' },
    defaults: { timezone: '', holidays: [] },
    answer: { one: 'calendar', many: 'calendars' },
    commands: {
      list: 'listCalendars',
      create: 'createCalendar',
      update: 'updateCalendar',
      delete: 'deleteCalendar',
    },
  }),
  ...collection({
    path: '/api/tags',
    one: 'a tag that desks suggest; conversations keep theirs',
    many: 'tags that desks suggest',
    body: { create: 'named', update: 'named' },
    answer: { one: 'named', many: 'tags' },
    commands: { list: 'listTags', create: 'createTag', update: 'updateTag', delete: 'deleteTag' },
  }),
  ...collection({
    path: '/api/lists',
    one: 'a list of contacts',
    many: 'lists of contacts',
    body: { create: 'named', update: 'named' },
    answer: { one: 'named', many: 'lists' },
    commands: { list: 'listLists', create: 'createList', update: 'updateList', delete: 'deleteList' },
  }),
];
