/** What a wa-queue node saves: type, defaults and migration, one source for runtime and editor. */
import { flag, MAX_SECONDS, record, text, whole, word } from '../shared/coerce.ts';

export const QUEUE_TYPES = ['queue', 'msg', 'flow', 'global', 'jsonata'] as const;
export type QueueType = (typeof QUEUE_TYPES)[number];

export interface WaQueueConfig {
  configVersion: number;
  name: string;
  /** With `queueType` `queue` the id of a queue node, else what gives a queue's name. */
  queue: string;
  queueType: QueueType;
  /** Seconds; 0 = until accepted. */
  timeout: number;
  /** Adds a third output: nobody available. */
  skipIfNobody: boolean;
}

export const defaults: WaQueueConfig = {
  configVersion: 1,
  name: '',
  queue: '',
  queueType: 'queue',
  timeout: 60,
  skipIfNobody: false,
};

/** Reads a saved configuration of any version: fills defaults, turns text into numbers and flags. */
export function migrate(raw: unknown): WaQueueConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    queue: text(saved.queue, defaults.queue),
    queueType: word(saved.queueType, QUEUE_TYPES, defaults.queueType),
    timeout: whole(saved.timeout, 0, MAX_SECONDS, defaults.timeout),
    skipIfNobody: flag(saved.skipIfNobody, defaults.skipIfNobody),
  };
}
