/** What a queue node saves: type, defaults and migration, one source for runtime and editor. */
import { MAX_SECONDS, record, text, texts, whole, word } from '../shared/coerce.ts';

export const STRATEGIES = ['beepall', 'rrmemory', 'leastrecent', 'fewestopen'] as const;
export type QueueStrategy = (typeof STRATEGIES)[number];

export interface WhatsappQueueConfig {
  configVersion: number;
  name: string;
  strategy: QueueStrategy;
  /** Seconds an offer rings one agent. */
  agentTimeout: number;
  /** 0–10, higher is served first. */
  weight: number;
  /** Usernames, or `["*"]` = all agents of the account. */
  agents: string[];
}

export const defaults: WhatsappQueueConfig = {
  configVersion: 1,
  name: '',
  strategy: 'beepall',
  agentTimeout: 20,
  weight: 0,
  agents: [],
};

/** Reads a saved configuration of any version: fills defaults, turns text into numbers, keeps them in their range. */
export function migrate(raw: unknown): WhatsappQueueConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    strategy: word(saved.strategy, STRATEGIES, defaults.strategy),
    agentTimeout: whole(saved.agentTimeout, 1, MAX_SECONDS, defaults.agentTimeout),
    weight: whole(saved.weight, 0, 10, defaults.weight),
    agents: texts(saved.agents, defaults.agents),
  };
}
