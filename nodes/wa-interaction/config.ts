/** What a wa-interaction node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text, verbatim, word } from '../shared/coerce.ts';

export const OPERATIONS = ['tag', 'untag', 'note', 'close', 'assign', 'unassign', 'list', 'priority'] as const;
export type Operation = (typeof OPERATIONS)[number];
export const VALUE_TYPES = ['str', 'msg', 'flow', 'global', 'jsonata'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

export interface WaInteractionConfig {
  configVersion: number;
  name: string;
  operation: Operation;
  /** A text, or where the value is found. `unassign` needs none. */
  value: string;
  valueType: ValueType;
}

export const defaults: WaInteractionConfig = {
  configVersion: 1,
  name: '',
  operation: 'tag',
  value: '',
  valueType: 'str',
};

/** Operations that do without a value: closing with none is closing without a disposition. */
export const withoutValue = (operation: Operation): boolean => operation === 'unassign' || operation === 'close';

/** Reads a saved configuration of any version: numbers in the value become text. */
export function migrate(raw: unknown): WaInteractionConfig {
  const saved = record(raw);
  const valueType = word(saved.valueType, VALUE_TYPES, defaults.valueType);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    operation: word(saved.operation, OPERATIONS, defaults.operation),
    // A note keeps its line breaks.
    value: valueType === 'str' ? verbatim(saved.value, defaults.value) : text(saved.value, defaults.value),
    valueType,
  };
}
