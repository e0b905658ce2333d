/** Templates of accounts as their providers listed them last, and what is sent of one. */
import { fillTemplate, missingVariables, type Template, type TemplateUse } from '../providers/provider.ts';
import { statement } from '../store/store.ts';
import { getAgent } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { findAccount } from './build-views.ts';
import type { Ctx } from './context.ts';
import { isSupervisor } from './roles.ts';
import { isMember } from './routing/eligible.ts';
import { isoOrNull } from './time.ts';

const listOf = statement<{ account: string }>()((db, p) =>
  db.selectFrom('template_list').selectAll().where('account_id', '=', p('account')),
);
const templatesOf = statement<{ account: string }>()((db, p) =>
  db.selectFrom('template').select('data').where('account_id', '=', p('account')).orderBy('name').orderBy('id'),
);
const byId = statement<{ account: string; id: string }>()((db, p) =>
  db.selectFrom('template').select('data').where('account_id', '=', p('account')).where('id', '=', p('id')),
);
const byName = statement<{ account: string; name: string }>()((db, p) =>
  db
    .selectFrom('template')
    .select('data')
    .where('account_id', '=', p('account'))
    .where('name', '=', p('name'))
    .orderBy('id'),
);
const dropAll = statement<{ account: string }>()((db, p) =>
  db.deleteFrom('template').where('account_id', '=', p('account')),
);
const insert = statement<{ account: string; id: string; name: string; data: string }>()((db, p) =>
  db
    .insertInto('template')
    .values({ account_id: p('account'), id: p('id'), name: p('name'), data: p('data') })
    .onConflict((c) => c.doNothing()),
);
const noteList = statement<{ account: string; at: number | null; error: string | null }>()((db, p) =>
  db
    .insertInto('template_list')
    .values({ account_id: p('account'), listed_at: p('at'), error: p('error') })
    .onConflict((c) => c.column('account_id').doUpdateSet({ listed_at: p('at'), error: p('error') })),
);

/** Replaces what is known. A list that could not be had leaves the last one as it is, with the reason beside it. */
export async function storeTemplates(ctx: Ctx, input: Commands['storeTemplates'][0]): Promise<null> {
  const { account, templates: listed, error } = input;
  if (listed === null) {
    const known = await ctx.tx.first(listOf, { account });
    await ctx.tx.run(noteList, { account, at: known?.listed_at ?? null, error });
    return null;
  }
  await ctx.tx.run(dropAll, { account });
  for (const template of listed)
    await ctx.tx.run(insert, { account, id: template.id, name: template.name, data: JSON.stringify(template) });
  await ctx.tx.run(noteList, { account, at: ctx.now, error: null });
  return null;
}

export async function templates(ctx: Ctx, input: Commands['templates'][0]): Promise<Commands['templates'][1]> {
  const account = await findAccount(ctx, input.account);
  if (!account) throw new CoreError('not_found', 404, `There is no account ${input.account}.`);
  if (input.username !== null) {
    const agent = await getAgent(ctx, input.username);
    if (!isSupervisor(agent) && !(await isMember(ctx, 'account', account.id, agent.username)))
      throw new CoreError('forbidden', 403, 'You are not an agent of this account.');
  }
  const list = await ctx.tx.first(listOf, { account: account.id });
  const rows = await ctx.tx.all(templatesOf, { account: account.id });
  return {
    templates: rows.map(({ data }) => JSON.parse(data) as Template),
    listedAt: isoOrNull(list?.listed_at ?? null),
    error: list?.error ?? null,
  };
}

const refuse = (code: string, message: string, details?: unknown): never => {
  throw new CoreError(code, 422, message, details);
};

/** By id, or by a name that only one has; of several languages the approved one. */
async function find(ctx: Ctx, account: string, wanted: string): Promise<Template> {
  const row = await ctx.tx.first(byId, { account, id: wanted });
  if (row) return JSON.parse(row.data) as Template;
  const named = (await ctx.tx.all(byName, { account, name: wanted })).map(({ data }) => JSON.parse(data) as Template);
  const approved = named.filter(({ state }) => state === 'approved');
  const found = named.length === 1 ? named[0] : approved.length === 1 ? approved[0] : undefined;
  if (found) return found;
  if (named.length > 1) {
    const ids = named.map(({ id }) => id);
    return refuse('template_unknown', `There are several templates ${wanted}: choose one of ${ids.join(', ')}.`, {
      ids,
    });
  }
  return refuse('template_unknown', `The account has no template ${wanted}.`);
}

const WHY: Partial<Record<Template['state'], string>> = {
  pending: 'is not approved yet',
  rejected: 'was rejected',
  paused: 'is paused by WhatsApp',
  disabled: 'was disabled',
};

/**
 * What a message that uses a template says and carries.
 * @throws CoreError 422 `template_unknown`, `template_pending`, `template_rejected`, `template_paused`, `template_disabled`,
 *   `template_unsupported`, `template_variables` (`details.missing` names them), 409 `window_closed` for one that needs no approval
 */
export async function useTemplate(
  ctx: Ctx,
  account: string,
  chosen: { id: string; variables?: Record<string, string> },
  windowOpen: boolean,
): Promise<{ text: string; content: { template: TemplateUse } }> {
  const template = await find(ctx, account, chosen.id);
  const { id, name, language, state, reason, unsupported } = template;
  const why = WHY[state];
  if (why) refuse(`template_${state}`, `The template ${name} ${why}${reason ? `: ${reason}` : ''}.`);
  if (unsupported)
    refuse('template_unsupported', `The template ${name} has ${unsupported}, which cannot be filled in here.`);
  if (state === 'session' && !windowOpen)
    throw new CoreError(
      'window_closed',
      409,
      `The template ${name} was never approved by WhatsApp, and the 24-hour window is closed.`,
    );
  const given = chosen.variables ?? {};
  const missing = missingVariables(template, given);
  if (missing.length > 0)
    refuse('template_variables', `The template ${name} needs a value for ${missing.join(', ')}.`, { missing });
  const unknown = Object.keys(given).filter((key) => !template.variables.includes(key));
  if (unknown.length > 0)
    refuse('template_variables', `The template ${name} has no variable ${unknown.join(', ')}.`, { unknown });
  const variables = Object.fromEntries(template.variables.map((key) => [key, given[key]!]));
  return { text: fillTemplate(template, variables), content: { template: { id, name, language, variables } } };
}

/**
 * The template that stands in for a text which may not be sent any more: the text goes into its only variable, in one line as WhatsApp
 * demands, or is left out if it has none.
 */
export async function insteadOf(ctx: Ctx, account: string, id: string, text: string) {
  const { variables } = await find(ctx, account, id);
  const line = text.replace(/\s+/g, ' ').trim();
  const given = variables.length === 1 ? { [variables[0]!]: line } : {};
  return useTemplate(ctx, account, { id, variables: given }, false);
}
