/** The columns of an export, for those who check a call: a pure description. */
import { FIELD_NAMES } from '../search/language/fields.ts';
import type { ExportColumn } from './api.ts';

export const EXPORT_COLUMNS: readonly ExportColumn[] = [
  ...FIELD_NAMES,
  'accountName',
  'closedBy',
  'firstResponseSeconds',
];

export const TIME_COLUMNS: ReadonlySet<ExportColumn> = new Set<ExportColumn>([
  'startedAt',
  'closedAt',
  'lastMessageAt',
  'unansweredSince',
]);
/** What is exported if nothing else is asked for. */
export const USUAL_COLUMNS: readonly ExportColumn[] = EXPORT_COLUMNS.filter(
  (column) => column !== 'messages' && column !== 'firstResponseSeconds' && column !== 'read',
);
