/** Gives a file out over HTTP, so that nothing in it runs and nothing but the wanted part is read. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { MediaFile } from '../../core/media/api.ts';
import { ApiError } from '../json.ts';
import type { MediaFiles, Range } from './files.ts';
import { isShownType } from './sniff.ts';

/** Neither scripts nor anything from elsewhere, in an origin of its own. */
const POLICY = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

export interface Giving {
  /** Offered to be saved whatever it is. */
  save?: boolean;
  cacheControl: string;
}

/**
 * Answers with a file or the asked part of it.
 * @throws ApiError 404 `media_missing`, 416 `range`
 */
export async function giveFile(
  req: IncomingMessage,
  res: ServerResponse,
  files: MediaFiles,
  { hash, size, contentType, fileName }: MediaFile,
  { save = false, cacheControl }: Giving,
): Promise<void> {
  if (!(await files.has(hash))) throw new ApiError(404, 'media_missing', 'The file is not here any more');
  const etag = `"${hash.slice(0, 32)}"`;
  const shown = isShownType(contentType);
  const headers: Record<string, string | number> = {
    'Content-Type': contentType || 'application/octet-stream',
    'Content-Disposition': disposition(shown && !save ? 'inline' : 'attachment', fileName),
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Accept-Ranges': 'bytes',
    'Cache-Control': cacheControl,
    ETag: etag,
  };
  if (req.headers['if-none-match']?.includes(etag)) {
    res.writeHead(304, headers).end();
    return;
  }
  const condition = req.headers['if-range'];
  const asked = condition === undefined || condition === etag ? req.headers.range : undefined;
  const range = rangeOf(asked, size);
  if (range === 'unsatisfiable')
    throw new ApiError(416, 'range', 'There is no such part of the file', undefined, {
      'Content-Range': `bytes */${size}`,
    });
  if (range) headers['Content-Range'] = `bytes ${range.from}-${range.to}/${size}`;
  headers['Content-Length'] = range ? range.to - range.from + 1 : size;
  res.writeHead(range ? 206 : 200, headers);
  if (req.method === 'HEAD' || size === 0) {
    res.end();
    return;
  }
  // A client that goes away ends the reading; a file that breaks off cuts the connection, so that nobody takes a part for the whole.
  await pipeline(files.read(hash, size, range ?? undefined), res).catch(() => res.destroy());
}

/** @throws ApiError 503 `media_unavailable` where no files are kept */
export function required(files: MediaFiles | undefined): MediaFiles {
  if (!files) throw new ApiError(503, 'media_unavailable', 'Files are not kept here');
  return files;
}

/** One part of the bytes; several at once are given as a whole, as RFC 9110 allows. */
export function rangeOf(header: string | undefined, size: number): Range | null | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const last = size - 1;
  const [first, second] = [match[1]!, match[2]!];
  const from = first === '' ? Math.max(0, size - Number(second)) : Number(first);
  const to = first === '' || second === '' ? last : Math.min(last, Number(second));
  if (first !== '' && second !== '' && Number(second) < Number(first)) return null;
  return from > last || (first === '' && Number(second) === 0) ? 'unsatisfiable' : { from, to };
}

/** RFC 6266 with the name in RFC 5987's form, and in plain letters for what does not know that. */
export function disposition(how: 'inline' | 'attachment', name: string): string {
  if (name === '') return how;
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(name.replace(/\p{Cs}/gu, '')).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${how}; filename="${plain}"; filename*=UTF-8''${whole}`;
}
