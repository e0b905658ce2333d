import type { Node, NodeAPI } from 'node-red';
import { CoreError } from '../core/api.ts';

/** What a typedInput gives for a message. Rejects with the error of an expression that fails. */
export function typedValue(RED: NodeAPI, node: Node, value: string, type: string, msg: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateNodeProperty(value, type as never, node, msg as never, (error, result: unknown) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/**
 * The text that a typedInput gives for a message.
 * @throws CoreError `value_missing` if it gives none
 */
export async function typedText(
  RED: NodeAPI,
  node: Node,
  value: string,
  type: string,
  msg: unknown,
  what: string,
): Promise<string> {
  const result = await typedValue(RED, node, value, type, msg);
  if (typeof result === 'string' && result.trim() !== '') return result.trim();
  throw new CoreError('value_missing', 400, `${type}.${value} gives no ${what}.`);
}
