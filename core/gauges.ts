import { statement } from '../store/store.ts';
import type { Commands } from './api.ts';
import { type Ctx, lit } from './context.ts';
import { queuesView } from './queue-load.ts';

const numbers = statement()((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('agent')
      .select((c) => c.fn.countAll<number>().as('n'))
      .where('connections', '>', lit(0))
      .as('connected'),
    eb
      .selectFrom('agent')
      .select((c) => c.fn.countAll<number>().as('n'))
      .where('ready', '=', lit(1))
      .as('ready'),
    eb
      .selectFrom('offer')
      .select((c) => c.fn.countAll<number>().as('n'))
      .where('state', '=', lit('ringing'))
      .as('ringing'),
    eb
      .selectFrom('handover')
      .select((c) => c.fn.countAll<number>().as('n'))
      .as('handovers'),
    eb
      .selectFrom('runtime')
      .select((c) => c.fn.countAll<number>().as('n'))
      .as('runtimes'),
  ]),
);
const outgoing = statement()((db) =>
  db
    .selectFrom('outgoing')
    .select((eb) => ['state', eb.fn.countAll<number>().as('n')])
    .groupBy('state'),
);

/** How things stand, for `/whatsapp/metrics`. */
export async function gauges(ctx: Ctx): Promise<Commands['gauges'][1]> {
  const row = await ctx.tx.first(numbers, {});
  const sends = new Map((await ctx.tx.all(outgoing, {})).map(({ state, n }) => [state, Number(n)]));
  // As a supervisor sees them: all.
  const queues = await queuesView(ctx, { username: '', role: 'supervisor' });
  return {
    queues,
    connected: Number(row?.connected ?? 0),
    ready: Number(row?.ready ?? 0),
    ringing: Number(row?.ringing ?? 0),
    handovers: Number(row?.handovers ?? 0),
    runtimes: Math.max(1, Number(row?.runtimes ?? 0)),
    queued: sends.get('queued') ?? 0,
    sending: sends.get('sending') ?? 0,
  };
}
