/** A client that writes HTTP itself, over connections that stay open: it must not take more of the machine than the server does. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Wires {
  /** The status of the answer. */
  post(path: string, headers: Record<string, string>, body: Buffer): Promise<number>;
  close(): void;
}

export async function openWires(port: number, count: number): Promise<Wires> {
  const idle: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const all = new Set<Socket>();
  const opened = async () => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    all.add(socket.setEncoding('latin1'));
    return socket;
  };
  const free = (socket: Socket) => {
    const next = waiting.shift();
    if (next) next(socket);
    else idle.push(socket);
  };
  for (let i = 0; i < count; i++) idle.push(await opened());
  const take = () => idle.pop() ?? new Promise<Socket>((resolve) => waiting.push(resolve));
  return {
    async post(path, headers, body) {
      const socket = await take();
      const head = Object.entries({ host: 'localhost', ...headers, 'content-length': body.length });
      socket.write(`POST ${path} HTTP/1.1\r\n${head.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
      socket.write(body);
      const status = await new Promise<number>((resolve, reject) => {
        let received = '';
        const onData = (chunk: string) => {
          received += chunk;
          const end = received.indexOf('\r\n\r\n');
          if (end < 0) return;
          const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received)?.[1]);
          if (received.length < end + 4 + length) return;
          done();
          resolve(Number(received.slice(9, 12)));
        };
        const onEnd = () => {
          done();
          reject(new Error('the server closed the connection'));
        };
        const done = () => {
          socket.off('data', onData);
          socket.off('close', onEnd);
        };
        socket.on('data', onData);
        socket.on('close', onEnd);
      });
      free(socket);
      return status;
    },
    close() {
      for (const socket of all) socket.destroy();
    },
  };
}
