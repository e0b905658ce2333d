/** The statuses below the nodes, as the editor gets them: over Node-RED's comms socket. */
import type { NodeRed } from '../../support/node-red.ts';

export interface Statuses {
  /** Resolves when the node shows a text that matches; what it shows already counts. */
  until(node: string, text: RegExp, timeout?: number): Promise<string>;
  /** What the node shows now. */
  of(node: string): string | undefined;
  close(): void;
}

export async function watchStatuses(red: NodeRed): Promise<Statuses> {
  const shown = new Map<string, string>();
  const waiting = new Set<() => void>();
  const socket = new WebSocket(`${red.adminUrl.replace(/^http/, 'ws')}/comms`);
  socket.addEventListener('message', ({ data }) => {
    for (const { topic, data: status } of [JSON.parse(String(data))].flat() as {
      topic: string;
      data: { text?: string };
    }[]) {
      if (topic?.startsWith('status/')) shown.set(topic.slice('status/'.length), status?.text ?? '');
    }
    for (const look of [...waiting]) look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('no comms socket')));
  });
  // The last status of each node comes with the subscription.
  socket.send(JSON.stringify({ subscribe: 'status/#' }));
  return {
    of: (node) => shown.get(node),
    close: () => socket.close(),
    until: (node, text, timeout = 10_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const now = shown.get(node);
          if (now === undefined || !text.test(now)) return;
          finish();
          resolve(now);
        };
        const timer = setTimeout(() => {
          finish();
          reject(new Error(`${node} shows "${shown.get(node)}", not ${text}\n${red.log().slice(-3000)}`));
        }, timeout);
        const finish = () => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
  };
}
