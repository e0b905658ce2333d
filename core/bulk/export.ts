import { statement } from '../../store/store.ts';
import type { Commands } from '../api.ts';
import { contactView, findAccount, nameOfQueue } from '../build-views.ts';
import { audit, type Ctx, lit } from '../context.ts';
import { findInteraction, type InteractionRow } from '../interactions.ts';
import type { ExportColumn, ExportRow } from './api.ts';

type Value = string | number | null;

const countOf = statement<{ interaction: string }>()((db, p) =>
  db
    .selectFrom('message')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('interaction_id', '=', p('interaction')),
);
/** The first answer of a person: not of the flow. */
const firstAnswer = statement<{ interaction: string }>()((db, p) =>
  db
    .selectFrom('message')
    .select('at')
    .where('interaction_id', '=', p('interaction'))
    .where('direction', '=', lit('out'))
    .where('author', '<>', lit('system'))
    .orderBy('id')
    .limit(1),
);

const seconds = (from: number, to: number): number => Math.max(0, Math.floor((to - from) / 1000));
const list = (json: string): string[] => JSON.parse(json) as string[];
const orNull = (at: number | null): number | null => (at === null ? null : Number(at));

/** What a column holds, as searches understand the field. */
const VALUES: Record<ExportColumn, (ctx: Ctx, ix: InteractionRow) => Value | Promise<Value>> = {
  id: (_, ix) => ix.id,
  status: (_, ix) => ix.status,
  read: (_, ix) => (ix.unread === 0 ? 'true' : 'false'),
  account: async (ctx, ix) => (await findAccount(ctx, ix.account_id))?.key ?? '',
  accountName: async (ctx, ix) => (await findAccount(ctx, ix.account_id))?.name ?? '',
  'contact.name': async (ctx, ix) => (await contactView(ctx, ix.contact_id, ix.address)).name,
  'contact.address': (_, ix) => ix.address,
  'contact.list': async (ctx, ix) => (await contactView(ctx, ix.contact_id, ix.address)).list,
  agent: (_, ix) => ix.agent,
  queue: (ctx, ix) => nameOfQueue(ctx, ix.queue_id),
  tags: (_, ix) => list(ix.tags).join(', '),
  disposition: (_, ix) => list(ix.disposition).join(' › '),
  startedAt: (_, ix) => Number(ix.started_at),
  closedAt: (_, ix) => orNull(ix.closed_at),
  closedBy: (_, ix) => ix.closed_by,
  lastMessageAt: (_, ix) => orNull(ix.last_message_at),
  unansweredSince: (_, ix) => orNull(ix.unanswered_since),
  lastMessage: (_, ix) => ix.last_message_text,
  waitSeconds: (ctx, ix) => seconds(ix.started_at, ix.first_assigned_at ?? ix.closed_at ?? ctx.now),
  firstResponseSeconds: async (ctx, ix) => {
    const first = await ctx.tx.first(firstAnswer, { interaction: ix.id });
    return first ? seconds(ix.started_at, Number(first.at)) : null;
  },
  handleSeconds: (ctx, ix) =>
    ix.first_assigned_at === null ? null : seconds(ix.first_assigned_at, ix.closed_at ?? ctx.now),
  messages: async (ctx, ix) => Number((await ctx.tx.first(countOf, { interaction: ix.id }))?.n ?? 0),
  note: (_, ix) => ix.note,
};

export async function exportRows(ctx: Ctx, input: Commands['exportRows'][0]): Promise<Commands['exportRows'][1]> {
  const rows: ExportRow[] = [];
  for (const id of input.ids) {
    const ix = await findInteraction(ctx, id);
    if (!ix) continue;
    const row: ExportRow = [];
    for (const column of input.columns) row.push(await VALUES[column](ctx, ix));
    rows.push(row);
  }
  return { rows };
}

export async function noteInteractionsExport(
  ctx: Ctx,
  { username, count, columns }: Commands['noteInteractionsExport'][0],
): Promise<null> {
  await audit(ctx, 'exported', username, { data: { what: 'interactions', interactions: count, columns } });
  return null;
}
