/** CSV over HTTP, made while it is sent. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BOM, type Cells, CSV, csvWriter } from './csv.ts';

/**
 * Answers with lines, given a few hundred at a time. What fails after the start cuts the connection: the client sees that the file is not whole.
 * @param fileName letters, digits, dots and dashes
 */
export async function sendCsv(
  res: ServerResponse,
  fileName: string,
  pages: AsyncIterable<readonly Cells[]>,
  { bom = false } = {},
): Promise<void> {
  const write = await csvWriter();
  const text = async function* () {
    for await (const lines of pages) yield write(lines);
  };
  res.writeHead(200, {
    'Content-Type': CSV,
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  if (bom) res.write(BOM);
  // A client that goes away ends the reading; there is nobody left to tell.
  await pipeline(Readable.from(text(), { objectMode: false }), res).catch(() => res.destroy());
}
