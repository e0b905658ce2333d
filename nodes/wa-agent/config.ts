/** What a wa-agent node saves: type, defaults and migration, one source for runtime and editor. */
import { MAX_SECONDS, record, text, whole, word } from '../shared/coerce.ts';

export const AGENT_TYPES = ['str', 'msg', 'flow', 'global', 'jsonata'] as const;
export type AgentType = (typeof AGENT_TYPES)[number];

export interface WaAgentConfig {
  configVersion: number;
  name: string;
  /** With `agentType` `str` a username, else what gives one. */
  agent: string;
  agentType: AgentType;
  /** Seconds; 0 = until accepted. */
  timeout: number;
}

export const defaults: WaAgentConfig = { configVersion: 1, name: '', agent: '', agentType: 'str', timeout: 30 };

/** Reads a saved configuration of any version: fills defaults, turns text into numbers. */
export function migrate(raw: unknown): WaAgentConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    agent: text(saved.agent, defaults.agent),
    agentType: word(saved.agentType, AGENT_TYPES, defaults.agentType),
    timeout: whole(saved.timeout, 0, MAX_SECONDS, defaults.timeout),
  };
}
