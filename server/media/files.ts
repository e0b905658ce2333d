/** Contents of files, each once, by the SHA-256 of its bytes: in a directory or in the database. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Engine } from '../../core/api.ts';
import type { StoredFile } from '../../core/media/content.ts';
import { HEAD, recognise } from './sniff.ts';

/** Why a content was not taken: a stable word, and words for people. */
export class FileRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'FileRefused';
    this.code = code;
  }
}

/** Bytes from `from` up to and with `to`. */
export interface Range {
  from: number;
  to: number;
}

/** Where contents lie. */
export interface Shelf {
  /** Takes over a file that is whole and synced, under its hash; the file may be moved away. */
  put(hash: string, path: string): Promise<void>;
  has(hash: string): Promise<boolean>;
  /** `size`: of the whole content. */
  read(hash: string, size: number, range?: Range): Readable;
  remove(hash: string): Promise<void>;
}

export interface TakeOptions {
  /** Bytes; what is longer is cut off and refused. */
  limit: number;
  /** What is said of it. */
  contentType?: string | undefined;
  fileName?: string | undefined;
  /** What the hash has to be. */
  sha256?: string | undefined;
}

/** A file of a message that was sent or is to be sent has a name of at most so many characters. */
const LONGEST_NAME = 200;
/** ms after which what was being written belongs to a process that is gone. */
const ABANDONED = 86_400_000;

/** The contents of one contact centre. */
export class MediaFiles {
  readonly #engine: Pick<Engine, 'run'>;
  readonly #shelf: Shelf;
  readonly #incoming: string;

  /** `incoming`: a directory for what is not whole yet. */
  constructor(engine: Pick<Engine, 'run'>, shelf: Shelf, incoming: string) {
    this.#engine = engine;
    this.#shelf = shelf;
    this.#incoming = incoming;
  }

  /**
   * Reads a content to its end and keeps it. It stays for some minutes; then it goes unless a message has it.
   * @throws FileRefused `too_large`, `hash_mismatch`; what the source throws
   */
  async take(source: AsyncIterable<Buffer>, options: TakeOptions): Promise<StoredFile> {
    await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
    const path = join(this.#incoming, randomBytes(16).toString('hex'));
    const handle = await open(path, 'wx', 0o600);
    try {
      const { hash, size, head } = await this.#write(handle, source, options.limit);
      if (options.sha256 !== undefined && options.sha256 !== hash)
        throw new FileRefused('hash_mismatch', 'The content is not what its provider announced.');
      await handle.sync();
      await handle.close();
      await this.#engine.run('noteFile', { hash, size });
      await this.#shelf.put(hash, path);
      const file: StoredFile = { hash, size, contentType: recognise(head, options.contentType).contentType };
      const name = tidyName(options.fileName ?? '');
      return name === '' ? file : { ...file, fileName: name };
    } finally {
      await handle.close();
      await rm(path, { force: true });
    }
  }

  async #write(handle: FileHandle, source: AsyncIterable<Buffer>, limit: number) {
    const sum = createHash('sha256');
    let head = Buffer.alloc(0);
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      if (size > limit) throw new FileRefused('too_large', `A file may have at most ${limit} bytes.`);
      sum.update(chunk);
      if (head.length < HEAD) head = Buffer.concat([head, chunk.subarray(0, HEAD - head.length)]);
      await handle.appendFile(chunk);
    }
    return { hash: sum.digest('hex'), size, head };
  }

  has(hash: string): Promise<boolean> {
    return this.#shelf.has(hash);
  }

  read(hash: string, size: number, range?: Range): Readable {
    return this.#shelf.read(hash, size, range);
  }

  /** Removes what no message has any more, and what a process that is gone left behind. */
  async sweep(now: number): Promise<void> {
    for (;;) {
      const { hashes } = await this.#engine.run('unusedFiles', { limit: 50 });
      if (hashes.length === 0) break;
      for (const hash of hashes) await this.#shelf.remove(hash);
      await this.#engine.run('dropFiles', { hashes });
    }
    const left = await readdir(this.#incoming).catch(() => []);
    for (const name of left) {
      const path = join(this.#incoming, name);
      const about = await stat(path).catch(() => null);
      if (about && now - about.mtimeMs > ABANDONED) await rm(path, { force: true });
    }
  }
}

/** The last part of a name, without what is not shown or leads elsewhere. The end of a long one has its type. */
export function tidyName(name: string): string {
  const tidy = name
    .normalize('NFC')
    .replace(/^.*[/\\]/s, '')
    // Control characters, and those that turn the direction of writing: `exe.gpj` is no picture.
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, '')
    .replace(/[<>:"|?*]/g, '_')
    .trim()
    .replace(/^\.+/, '');
  const letters = [...tidy];
  return letters.length > LONGEST_NAME
    ? [...letters.slice(0, LONGEST_NAME - 20), ...letters.slice(-20)].join('')
    : tidy;
}

/** A whole file of the disk, read again. */
export const fileStream = (path: string, range?: Range): Readable =>
  createReadStream(path, range ? { start: range.from, end: range.to } : {});
