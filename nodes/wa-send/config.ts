/** What a wa-send node saves: type, defaults and migration, one source for runtime and editor. */
import { record, records, text, verbatim, word } from '../shared/coerce.ts';

export const MODES = ['text', 'template', 'media', 'location', 'buttons'] as const;
export type SendMode = (typeof MODES)[number];
export const TIMES = ['always', 'once'] as const;
export type SendTimes = (typeof TIMES)[number];

/** Texts are Mustache over `msg`; the coordinates must come out as decimal degrees. */
export interface SendLocation {
  latitude: string;
  longitude: string;
  name: string;
  address: string;
}

export interface SendButton {
  /** What comes back in `msg.whatsapp.message.button`; the text itself if empty. */
  id: string;
  /** Mustache over `msg`. */
  text: string;
}

export interface WaSendConfig {
  configVersion: number;
  name: string;
  /** Id of an account node; empty = the message's account. */
  account: string;
  mode: SendMode;
  /** Mustache over `msg`: the text, the caption of media, the question above buttons. */
  text: string;
  /** Id or name of a template at the provider. */
  template: string;
  /** Template variables, values are Mustache over `msg`. */
  variables: Record<string, string>;
  /** Mustache over `msg`. */
  mediaUrl: string;
  location: SendLocation;
  buttons: SendButton[];
  /** Mustache over `msg`: an address; starts an outbound interaction. Empty = the message's contact. */
  to: string;
  /** `once` = once per interaction. */
  times: SendTimes;
}

export const MAX_BUTTONS = 3;

export const defaults: WaSendConfig = {
  configVersion: 1,
  name: '',
  account: '',
  mode: 'text',
  text: '',
  template: '',
  variables: {},
  mediaUrl: '',
  location: { latitude: '', longitude: '', name: '', address: '' },
  buttons: [],
  to: '',
  times: 'always',
};

/** Reads a saved configuration of any version: fills defaults, turns numbers in text fields into text. */
export function migrate(raw: unknown): WaSendConfig {
  const saved = record(raw);
  const place = record(saved.location);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    account: text(saved.account, defaults.account),
    mode: word(saved.mode, MODES, defaults.mode),
    text: verbatim(saved.text, defaults.text),
    template: text(saved.template, defaults.template),
    variables: Object.fromEntries(
      Object.entries(record(saved.variables))
        .map(([name, value]): [string, string] => [name.trim(), verbatim(value, '')])
        .filter(([name]) => name !== ''),
    ),
    mediaUrl: text(saved.mediaUrl, defaults.mediaUrl),
    location: {
      latitude: text(place.latitude, ''),
      longitude: text(place.longitude, ''),
      name: text(place.name, ''),
      address: text(place.address, ''),
    },
    buttons: readButtons(saved.buttons),
    to: text(saved.to, defaults.to),
    times: word(saved.times, TIMES, defaults.times),
  };
}

/** Reads saved buttons; those without a text are dropped. */
export function readButtons(value: unknown): SendButton[] {
  return records(value)
    .map((entry) => ({ id: text(entry.id, ''), text: text(entry.text, '') }))
    .filter((button) => button.text !== '');
}
