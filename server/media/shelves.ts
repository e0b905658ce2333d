import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Engine } from '../../core/api.ts';
import { fileStream, type Range, type Shelf } from './files.ts';

/** Only a hash leads to a file, whatever is asked for. */
function checked(hash: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new RangeError('no hash of a content');
  return hash;
}

/** Contents in a directory, 256 folders of them. */
export function directoryShelf(directory: string): Shelf {
  const pathOf = (hash: string): string => join(directory, checked(hash).slice(0, 2), hash);
  return {
    async put(hash, path) {
      const target = pathOf(hash);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(path, target);
    },
    has: (hash) =>
      stat(pathOf(hash)).then(
        () => true,
        () => false,
      ),
    read: (hash, _size, range) => fileStream(pathOf(hash), range),
    remove: (hash) => rm(pathOf(hash), { force: true }),
  };
}

/** Bytes of a piece. */
const PIECE = 256 * 1024;

/** Contents in the database, in pieces. */
export function databaseShelf(engine: Pick<Engine, 'run'>): Shelf {
  return {
    async put(hash, path) {
      const file = await open(path, 'r');
      try {
        const buffer = Buffer.alloc(PIECE);
        for (let number = 0; ; number++) {
          const { bytesRead } = await file.read(buffer, 0, PIECE, number * PIECE);
          if (bytesRead === 0) break;
          await engine.run('putPiece', { hash: checked(hash), number, data: buffer.toString('base64', 0, bytesRead) });
        }
      } finally {
        await file.close();
      }
    },
    has: (hash) => engine.run('hasPieces', { hash: checked(hash) }),
    read: (hash, size, range = { from: 0, to: size - 1 }) =>
      Readable.from(pieces(engine, checked(hash), range), { objectMode: false }),
    async remove(hash) {
      await engine.run('dropPieces', { hash: checked(hash) });
    },
  };
}

async function* pieces(engine: Pick<Engine, 'run'>, hash: string, { from, to }: Range): AsyncGenerator<Buffer> {
  for (let number = Math.floor(from / PIECE); number * PIECE <= to; number++) {
    const data = await engine.run('piece', { hash, number });
    if (data === null) throw new Error('a piece of a file is missing');
    const start = number * PIECE;
    yield Buffer.from(data, 'base64').subarray(Math.max(0, from - start), to - start + 1);
  }
}
