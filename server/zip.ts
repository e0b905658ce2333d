/** Zip files over HTTP, made while they are sent: nothing is kept whole in memory or on the disk. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface ZipEntry {
  /** Path inside of the archive; of a folder with a slash at its end. */
  name: string;
  /** It is packed already, as pictures and sounds are, and goes in as it is. */
  isPacked?: boolean;
  /** Pieces of UTF-8 text or bytes; null = an empty folder. */
  content: Iterable<string | Buffer> | AsyncIterable<string | Buffer> | null;
}

/**
 * Answers with an archive. An entry that fails after the start cuts the connection: the client sees that the file is not whole.
 * @param fileName letters, digits, dots and dashes
 */
export async function sendZip(res: ServerResponse, fileName: string, entries: ZipEntry[]): Promise<void> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  zip.on('error', (problem) => res.destroy(problem));
  for (const { name, isPacked = false, content } of entries) {
    if (content === null) zip.addEmptyDirectory(name);
    else zip.addReadStream(Readable.from(content, { objectMode: false }), name, { compress: !isPacked });
  }
  zip.end();
  res.writeHead(200, {
    'Content-Type': 'application/zip',
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  // A client that goes away ends the reading; there is nobody left to tell.
  await pipeline(zip.outputStream, res).catch(() => res.destroy());
}
