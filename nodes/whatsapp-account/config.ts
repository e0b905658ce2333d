/** What an account node saves: type, defaults and migration, one source for runtime and editor. */
import { flag, MAX_SECONDS, record, records, text, texts, verbatim, whole, word } from '../shared/coerce.ts';
import { type Disposition, readDispositions } from '../shared/disposition.ts';
import { DEFAULT_TEMPLATE } from '../shared/notification/preview.ts';

export const PROVIDERS = ['twilio', 'sinch', 'meta'] as const;
export type AccountProvider = (typeof PROVIDERS)[number];

export interface CannedAnswer {
  shortcut: string;
  text: string;
}

export interface WhatsappAccountConfig {
  configVersion: number;
  name: string;
  /** 1–5 letters or digits. */
  key: string;
  /** CSS hex colour, or empty. */
  color: string;
  list: string;
  /** Public base URL; empty = the `publicUrl` of the settings. */
  domain: string;
  provider: AccountProvider;
  /** E.164. */
  phone: string;
  description: string;
  baseUrl: string;
  appId: string;
  /** Whole seconds. */
  waitForAgent: number;
  waitForQueue: number;
  sound: boolean;
  shake: boolean;
  /** Mustache. */
  template: string;
  transferToAgent: boolean;
  transferToQueue: boolean;
  /** Whole seconds. */
  transferToAgentTimeout: number;
  transferToQueueTimeout: number;
  mandatoryDisposition: boolean;
  dispositionPause: string;
  dispositions: Disposition[];
  reopenMinutes: number;
  autoCloseHours: number;
  /** Id or name of the template that is sent when the 24-hour window is closed for a text; empty = none. */
  windowTemplate: string;
  /** Messages a second at most. */
  rate: number;
  /** The customer sees that an agent has read what they wrote, and that an agent is writing, where the provider has that. */
  readReceipts: boolean;
  typing: boolean;
  cannedAnswers: CannedAnswer[];
  /** Usernames, or `["*"]` = everybody. */
  agents: string[];
}

/** WhatsApp takes no more of a number, a second. */
export const MAX_RATE = 1000;

/** Kept apart from the configuration by Node-RED; never exported with a flow. */
export interface WhatsappAccountCredentials {
  accountSid?: string;
  authToken?: string;
  webhookSecret?: string;
  verifyToken?: string;
}

export const defaults: WhatsappAccountConfig = {
  configVersion: 1,
  name: '',
  key: '',
  color: '',
  list: 'Default',
  domain: '',
  provider: 'twilio',
  phone: '',
  description: '',
  baseUrl: '',
  appId: '',
  waitForAgent: 10,
  waitForQueue: 10,
  sound: true,
  shake: true,
  template: DEFAULT_TEMPLATE,
  transferToAgent: true,
  transferToQueue: true,
  transferToAgentTimeout: 30,
  transferToQueueTimeout: 30,
  mandatoryDisposition: false,
  dispositionPause: 'Disposition',
  dispositions: [],
  reopenMinutes: 0,
  autoCloseHours: 0,
  windowTemplate: '',
  rate: 80,
  readReceipts: true,
  typing: true,
  cannedAnswers: [],
  agents: [],
};

/** Reads a saved configuration of any version: fills defaults, turns text into numbers and flags, keeps numbers in their range. */
export function migrate(raw: unknown): WhatsappAccountConfig {
  const saved = record(raw);
  const seconds = (value: unknown, fallback: number): number => whole(value, 1, MAX_SECONDS, fallback);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    key: text(saved.key, defaults.key),
    color: text(saved.color, defaults.color),
    list: text(saved.list, defaults.list) || defaults.list,
    domain: text(saved.domain, defaults.domain).replace(/\/+$/, ''),
    provider: word(saved.provider, PROVIDERS, defaults.provider),
    phone: text(saved.phone, defaults.phone).replace(/[\s().-]/g, ''),
    description: text(saved.description, defaults.description),
    baseUrl: text(saved.baseUrl, defaults.baseUrl).replace(/\/+$/, ''),
    appId: text(saved.appId, defaults.appId),
    waitForAgent: seconds(saved.waitForAgent, defaults.waitForAgent),
    waitForQueue: seconds(saved.waitForQueue, defaults.waitForQueue),
    sound: flag(saved.sound, defaults.sound),
    shake: flag(saved.shake, defaults.shake),
    template: verbatim(saved.template, defaults.template) || defaults.template,
    transferToAgent: flag(saved.transferToAgent, defaults.transferToAgent),
    transferToQueue: flag(saved.transferToQueue, defaults.transferToQueue),
    transferToAgentTimeout: seconds(saved.transferToAgentTimeout, defaults.transferToAgentTimeout),
    transferToQueueTimeout: seconds(saved.transferToQueueTimeout, defaults.transferToQueueTimeout),
    mandatoryDisposition: flag(saved.mandatoryDisposition, defaults.mandatoryDisposition),
    dispositionPause: text(saved.dispositionPause, defaults.dispositionPause) || defaults.dispositionPause,
    dispositions: readDispositions(saved.dispositions),
    reopenMinutes: whole(saved.reopenMinutes, 0, 10_080, defaults.reopenMinutes),
    autoCloseHours: whole(saved.autoCloseHours, 0, 8_760, defaults.autoCloseHours),
    windowTemplate: text(saved.windowTemplate, defaults.windowTemplate),
    rate: whole(saved.rate, 1, MAX_RATE, defaults.rate),
    readReceipts: flag(saved.readReceipts, defaults.readReceipts),
    typing: flag(saved.typing, defaults.typing),
    cannedAnswers: readCannedAnswers(saved.cannedAnswers),
    agents: texts(saved.agents, defaults.agents),
  };
}

/** Reads saved canned answers; those without a text are dropped. */
export function readCannedAnswers(value: unknown): CannedAnswer[] {
  return records(value)
    .map((entry) => ({ shortcut: text(entry.shortcut, '').replace(/^\/+/, ''), text: verbatim(entry.text, '') }))
    .filter((answer) => answer.text.trim() !== '');
}
