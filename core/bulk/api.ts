/** What is done with many interactions at once; part of `core/api.ts`. */
import type { FieldName } from '../search/language/fields.ts';

/** Columns of an export: the fields of a search, and what only an export has. */
export type ExportColumn = FieldName | 'accountName' | 'closedBy' | 'firstResponseSeconds';

/** Times are epoch ms. */
export type ExportRow = (string | number | null)[];

export interface BulkCommands {
  /** Ids of all that a search finds, in its order. */
  findAll: [{ username: string | null; search: unknown; most: number }, { ids: string[] }];
  /** The values of these columns, in the order of the ids; what was deleted meanwhile is left out. */
  exportRows: [{ ids: string[]; columns: ExportColumn[] }, { rows: ExportRow[] }];
  /** Before an export: who asks for what. */
  noteInteractionsExport: [{ username: string; count: number; columns: ExportColumn[] }, null];
  /**
   * One short step of a deletion: from the first of these on, open ones are closed first. `job`: names the deletion from its first step
   * on; `done`: as many from the front are gone.
   */
  deleteInteractions: [{ job: string; username: string; ids: string[]; budget: number }, { done: number }];
  /** Writes into the audit log what the deletion took. */
  endDeletion: [{ job: string; complete: boolean }, { interactions: number; messages: number }];
}
