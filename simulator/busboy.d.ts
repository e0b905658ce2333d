/** The part of busboy that is used; it has no types of its own. */
declare module 'busboy' {
  import type { IncomingHttpHeaders } from 'node:http';
  import type { Readable, Writable } from 'node:stream';

  interface Config {
    headers: IncomingHttpHeaders;
    /** Encoding of names in headers. */
    defParamCharset?: string;
    limits?: {
      files?: number;
      fields?: number;
      /** Bytes of a field. */
      fieldSize?: number;
      /** Bytes of a file; then it ends early, with the event `limit`. */
      fileSize?: number;
      parts?: number;
      headerPairs?: number;
    };
  }
  interface Form extends Writable {
    on(
      event: 'file',
      listener: (
        name: string,
        content: Readable & { truncated?: boolean },
        info: { filename: string; mimeType: string; encoding: string },
      ) => void,
    ): this;
    on(event: 'field', listener: (name: string, value: string, info: { valueTruncated: boolean }) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'close' | 'filesLimit' | 'fieldsLimit' | 'partsLimit', listener: () => void): this;
  }
  /** @throws if the headers announce no form */
  export default function busboy(config: Config): Form;
}
