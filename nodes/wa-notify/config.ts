/** What a wa-notify node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text, texts, verbatim, word } from '../shared/coerce.ts';

export const AUDIENCES = ['agent', 'queue', 'account', 'supervisors', 'usernames'] as const;
export type Audience = (typeof AUDIENCES)[number];
export const CHOICES = ['inherit', 'yes', 'no'] as const;
/** `inherit` = as the account says. */
export type Choice = (typeof CHOICES)[number];
export const LEVELS = ['info', 'warning', 'error'] as const;
export type Level = (typeof LEVELS)[number];

export interface WaNotifyConfig {
  configVersion: number;
  name: string;
  audience: Audience;
  /** With the audience `usernames`. */
  usernames: string[];
  /** Mustache with the variables of a notification; empty = the account's. */
  template: string;
  sound: Choice;
  shake: Choice;
  level: Level;
}

export const defaults: WaNotifyConfig = {
  configVersion: 1,
  name: '',
  audience: 'agent',
  usernames: [],
  template: '',
  sound: 'inherit',
  shake: 'inherit',
  level: 'info',
};

/** Reads a saved configuration of any version. A saved flag is a choice, too. */
export function migrate(raw: unknown): WaNotifyConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    audience: word(saved.audience, AUDIENCES, defaults.audience),
    usernames: texts(saved.usernames, defaults.usernames),
    template: verbatim(saved.template, defaults.template),
    sound: choice(saved.sound, defaults.sound),
    shake: choice(saved.shake, defaults.shake),
    level: word(saved.level, LEVELS, defaults.level),
  };
}

function choice(value: unknown, fallback: Choice): Choice {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return word(value, CHOICES, fallback);
}
