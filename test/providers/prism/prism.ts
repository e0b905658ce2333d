/** The providers' own descriptions of their APIs, served by Prism, which checks every request against them. */
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A request that came, and what is wrong with it. */
export interface Exchange {
  /** `POST /v1/…`, without the query. */
  what: string;
  status: number;
  violations: string[];
}

export interface Described {
  url: string;
  exchanges: Exchange[];
  close(): Promise<void>;
}

interface Violation {
  location: string[];
  message: string;
}

interface PrismServer {
  listen(port: number, host: string): Promise<string>;
  close(): Promise<void>;
}

interface Operation {
  request?: { body?: { contents?: FormContent[] } };
}
interface FormContent {
  mediaType: string;
  schema?: { properties?: Record<string, { type?: string }> };
  encodings?: object[];
}

interface PrismParts {
  getHttpOperationsFromSpec(document: Document): Promise<Operation[]>;
  createServer(operations: Operation[], options: object): PrismServer;
  createLogger(name: string, options: object): object;
}

/** Prism's parts are found from the package that brings them. */
function partsOfPrism(): PrismParts {
  const require = createRequire(createRequire(import.meta.url).resolve('@stoplight/prism-cli'));
  return {
    ...require('@stoplight/prism-http'),
    ...require('@stoplight/prism-http-server'),
    ...require('@stoplight/prism-core'),
  };
}

/** A list in a form is its name once for each item, if nothing else is said: Prism needs it to be said. */
function sayHowListsAreWritten(operations: Operation[]): void {
  for (const content of operations.flatMap((operation) => operation.request?.body?.contents ?? [])) {
    if (content.mediaType !== 'application/x-www-form-urlencoded') continue;
    const lists = Object.entries(content.schema?.properties ?? {}).filter(([, { type }]) => type === 'array');
    content.encodings = lists.map(([property]) => ({ property, style: 'form', explode: true }));
  }
}

interface Document {
  paths: Record<string, unknown>;
  components?: Record<string, Record<string, unknown>>;
  webhooks?: unknown;
}

/** Properties that this pack never sends, and that would make up nine tenths of the description of a message. */
const NEVER = ['explicit_channel_message', 'explicit_channel_omni_message'];

/** A description without what only its webhooks need, and with what is never sent forbidden: to read all of it takes long. */
function abridged(file: string): Document {
  const document = JSON.parse(readFileSync(file, 'utf8'), (_, value) => {
    for (const name of NEVER) if (value?.properties?.[name]) value.properties[name] = { not: {} };
    return value;
  }) as Document;
  delete document.webhooks;
  const needed = new Set<string>();
  const follow = (value: unknown): void => {
    for (const [, ref = ''] of JSON.stringify(value).matchAll(/"#\/components\/([^"]+)"/g)) {
      if (needed.has(ref)) continue;
      needed.add(ref);
      const [kind = '', name = ''] = ref.split('/');
      follow(document.components?.[kind]?.[name] ?? null);
    }
  };
  follow(document.paths);
  for (const kind of Object.keys(document.components ?? {})) {
    if (kind === 'securitySchemes') continue;
    const all = document.components![kind]!;
    for (const name of Object.keys(all)) if (!needed.has(`${kind}/${name}`)) delete all[name];
  }
  return document;
}

/**
 * Serves descriptions as one API. `folder` holds `files`. `examples` makes of their examples, which are the answers, what can be
 * gone on with.
 */
export async function serveDescribed(
  folder: string,
  files: string[],
  examples: (answer: string) => string = (answer) => answer,
): Promise<Described> {
  const prism = partsOfPrism();
  const operations = (
    await Promise.all(files.map((file) => prism.getHttpOperationsFromSpec(abridged(join(folder, file)))))
  ).flat();
  sayHowListsAreWritten(operations);
  const mock = { dynamic: false };
  const config = {
    mock,
    isProxy: false,
    validateRequest: true,
    validateResponse: false,
    checkSecurity: true,
    errors: false,
  };
  const logger = prism.createLogger('prism', { level: 'silent' });
  const server = prism.createServer(operations, { cors: false, config, components: { logger } });
  const origin = new URL(await server.listen(0, '127.0.0.1'));
  const exchanges: Exchange[] = [];
  // Prism says what is wrong with a request in a header of the answer, which the provider does not look at.
  const front = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const sent = httpRequest({ host: origin.hostname, port: origin.port, method, path: url, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        const status = answer.statusCode ?? 0;
        const said = String(answer.headers['sl-violations'] ?? '');
        exchanges.push({
          what: `${method} ${url.split('?', 1)[0]}`,
          status,
          violations: violationsIn(said, status, body),
        });
        response.writeHead(status, { 'content-type': answer.headers['content-type'] ?? 'text/plain' });
        response.end(examples(body.toString()));
      });
    });
    sent.on('error', () => response.destroy());
    request.pipe(sent);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    exchanges,
    close: async () => {
      front.close();
      front.closeAllConnections();
      await server.close();
    },
  };
}

function violationsIn(header: string, status: number, body: Buffer): string[] {
  // Too many of them are cut off.
  if (header.startsWith('Too many')) return [header];
  const all = header ? (JSON.parse(header) as Violation[]) : [];
  const found = all
    .filter(({ location }) => location[0] === 'request')
    .map((v) => `${v.location.join('.')} ${v.message}`);
  if (found.length > 0 || status < 400) return found;
  return [`${status} ${body.toString().slice(0, 500)}`];
}
