import type { Node, NodeMessageInFlow } from 'node-red';

type Send = (msg: unknown) => void;

/**
 * An input handler that cannot lose an error or call `done` twice: work that rejects ends in `done(error)`, with the error's `code`,
 * and the process lives.
 */
export function onInput(node: Node, work: (msg: NodeMessageInFlow, send: Send) => Promise<void>): void {
  node.on('input', (msg, send, done) => {
    let settled: Promise<void>;
    try {
      settled = work(msg, send as Send);
    } catch (error) {
      settled = Promise.reject(error);
    }
    settled.then(
      () => done(),
      (error: unknown) => {
        const reason = error instanceof Error ? error : new Error(String(error));
        node.status({ fill: 'red', shape: 'ring', text: shorten(reason.message) });
        done(reason);
      },
    );
  });
}

export const shorten = (text: string): string => (text.length > 32 ? `${text.slice(0, 31)}…` : text);

/** As `wiredOutputs` in the form the store keeps it: `10` = the first of two. */
export const wiring = (node: Node, outputs: number): string =>
  wiredOutputs(node, outputs)
    .map((w) => (w ? '1' : '0'))
    .join('');

/** For each output whether anything is wired to it. */
export function wiredOutputs(node: Node, outputs: number): boolean[] {
  const wires = (node as unknown as { wires?: string[][] }).wires ?? [];
  const wired: boolean[] = [];
  for (let i = 0; i < outputs; i++) wired.push((wires[i]?.length ?? 0) > 0);
  return wired;
}

/** An array with `msg` at one output, for `send`. */
export function atOutput(output: number, msg: unknown): unknown[] {
  const all = new Array<unknown>(output + 1).fill(null);
  all[output] = msg;
  return all;
}
