import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import { type Commands, CoreError } from '../api.ts';
import type { Ctx } from '../context.ts';
import type { Rule } from '../intervals.ts';
import { isTimeZone } from '../zone.ts';
import type { CalendarView } from './api.ts';
import { cleanName, cut, keyOf, limitOf, missing, taken } from './page.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const page = statement<{ after: string; limit: number }>()((db, p) =>
  db.selectFrom('calendar').selectAll().where('name', '>', p('after')).orderBy('name').limit(p('limit')),
);
const names = statement()((db) => db.selectFrom('calendar').select(['id', 'name']));
const byName = statement<{ name: string }>()((db, p) =>
  db.selectFrom('calendar').selectAll().where('name', '=', p('name')),
);
const byId = statement<{ id: string }>()((db, p) => db.selectFrom('calendar').selectAll().where('id', '=', p('id')));
type Values = { id: string; name: string; timezone: string; rules: string; holidays: string };
const insert = statement<Values>()((db, p) =>
  db.insertInto('calendar').values({
    id: p('id'),
    name: p('name'),
    timezone: p('timezone'),
    rules: p('rules'),
    holidays: p('holidays'),
  }),
);
const update = statement<Values>()((db, p) =>
  db
    .updateTable('calendar')
    .set({ name: p('name'), timezone: p('timezone'), rules: p('rules'), holidays: p('holidays') })
    .where('id', '=', p('id')),
);
const drop = statement<{ id: string }>()((db, p) => db.deleteFrom('calendar').where('id', '=', p('id')));

const view = (row: Values): CalendarView => ({
  id: row.id,
  name: row.name,
  timezone: row.timezone,
  rules: JSON.parse(row.rules) as Rule[],
  holidays: JSON.parse(row.holidays) as Rule[],
});

export async function listCalendars(ctx: Ctx, input: In<'listCalendars'>): Out<'listCalendars'> {
  const limit = limitOf(input);
  const found = cut(await ctx.tx.all(page, { after: input.cursor ?? '', limit: limit + 1 }), limit, (r) => r.name);
  return { calendars: found.rows.map(view), next: found.next };
}

export async function calendar(ctx: Ctx, input: In<'calendar'>): Out<'calendar'> {
  const row = await ctx.tx.first(byName, input);
  return row ? view(row) : null;
}

export async function createCalendar(ctx: Ctx, input: In<'createCalendar'>): Out<'createCalendar'> {
  const made = { ...input, id: newId(ctx.now), name: cleanName(input.name) };
  await check(ctx, made);
  await ctx.tx.run(insert, stored(made));
  return made;
}

export async function updateCalendar(ctx: Ctx, input: In<'updateCalendar'>): Out<'updateCalendar'> {
  const row = await ctx.tx.first(byId, { id: input.id });
  if (!row) throw missing(`calendar ${input.id}`);
  const made = { ...view(row), ...input };
  made.name = cleanName(made.name);
  await check(ctx, made);
  await ctx.tx.run(update, stored(made));
  return made;
}

export async function deleteCalendar(ctx: Ctx, input: In<'deleteCalendar'>): Out<'deleteCalendar'> {
  if ((await ctx.tx.run(drop, input)) === 0) throw missing(`calendar ${input.id}`);
  return null;
}

const stored = (c: CalendarView): Values => ({
  ...c,
  rules: JSON.stringify(c.rules),
  holidays: JSON.stringify(c.holidays),
});

/** @throws CoreError 409 `name_taken`, 422 `unknown_timezone`, `invalid_rule` that names it */
async function check(ctx: Ctx, made: CalendarView): Promise<void> {
  for (const row of await ctx.tx.all(names, {}))
    if (row.id !== made.id && keyOf(row.name) === keyOf(made.name))
      throw taken('name_taken', `a calendar ${row.name}`, 'name');
  if (made.timezone !== '' && !isTimeZone(made.timezone))
    throw new CoreError('unknown_timezone', 422, `"${made.timezone}" is not a time zone.`, [
      { field: 'timezone', message: 'must be one such as Europe/Rome' },
    ]);
  for (const part of ['rules', 'holidays'] as const)
    made[part].forEach((rule, i) => {
      const problem = problemOf(rule);
      if (problem === null) return;
      const field = `${part}.${i}`;
      throw new CoreError('invalid_rule', 422, `"${field}" ${problem}`, [{ field, message: problem }]);
    });
}

function problemOf({ from, to, dates }: Rule): string | null {
  if ((from === undefined) !== (to === undefined)) return 'has one end of the time without the other';
  const wrong = dates?.find((date) => !isDay(date));
  return wrong === undefined ? null : `names a day that does not exist: ${wrong}`;
}

/** Whether the calendar of the world has this day; `Date` makes the 30th of February one in March. */
function isDay(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}
