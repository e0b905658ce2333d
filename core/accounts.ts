import { randomBytes } from 'node:crypto';
import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { type AccountConfig, type Commands, CoreError, type QueueConfig } from './api.ts';
import { deployedElsewhere, noteNodes } from './cluster/nodes.ts';
import { audit, type Ctx } from './context.ts';
import { dropCursors } from './events/follow.ts';
import { dropOrphanedSteps, rewireSteps } from './plan/orphans.ts';
import { leaveQueue, rematchAccount, rematchQueue } from './routing/members.ts';
import { armSilence } from './silence.ts';
import { isoOrNull } from './time.ts';
import { dropOrphanedWatches } from './watches.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const all = statement()((db) => db.selectFrom('account').selectAll().orderBy('id'));
const byNumber = statement<{ provider: string; phone: string }>()((db, p) =>
  db.selectFrom('account').selectAll().where('provider', '=', p('provider')).where('phone', '=', p('phone')),
);
const insert = statement<{
  id: string;
  node: string;
  provider: string;
  phone: string;
  key: string;
  name: string;
  list: string;
  token: string;
  config: string;
}>()((db, p) =>
  db.insertInto('account').values({
    id: p('id'),
    node_id: p('node'),
    provider: p('provider'),
    phone: p('phone'),
    key: p('key'),
    name: p('name'),
    list_id: p('list'),
    proxy_token: p('token'),
    config: p('config'),
  }),
);
const update = statement<{
  id: string;
  node: string;
  provider: string;
  phone: string;
  key: string;
  name: string;
  list: string;
  config: string;
}>()((db, p) =>
  db
    .updateTable('account')
    .set({
      node_id: p('node'),
      provider: p('provider'),
      phone: p('phone'),
      key: p('key'),
      name: p('name'),
      list_id: p('list'),
      config: p('config'),
      removed_at: null,
    })
    .where('id', '=', p('id')),
);
const remove = statement<{ id: string; now: number }>()((db, p) =>
  db
    .updateTable('account')
    .set({ node_id: null, removed_at: p('now') })
    .where('id', '=', p('id')),
);

const listByName = statement<{ name: string }>()((db, p) =>
  db.selectFrom('list').selectAll().where('name', '=', p('name')),
);
const insertList = statement<{ id: string; name: string }>()((db, p) =>
  db.insertInto('list').values({ id: p('id'), name: p('name') }),
);

/** The list of that name, created if unknown. */
export async function listId(ctx: Ctx, name: string): Promise<string> {
  const found = await ctx.tx.first(listByName, { name });
  if (found) return found.id;
  const id = newId(ctx.now);
  await ctx.tx.run(insertList, { id, name });
  return id;
}

const flowMembers = statement<{ kind: 'account' | 'queue'; target: string }>()((db, p) =>
  db
    .selectFrom('member')
    .select('username')
    .where('kind', '=', p('kind'))
    .where('target', '=', p('target'))
    .where('source', '=', 'flow')
    .orderBy('username'),
);
const dropMember = statement<{ kind: 'account' | 'queue'; target: string; username: string }>()((db, p) =>
  db
    .deleteFrom('member')
    .where('kind', '=', p('kind'))
    .where('target', '=', p('target'))
    .where('username', '=', p('username'))
    .where('source', '=', 'flow'),
);
const addMember = statement<{ kind: 'account' | 'queue'; target: string; username: string }>()((db, p) =>
  db.insertInto('member').values({ kind: p('kind'), target: p('target'), username: p('username'), source: 'flow' }),
);

/** Brings the members "from the flow" to what the node says; those of the administration stay. */
async function syncMembers(ctx: Ctx, kind: 'account' | 'queue', target: string, agents: string[]): Promise<boolean> {
  const wanted = new Set(agents);
  let changed = false;
  for (const { username } of await ctx.tx.all(flowMembers, { kind, target })) {
    if (wanted.delete(username)) continue;
    await ctx.tx.run(dropMember, { kind, target, username });
    changed = true;
  }
  for (const username of wanted) {
    await ctx.tx.run(addMember, { kind, target, username });
    changed = true;
  }
  return changed;
}

