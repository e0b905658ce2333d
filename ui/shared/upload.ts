import { ApiError, Unreachable } from './errors.ts';

export interface UploadOptions {
  url: string;
  file: Blob;
  fileName: string;
  /** The caption. */
  text: string;
  headers: Record<string, string>;
  /** From 0 to 1. */
  progress(part: number): void;
  signal: AbortSignal;
}

/** ms without any progress after which the connection counts as lost. */
const SILENCE = 30_000;

/**
 * Sends a form with a file: `fetch` does not say how far it is.
 * Rejects with `ApiError` (refused), `Unreachable` (no answer), or an `AbortError`.
 */
export function upload<T>({ url, file, fileName, text, headers, progress, signal }: UploadOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout>;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE);
    };
    const lost = () => reject(signal.aborted ? new DOMException('cancelled', 'AbortError') : new Unreachable());
    request.open('POST', url);
    request.responseType = 'json';
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      listen();
      progress(total > 0 ? loaded / total : 0);
    });
    request.addEventListener('load', () => {
      const { status, response } = request as { status: number; response: unknown };
      if (status >= 200 && status < 300) return resolve(response as T);
      const error = (response as { error?: { code?: string; message?: string; details?: unknown } } | null)?.error;
      if (!error && (status === 502 || status === 504)) return lost();
      reject(new ApiError(status, error?.code ?? `http_${status}`, error?.message ?? '', error?.details));
    });
    for (const end of ['error', 'abort', 'timeout']) request.addEventListener(end, lost);
    request.addEventListener('loadend', () => clearTimeout(silence));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    const form = new FormData();
    // First, so that the server knows it when the file comes.
    if (text) form.set('text', text);
    form.set('file', file, fileName);
    listen();
    request.send(form);
  });
}
