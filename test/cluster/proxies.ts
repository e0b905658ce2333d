/** What stands between: a round-robin proxy before several Node-REDs, and a cable to the database that can be cut. */
import { createServer as createHttp, type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';

const listening = (server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });

/** Gives each request to the next target, and to the one after it if that cannot be connected to. */
export async function roundRobin(targets: () => string[]): Promise<{ url: string; close(): void }> {
  let turn = 0;
  const server = createHttp(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const all = targets();
    const first = turn++;
    const attempt = (i: number) => {
      if (i === all.length) {
        res.writeHead(502).end();
        return;
      }
      const target = new URL(req.url ?? '/', all[(first + i) % all.length]);
      const out = request(target, { method: req.method, headers: req.headers }, (answer: IncomingMessage) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
        answer.on('error', () => res.destroy());
      });
      out.setTimeout(req.url?.includes('/events') ? 0 : 4000, () => out.destroy(new Error('no answer')));
      out.on('error', (error: NodeJS.ErrnoException) => {
        if (res.headersSent) res.destroy();
        else if (error.code === 'ECONNREFUSED') attempt(i + 1);
        else res.writeHead(504).end();
      });
      res.on('close', () => out.destroy());
      out.end(body);
    };
    attempt(0);
  });
  const port = await listening(server as never);
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A TCP connection on the way to a database. While it is cut nothing comes through and nothing is refused, as with a pulled cable. */
export async function cable(to: string): Promise<{ url: string; cut(): void; mend(): void; close(): void }> {
  const target = new URL(to);
  const pairs = new Set<[Socket, Socket]>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    for (const [from, other] of [pair, [far, near] as [Socket, Socket]]) {
      from.on('data', (data) => other.write(data));
      from.on('close', () => {
        pairs.delete(pair);
        if (!isCut) other.destroy();
      });
      from.on('error', () => {});
    }
    if (isCut) for (const socket of pair) socket.pause();
  });
  const port = await listening(server as never);
  const url = new URL(to);
  url.port = String(port);
  return {
    url: url.href,
    cut() {
      isCut = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    mend() {
      isCut = false;
      // What was on its way is gone with the connections, as after a long cut.
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      pairs.clear();
    },
    close() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      server.close();
    },
  };
}
