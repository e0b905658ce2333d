import { idBound } from '../../store/ids.ts';
import { type Commands, CoreError } from '../api.ts';
import type { Ctx } from '../context.ts';
import type { EventView } from '../views.ts';
import { eventView } from './describe.ts';
import { type EventRow, eventsBefore } from './stream.ts';

/** Rows read at once, and at most for one page: few matches in a long log must not hold a reader for ever. */
const CHUNK = 500;
const MOST = 20_000;
const LAST = '~';

/** Epoch ms. @throws CoreError 400 `invalid_time` that names the field */
function timeOf(field: 'from' | 'to', text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new CoreError('invalid_time', 400, `"${field}" is not a time: ${text.slice(0, 50)}`, [
      { field, message: 'must be a time such as 2026-11-24T10:00:00Z' },
    ]);
  return at;
}

/**
 * The audit log, newest first. Time and cursor bound the range of ids that is read (ids carry their time); the other filters are
 * looked at row by row within it, so that writing the log costs one index only.
 */
export async function auditLog(ctx: Ctx, input: Commands['auditLog'][0]): Promise<Commands['auditLog'][1]> {
  const from = input.from === undefined ? 0 : timeOf('from', input.from);
  const to = input.to === undefined ? Number.POSITIVE_INFINITY : timeOf('to', input.to);
  const limit = Math.min(Math.max(input.limit ?? 100, 1), 1000);
  const first = idBound(from);
  const end = input.to === undefined ? LAST : idBound(to);
  let position = input.cursor !== undefined && input.cursor < end ? input.cursor : end;
  const matches = (row: EventRow): boolean =>
    Number(row.at) >= from &&
    Number(row.at) < to &&
    (input.account === undefined || row.account_id === input.account) &&
    (input.event === undefined || row.event === input.event) &&
    (input.actor === undefined || row.actor === input.actor);
  const events = input.event === undefined ? null : [input.event];
  const audit: EventView[] = [];
  for (let read = 0; read < MOST; ) {
    const rows = await eventsBefore(ctx, position, CHUNK, events, input.interaction ?? null);
    for (const row of rows) {
      if (row.id < first) return { audit, next: null };
      position = row.id;
      read++;
      if (!matches(row)) continue;
      audit.push(await eventView(ctx, row));
      if (audit.length === limit) return { audit, next: position };
    }
    if (rows.length < CHUNK) return { audit, next: null };
  }
  return { audit, next: position };
}
