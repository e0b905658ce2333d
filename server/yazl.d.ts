/** The part of yazl that is used here. */
declare module 'yazl' {
  import type { EventEmitter } from 'node:events';
  import type { Readable } from 'node:stream';

  export class ZipFile extends EventEmitter {
    readonly outputStream: Readable;
    addReadStream(stream: Readable, path: string): void;
    addEmptyDirectory(path: string): void;
    end(): void;
  }
}
