/** The server answered with a refusal. `code` is stable, `status` the HTTP status. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  constructor(status: number, code: string, message: string, details?: unknown) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** No answer: no network, a timeout, or a proxy that does not reach the server. Whether the call took effect is not known. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super('The server did not answer', { cause });
    this.name = 'Unreachable';
  }
}
