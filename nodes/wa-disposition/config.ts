/** What a wa-disposition node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text, word } from '../shared/coerce.ts';
import { type Disposition, readDispositions } from '../shared/disposition.ts';

export const MANDATORY = ['inherit', 'yes', 'no'] as const;
export type Mandatory = (typeof MANDATORY)[number];

export interface WaDispositionConfig {
  configVersion: number;
  name: string;
  /** The outcomes agents choose from; each of the first level has an output. Empty = the account's, with one output. */
  dispositions: Disposition[];
  mandatory: Mandatory;
  /** Pause reason of an agent who chooses; empty = the account's. */
  pause: string;
}

export const defaults: WaDispositionConfig = {
  configVersion: 1,
  name: '',
  dispositions: [],
  mandatory: 'inherit',
  pause: '',
};

/** Reads a saved configuration of any version. */
export function migrate(raw: unknown): WaDispositionConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    dispositions: readDispositions(saved.dispositions),
    mandatory: word(saved.mandatory, MANDATORY, defaults.mandatory),
    pause: text(saved.pause, defaults.pause),
  };
}
