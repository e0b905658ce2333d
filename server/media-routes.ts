/** Files of messages for those who may see the conversation. */
import { ApiError } from './json.ts';
import { giveFile, required } from './media/give.ts';
import { type Route, route } from './route.ts';

/** The number of a file in its message. */
export function indexOf(text: string | undefined): number {
  if (!/^\d{1,3}$/.test(text ?? '')) throw new ApiError(404, 'not_found', 'There is no such file');
  return Number(text);
}

export const mediaRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/api/media/:messageId/:index',
    summary: 'A file of a message, or a part of it (Range). 409 while it is being fetched from the provider',
    contentType: '*/*',
    refusals: [403, 404, 409, 416],
    async handle({ req, res, engine, files, session, params }) {
      const at = { message: params.messageId!, index: indexOf(params.index) };
      const file = await engine.run('mediaFile', { ...at, username: session.agent.username });
      if (file.state === 'waiting')
        throw new ApiError(409, 'media_waiting', 'The file is still being fetched', undefined, { 'Retry-After': '2' });
      if (file.state === 'failed') throw new ApiError(409, 'media_failed', 'The file could not be fetched');
      // Shared machines keep nothing that is not asked for again.
      await giveFile(req, res, required(files), file, { cacheControl: 'private, no-cache' });
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: '/api/media/:messageId/:index/retry',
    summary: 'Fetch a file again that could not be fetched',
    body: 'nothing',
    success: 202,
    answer: 'oneMessage',
    refusals: [403, 404, 409],
    async handle({ engine, session, params }) {
      const at = { message: params.messageId!, index: indexOf(params.index) };
      return { json: await engine.run('retryMedia', { ...at, username: session.agent.username }) };
    },
  }),
];
