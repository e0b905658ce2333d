import type { Node, NodeAPI } from 'node-red';
import { CoreError } from '../core/api.ts';

/**
 * The text that a typedInput gives for a message.
 * @throws CoreError `value_missing` if it gives none
 */
export function typedText(
  RED: NodeAPI,
  node: Node,
  value: string,
  type: string,
  msg: unknown,
  what: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateNodeProperty(value, type as never, node, msg as never, (error, result: unknown) => {
      if (error) reject(error);
      else if (typeof result === 'string' && result.trim() !== '') resolve(result.trim());
      else reject(new CoreError('value_missing', 400, `${type}.${value} gives no ${what}.`));
    });
  });
}
