/** Forms with a file, read while they come: the file goes to the disk, nothing is kept whole in memory. */
import type { IncomingMessage } from 'node:http';
import type { StoredFile } from '../../core/media/content.ts';
import { ApiError, ClientGone, drain } from '../json.ts';
import { FileRefused, type MediaFiles } from './files.ts';

/** Characters of the text with a file. */
const LONGEST_TEXT = 4096;
/** Bytes around the file itself. */
const AROUND = 64 * 1024;
/** ms without a byte. */
const SILENCE = 60_000;

export interface Upload {
  file: StoredFile;
  text: string;
}

export const isForm = (req: IncomingMessage): boolean =>
  /^multipart\/form-data\s*;/i.test(req.headers['content-type'] ?? '');

const wrong = (field: string, message: string): ApiError =>
  new ApiError(400, 'invalid_body', `The form is not valid: "${field}" ${message}`, [{ field, message }]);

const tooLarge = (limit: number): ApiError =>
  new ApiError(413, 'too_large', `A file may have at most ${Math.floor(limit / 1024 / 1024)} MB`);

/**
 * Reads a form with one `file` and perhaps a `text`.
 * @param limit bytes of the file
 * @throws ApiError 400 `invalid_body` that names the field, 413 `too_large`
 */
export async function readUpload(req: IncomingMessage, files: MediaFiles, limit: number): Promise<Upload> {
  if (Number(req.headers['content-length'] ?? 0) > limit + AROUND) {
    drain(req);
    throw tooLarge(limit);
  }
  const { default: busboy } = await import('busboy');
  const limits = { files: 1, fields: 1, parts: 3, fieldSize: 4 * LONGEST_TEXT, headerPairs: 50 };
  let form: ReturnType<typeof busboy>;
  try {
    form = busboy({ headers: req.headers, defParamCharset: 'utf8', limits });
  } catch {
    drain(req);
    throw wrong('', 'it has no boundary');
  }
  let text = '';
  let taking: Promise<StoredFile> | undefined;
  let failure: Error | undefined;
  const refuse = (error: Error): void => {
    failure ??= error;
    req.unpipe(form);
    form.destroy(error);
    drain(req);
  };
  form.on('field', (name, value, { valueTruncated }) => {
    if (name !== 'text') return refuse(wrong(name.slice(0, 100), 'is unknown'));
    if (valueTruncated || [...value].length > LONGEST_TEXT)
      return refuse(wrong('text', `must not have more than ${LONGEST_TEXT} characters`));
    text = value;
  });
  form.on('file', (name, content, { filename, mimeType }) => {
    if (name !== 'file') {
      content.resume();
      refuse(wrong(name.slice(0, 100), 'is unknown'));
      return;
    }
    taking = files.take(content as AsyncIterable<Buffer>, { limit, contentType: mimeType, fileName: filename });
    // Seen below as well; here so that the rest of the body is not waited for.
    taking.catch((error: unknown) => refuse(error instanceof Error ? error : new Error(String(error))));
  });
  form.on('filesLimit', () => refuse(wrong('file', 'must be given once')));
  form.on('fieldsLimit', () => refuse(wrong('text', 'must be given once')));
  form.on('partsLimit', () => refuse(wrong('', 'it has too many parts')));
  const silence = setTimeout(() => refuse(new ClientGone()), SILENCE);
  await new Promise<void>((resolve) => {
    form.on('error', (error) => {
      failure ??= error;
      resolve();
    });
    form.on('close', resolve);
    req.on('data', () => silence.refresh());
    // A client that goes away in the middle leaves no end behind.
    req.on('close', () => {
      if (!req.complete) refuse(new ClientGone());
    });
    req.pipe(form);
  });
  clearTimeout(silence);
  const file = await taking?.catch((error: unknown) => {
    failure ??= error as Error;
    return undefined;
  });
  if (failure instanceof FileRefused) throw tooLarge(limit);
  if (failure instanceof ApiError || failure instanceof ClientGone) throw failure;
  if (failure && 'code' in failure) throw failure;
  if (failure) throw wrong('', 'it cannot be read');
  if (!file) throw wrong('file', 'is missing');
  return { file, text };
}
