/**
 * The events streams of the desks (server-sent events). A stream is the live connection that makes an agent reachable for offers.
 * Events are hints, not a log: a stream that cannot keep up is cut, and its desk connects again and reads everything anew.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Effect, Engine } from '../core/api.ts';
import { ApiError } from './json.ts';
import type { Log } from './log.ts';
import type { Session } from './sessions.ts';

export interface HubOptions {
  engine: Engine;
  log: Log;
  /** Epoch ms. */
  now(): number;
  /** ms between the `alive` events that keep proxies from closing the stream and tell desks that it works; default 20,000. */
  keepAlive?: number;
  /** ms between the heartbeats that keep the connections alive in the store; default 15,000. */
  heartbeat?: number;
  /** Bytes that may wait for a slow reader before its stream is cut; default 1 MiB. */
  maxBuffer?: number;
  /** Streams an agent may have open; one more ends the oldest. Default 20. */
  maxStreams?: number;
}

interface Opening {
  watch?: string;
  quiet?: boolean;
}

export interface Hub {
  /**
   * Opens the stream of a session: connects the agent, sends `hello`, then what the engine publishes. Rejects, without having answered,
   * if the engine refuses the connection. `watch`: an interaction whose events are added (the caller has checked that the agent may);
   * `quiet`: of a screen on which nothing rings.
   */
  open(req: IncomingMessage, res: ServerResponse, session: Session, what?: Opening): Promise<void>;
  /** Ends the streams of one session. */
  endSession(tokenHash: string): void;
  /** Whose stream a connection is; undefined if it is not open here. */
  usernameOf(connection: string): string | undefined;
  /** Says something to one stream only; nothing if it has ended. */
  send(connection: string, event: string, data: unknown): void;
  /** Tells a listener of each stream that ends. */
  onEnd(listener: (connection: string) => void): void;
  /** Number of open streams. */
  readonly size: number;
  /** Opens no more streams: other runtimes are asked for them. */
  refuse(): void;
  /** Ends all streams, with a hint to connect again, and waits until the engine knows. */
  close(): Promise<void>;
}

interface Stream {
  connection: string;
  session: Session;
  res: ServerResponse;
  watch: string | undefined;
  quiet: boolean;
  /** What came before `hello` was written; null afterwards. */
  held: string[] | null;
  ended: boolean;
}

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // no-transform keeps compression middleware and proxies from holding events back, X-Accel-Buffering does so for nginx.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'keep-alive',
};

/** Not a comment: a desk has to see that its stream is alive, since a cut cable ends none. */
const ALIVE = 'event: alive\ndata: {}\n\n';
/** This server stops: its desks connect again soon, and find another one. */
const LEAVING = 'retry: 500\nevent: leaving\ndata: {}\n\n';