type Answer = Commands['syncConfig'][1]['accounts'];

/**
 * Takes over the deployed accounts and queues. An account's identity is its provider and phone: a node with the number of an
 * earlier account takes over its id, its proxy token and its data. A second live node with a used key or number is refused.
 */
export async function syncConfig(ctx: Ctx, input: In<'syncConfig'>): Out<'syncConfig'> {
  const answer: Answer = {};
  const rows = await ctx.tx.all(all, {});
  // Who has an account keeps it, wherever it stands in the flow file: a second import must not take it away.
  const holders = new Set(rows.map((r) => r.node_id));
  const byAge = [...input.accounts].sort((a, b) => Number(holders.has(b.nodeId)) - Number(holders.has(a.nodeId)));
  const accounts = accept(byAge, answer);
  const live = new Set<string>();
  const changed: string[] = [];
  for (const a of accounts) {
    const list = await listId(ctx, a.list || 'Default');
    const config = JSON.stringify(a);
    // The number first: it is the identity. Else the node's own account, whose number was changed.
    const row =
      (await ctx.tx.first(byNumber, { provider: a.provider, phone: a.phone })) ??
      rows.find((r) => r.node_id === a.nodeId && !live.has(r.id));
    const values = { node: a.nodeId, provider: a.provider, phone: a.phone, key: a.key, name: a.name, list, config };
    const id = row?.id ?? newId(ctx.now);
    const token = row?.proxy_token ?? randomBytes(24).toString('base64url');
    if (!row) await ctx.tx.run(insert, { id, token, ...values });
    else if (row.config !== config || row.node_id !== a.nodeId || row.removed_at !== null)
      await ctx.tx.run(update, { id, ...values });
    live.add(id);
    await armSilence(ctx, id, a.autoCloseHours);
    if ((await syncMembers(ctx, 'account', id, a.agents)) && row) changed.push(id);
    answer[a.nodeId] = { id, proxyToken: token };
  }
  const elsewhere = await deployedElsewhere(ctx);
  for (const row of rows) {
    if (live.has(row.id) || row.removed_at !== null) continue;
    // A runtime that still has the flow before this one, or the one after it.
    if (row.node_id !== null && elsewhere.has(row.node_id)) continue;
    await ctx.tx.run(remove, { id: row.id, now: ctx.now });
    await armSilence(ctx, row.id, 0);
  }
  ctx.accounts.clear();
  await syncQueues(ctx, input.queues, elsewhere);
  for (const id of changed) await rematchAccount(ctx, id);
  if (input.wired) await rewireSteps(ctx, input.wired);
  if (input.nodes && ctx.settings.runtime !== undefined) await noteNodes(ctx, ctx.settings.runtime, input.nodes);
  else if (input.nodes) {
    const nodes = new Set(input.nodes);
    await dropOrphanedSteps(ctx, nodes);
    await dropOrphanedWatches(ctx, nodes);
    await dropCursors(ctx, nodes);
  }
  return { accounts: answer };
}

/** Sorts out the nodes that must not start: the first one in the list with a key or a number keeps it. */
function accept(accounts: AccountConfig[], answer: Answer): AccountConfig[] {
  const keys = new Map<string, AccountConfig>();
  const numbers = new Map<string, AccountConfig>();
  const accepted: AccountConfig[] = [];
  for (const a of accounts) {
    const key = a.key.toLowerCase();
    const number = `${a.provider} ${a.phone}`;
    const sameNumber = numbers.get(number);
    const sameKey = keys.get(key);
    if (sameNumber) {
      const message = `The number ${a.phone} is used by the account "${sameNumber.name}" already.`;
      answer[a.nodeId] = { error: { code: 'phone_taken', message } };
    } else if (sameKey) {
      const message = `The key ${a.key} is used by the account "${sameKey.name}" already.`;
      answer[a.nodeId] = { error: { code: 'key_taken', message } };
    } else {
      keys.set(key, a);
      numbers.set(number, a);
      accepted.push(a);
    }
  }
  return accepted;
}

