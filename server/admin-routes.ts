/** What administrators look into and answer for: the audit log, and the data of a person. */
import { CoreError, type Engine } from '../core/api.ts';
import { contactArchive } from './contact-archive.ts';
import { type Route, route } from './route.ts';
import { sendZip } from './zip.ts';

/** Rows that one transaction of an erasure deletes. */
const ERASE_BUDGET = 500;

export const adminRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/api/audit',
    summary: 'The audit log, newest first. A page may be short, even empty, while `next` says that there is more',
    only: 'admin',
    query: 'audit',
    answer: 'audit',
    async handle({ engine, query }) {
      return { json: await engine.run('auditLog', query) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/contacts/:id',
    summary: 'Erase everything held about a person; open interactions are closed first',
    only: 'admin',
    body: 'nothing',
    success: 204,
    refusals: [404],
    async handle({ engine, session, params }) {
      await erase(engine, params.id!, session.agent.username);
      return {};
    },
  }),
  route({
    method: 'GET',
    path: '/api/contacts/:id/export.zip',
    summary: 'Everything held about a person, as JSON and files in a zip file',
    only: 'admin',
    contentType: 'application/zip',
    refusals: [404],
    async handle({ engine, files, session, params, res }) {
      const contact = params.id!;
      await engine.run('noteExport', { contact, username: session.agent.username });
      await sendZip(res, `contact-${contact}.zip`, await contactArchive(engine, files, contact));
      return undefined;
    },
  }),
];

/** In steps, so that messages of others find the store free in between. */
async function erase(engine: Engine, contact: string, username: string): Promise<void> {
  const step = () => engine.run('eraseContact', { contact, username, budget: ERASE_BUDGET });
  let { done } = await step();
  while (!done) {
    try {
      ({ done } = await step());
    } catch (error) {
      // The hourly look was faster with the rest.
      if (!(error instanceof CoreError) || error.code !== 'not_found') throw error;
      done = true;
    }
  }
}