export function createHub(options: HubOptions): Hub {
  const { engine, log, now } = options;
  const maxBuffer = options.maxBuffer ?? 1024 * 1024;
  const maxStreams = options.maxStreams ?? 20;
  /** By username, oldest first. */
  const streams = new Map<string, Set<Stream>>();
  const watching = new Set<Stream>();
  const disconnects = new Set<Promise<unknown>>();
  const endListeners: ((connection: string) => void)[] = [];
  let closed = false;
  let refusing = false;

  const write = (stream: Stream, text: string) => {
    if (stream.ended) return;
    if (stream.held) {
      stream.held.push(text);
      return;
    }
    stream.res.write(text);
    if (stream.res.writableLength > maxBuffer) {
      log.warn(`The events stream of ${stream.session.agent.username} was cut: its reader is too slow`);
      // Not `end`: the end would queue up behind what nobody reads.
      stream.res.destroy();
      end(stream);
    }
  };

  /** Takes a stream out; the engine is told once. */
  const end = (stream: Stream) => {
    if (stream.ended) return;
    stream.ended = true;
    const { username } = stream.session.agent;
    const own = streams.get(username);
    own?.delete(stream);
    if (own?.size === 0) streams.delete(username);
    watching.delete(stream);
    for (const listener of endListeners) listener(stream.connection);
    if (!stream.res.destroyed && stream.res.headersSent) stream.res.end();
    const told = engine
      .run('disconnect', { connection: stream.connection, ...(onlyQuiet(own) ? { quiet: true } : {}) })
      .catch((problem: Error) => log.warn(`A desk's disconnect was not stored: ${problem.message}`))
      .finally(() => disconnects.delete(told));
    disconnects.add(told);
  };

  /** What the effects of one commit say, by stream: one write each, however many events. */
  const said = new Map<Stream, string>();
  const say = (stream: Stream, text: string) => {
    said.set(stream, (said.get(stream) ?? '') + text);
  };
  const publish = (effect: Extract<Effect, { kind: 'publish' }>) => {
    // One line: JSON escapes line breaks.
    const text = `event: ${effect.event}\ndata: ${effect.json}\n\n`;
    for (const username of effect.to) {
      for (const stream of streams.get(username) ?? []) say(stream, text);
    }
    if (watching.size === 0 || effect.interaction === null) return;
    for (const stream of watching) {
      if (stream.watch === effect.interaction && !effect.to.includes(stream.session.agent.username)) say(stream, text);
    }
  };
  const flush = () => {
    for (const [stream, text] of said) write(stream, text);
    said.clear();
  };

  const stop = engine.onEffects((effects) => {
    for (const effect of effects) {
      if (effect.kind === 'publish') publish(effect);
      else if (effect.kind === 'missed') for (const stream of all()) end(stream);
      else if (effect.kind === 'signed-out') {
        flush();
        for (const stream of [...(streams.get(effect.username) ?? [])]) end(stream);
      }
    }
    flush();
  });

  const all = () => [...streams.values()].flatMap((own) => [...own]);
  const find = (connection: string) => all().find((stream) => stream.connection === connection);

  const keepAlive = setInterval(() => {
    const time = now();
    for (const stream of all()) {
      if (stream.session.expiresAt <= time) end(stream);
      else if (!stream.held) write(stream, ALIVE);
    }
  }, options.keepAlive ?? 20_000);
  keepAlive.unref();

  /** Tells the engine which streams live, and connects those again that it takes for lost. */
  const beat = async (connections: string[]): Promise<void> => {
    const lost = new Set((await engine.run('heartbeat', { connections })).lost);
    for (const { connection, ended, session, quiet } of all())
      if (lost.has(connection) && !ended)
        await engine.run('connect', { username: session.agent.username, connection, quiet });
  };
  const heartbeat = setInterval(() => {
    // Held: its `connect` is under way.
    const connections = all().flatMap((stream) => (stream.held ? [] : [stream.connection]));
    if (connections.length === 0) return;
    beat(connections).catch((problem: Error) =>
      log.warn(`The heartbeat of the desks was not stored: ${problem.message}`),
    );
  }, options.heartbeat ?? 15_000);
  heartbeat.unref();

  return {
    async open(req, res, session, { watch, quiet = false } = {}) {
      if (closed || refusing) throw stopping();
      const { username } = session.agent;
      const stream: Stream = { connection: randomUUID(), session, res, watch, quiet, held: [], ended: false };
      const own = streams.get(username) ?? new Set();
      const oldest = own.size >= maxStreams ? own.values().next().value : undefined;
      if (oldest) end(oldest);
      own.add(stream);
      streams.set(username, own);
      if (watch !== undefined) watching.add(stream);
      res.on('close', () => end(stream));
      let presence: unknown;
      try {
        ({ presence } = await engine.run('connect', { username, connection: stream.connection, quiet }));
      } catch (problem) {
        end(stream);
        throw problem;
      }
      if (stream.ended || closed) {
        // Gone or logged out meanwhile. The engine handles commands in order, so the disconnect came after the connect.
        end(stream);
        if (closed) throw stopping();
        throw new ApiError(401, 'not_signed_in', 'The session has ended');
      }
      req.socket.setTimeout(0);
      req.socket.setNoDelay(true);
      req.socket.setKeepAlive(true, 30_000);
      res.writeHead(200, HEADERS);
      const hello = { connection: stream.connection, presence, serverTime: new Date(now()).toISOString() };
      const held = stream.held ?? [];
      stream.held = null;
      write(stream, `retry: 2000\nevent: hello\ndata: ${JSON.stringify(hello)}\n\n${held.join('')}`);
    },
    endSession(tokenHash) {
      for (const stream of all()) if (stream.session.tokenHash === tokenHash) end(stream);
    },
    usernameOf: (connection) => find(connection)?.session.agent.username,
    send(connection, event, data) {
      const stream = find(connection);
      if (stream) write(stream, `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    onEnd(listener) {
      endListeners.push(listener);
    },
    get size() {
      return all().length;
    },
    refuse() {
      refusing = true;
    },
    async close() {
      if (closed) return;
      closed = true;
      stop();
      clearInterval(keepAlive);
      clearInterval(heartbeat);
      for (const stream of all()) {
        write(stream, LEAVING);
        end(stream);
      }
      await Promise.allSettled(disconnects);
    },
  };
}

const onlyQuiet = (own: ReadonlySet<Stream> | undefined) =>
  own !== undefined && own.size > 0 && [...own].every((stream) => stream.quiet);

const stopping = () => new ApiError(503, 'stopping', 'The server is stopping', undefined, { 'Retry-After': '5' });