const allQueues = statement()((db) => db.selectFrom('queue').selectAll());
const insertQueue = statement<{ id: string; name: string; strategy: string; timeout: number; weight: number }>()(
  (db, p) =>
    db.insertInto('queue').values({
      id: p('id'),
      name: p('name'),
      strategy: p('strategy'),
      agent_timeout: p('timeout'),
      weight: p('weight'),
    }),
);
const updateQueue = statement<{ id: string; name: string; strategy: string; timeout: number; weight: number }>()(
  (db, p) =>
    db
      .updateTable('queue')
      .set({
        name: p('name'),
        strategy: p('strategy'),
        agent_timeout: p('timeout'),
        weight: p('weight'),
        removed_at: null,
      })
      .where('id', '=', p('id')),
);
const removeQueue = statement<{ id: string; now: number }>()((db, p) =>
  db
    .updateTable('queue')
    .set({ removed_at: p('now') })
    .where('id', '=', p('id')),
);

async function syncQueues(ctx: Ctx, queues: QueueConfig[], elsewhere: ReadonlySet<string>): Promise<void> {
  const rows = new Map((await ctx.tx.all(allQueues, {})).map((r) => [r.id, r]));
  for (const q of queues) {
    const row = rows.get(q.nodeId);
    const values = { id: q.nodeId, name: q.name, strategy: q.strategy, timeout: q.agentTimeout, weight: q.weight };
    if (row) await ctx.tx.run(updateQueue, values);
    else await ctx.tx.run(insertQueue, values);
    rows.delete(q.nodeId);
    const changed = await syncMembers(ctx, 'queue', q.nodeId, q.agents);
    if (row && changed) await rematchQueue(ctx, q.nodeId);
  }
  for (const row of rows.values()) {
    if (row.removed_at !== null || elsewhere.has(row.id)) continue;
    await ctx.tx.run(removeQueue, { id: row.id, now: ctx.now });
    await leaveQueue(ctx, row.id);
  }
}

export async function knownAccounts(ctx: Ctx): Out<'knownAccounts'> {
  const rows = await ctx.tx.all(all, {});
  return rows.map((r) => ({
    id: r.id,
    provider: r.provider as AccountConfig['provider'],
    phone: r.phone,
    key: r.key,
    proxyToken: r.proxy_token,
    nodeId: r.node_id,
  }));
}

const byIdOrNode = statement<{ id: string }>()((db, p) =>
  db
    .selectFrom('account')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', p('id')), eb('node_id', '=', p('id'))])),
);

export async function accountStatus(ctx: Ctx, input: In<'accountStatus'>): Out<'accountStatus'> {
  const row = await ctx.tx.first(byIdOrNode, { id: input.idOrNode });
  if (!row) throw new CoreError('not_found', 404, 'This account was not deployed yet.');
  return {
    id: row.id,
    proxyToken: row.proxy_token,
    nodeId: row.node_id,
    lastInboundAt: isoOrNull(row.last_inbound_at),
    lastError: row.last_error,
  };
}

const setError = statement<{ id: string; error: string | null }>()((db, p) =>
  db
    .updateTable('account')
    .set({ last_error: p('error') })
    .where('id', '=', p('id')),
);

export async function accountError(ctx: Ctx, input: In<'accountError'>): Out<'accountError'> {
  await ctx.tx.run(setError, { id: input.account, error: input.error });
  ctx.accounts.delete(input.account);
  if (input.error)
    await audit(ctx, 'account-error', 'system', { account: input.account, data: { error: input.error } });
  return null;
}
