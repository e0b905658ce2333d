/** What supervisors do with others and their conversations, and transcripts. */
import { isTimeZone } from '../core/zone.ts';
import { ApiError } from './json.ts';
import { type Route, route } from './route.ts';
import { transcript } from './transcript.ts';
import { sendZip } from './zip.ts';

/** @throws ApiError 422 `unknown_timezone` */
export function zoneOf(given: string | undefined, field: string): string {
  const zone = given ?? 'UTC';
  if (isTimeZone(zone)) return zone;
  throw new ApiError(422, 'unknown_timezone', `"${zone}" is not a time zone`, [
    { field, message: 'must be one such as Europe/Rome' },
  ]);
}

export const superviseRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/api/interactions/:id/assign',
    summary: 'Give an interaction to an agent of its account without ringing; who had it has it no more',
    only: 'supervisor',
    body: 'assign',
    answer: 'oneInteraction',
    refusals: [404, 409],
    async handle({ engine, session, params, body }) {
      const { username: by } = session.agent;
      return { json: await engine.run('reassign', { interaction: params.id!, by, ...body }) };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/agents/:username/presence',
    summary: 'Put an agent into a pause, or log them out; `release` hands back what they have',
    only: 'supervisor',
    body: 'forcePresence',
    answer: 'presence',
    refusals: [404, 409],
    async handle({ engine, session, params, body }) {
      const { username: by } = session.agent;
      return { json: await engine.run('forcePresence', { username: params.username!, by, ...body }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/interactions/:id/transcript.zip',
    summary: 'The conversation as a page, as text and as JSON, in a zip file',
    query: 'transcript',
    contentType: 'application/zip',
    refusals: [403, 404, 422],
    async handle({ engine, files, session, params, query, res }) {
      const interaction = params.id!;
      const zone = zoneOf(query.tz, 'tz');
      await engine.run('noteTranscript', { interaction, username: session.agent.username });
      await sendZip(res, `transcript-${interaction}.zip`, await transcript(engine, files, interaction, zone));
      return undefined;
    },
  }),
];
