/** The contacts as administrators keep them. */
import type { Engine } from '../core/api.ts';
import type { Cells } from './csv.ts';
import { checkLine, mustBeRight, preview, readLines } from './imports.ts';
import type { MaybeParsed } from './json.ts';
import { type Route, route } from './route.ts';
import { sendCsv } from './stream-csv.ts';

/** The last two stand in an export, and say nothing to an import. */
const COLUMNS = ['address', 'name', 'list', 'id', 'createdat'] as const;
/** Contacts read at once. */
const PAGE = 1000;

export const contactRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/api/contacts',
    summary: 'Contacts, oldest first. A page may be short, even empty, while `next` says that there is more',
    only: 'admin',
    query: 'contacts',
    answer: 'contacts',
    async handle({ engine, query }) {
      return { json: await engine.run('listContacts', query) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/contacts',
    summary: 'Make a contact',
    only: 'admin',
    body: 'createContact',
    success: 201,
    answer: 'administeredContact',
    refusals: [409],
    async handle({ engine, body }) {
      return { json: await engine.run('createContact', body) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/contacts/import',
    summary: 'Make or change contacts from CSV with the columns address, name, list; all lines or none',
    only: 'admin',
    takes: 'text/csv',
    answer: 'imported',
    refusals: [400, 413, 415, 422],
    async handle({ req, engine }) {
      const { contacts, problems } = await contactsIn(req);
      mustBeRight(problems);
      return { json: await engine.run('importContacts', { contacts }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/contacts/import/preview',
    summary: 'What an import of contacts would do, and all that is wrong with it, line by line; nothing is changed',
    only: 'admin',
    takes: 'text/csv',
    answer: 'importPreview',
    refusals: [400, 413, 415],
    async handle({ req, engine }) {
      const { lines, contacts, problems } = await contactsIn(req);
      const checked = await engine.run('checkContacts', { contacts });
      const shown = lines.map(({ row, values: { address = '', name = '' } }) => ({ row, key: address, name }));
      return { json: preview(shown, checked.lines, problems) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/contacts/export.csv',
    summary: 'All contacts as CSV: address, name, list, createdAt, id; one line for each address',
    only: 'admin',
    query: 'csv',
    contentType: 'text/csv',
    async handle({ engine, session, query, res }) {
      await engine.run('noteContactsExport', { username: session.agent.username });
      await sendCsv(res, 'contacts.csv', contactLines(engine), query);
      return undefined;
    },
  }),
  route({
    method: 'GET',
    path: '/api/contacts/:id',
    summary: 'One contact with all its addresses',
    only: 'admin',
    answer: 'administeredContact',
    refusals: [404],
    async handle({ engine, params }) {
      return { json: await engine.run('contactOverview', { id: params.id! }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/contacts/:id/merge',
    summary: 'Make this contact and others one: the oldest id stays, with all addresses and conversations',
    only: 'admin',
    body: 'mergeContact',
    answer: 'administeredContact',
    refusals: [404, 422],
    async handle({ engine, params, body: { with: others, ...rest } }) {
      return { json: await engine.run('mergeContacts', { ids: [params.id!, ...others], ...rest }) };
    },
  }),
];

/** The contacts that the lines of a body say, without those in which something is wrong. */
async function contactsIn(req: MaybeParsed) {
  const { lines, problems } = await readLines(req, COLUMNS, ['address']);
  const contacts = [];
  for (const { row, values } of lines) {
    const { address, name, list } = values;
    const said = { ...(address && { address }), ...(name && { name }), ...(list && { list }) };
    const contact = await checkLine('createContact', row, said, problems);
    if (contact) contacts.push({ ...contact, row });
  }
  return { lines, contacts, problems };
}

async function* contactLines(engine: Engine): AsyncGenerator<Cells[]> {
  yield [['address', 'name', 'list', 'createdAt', 'id']];
  let cursor: string | undefined;
  do {
    const page = await engine.run('listContacts', { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    yield page.contacts.flatMap(({ id, addresses, name, list, createdAt }) =>
      addresses.map(({ address }) => [address, name, list, createdAt, id]),
    );
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}
