/** Agents from a file: looked at as a whole, then made and changed as a whole. */
import { statement } from '../../store/store.ts';
import { createAgent, updateAgent } from '../agent-admin.ts';
import { findAgent } from '../agents.ts';
import type { Commands } from '../api.ts';
import { type Ctx, lit } from '../context.ts';
import { setMemberships } from './agents.ts';
import type { RowProblem } from './api.ts';
import { invalidRows } from './rows.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

/** What a new agent has if the line does not say it. */
const NEW = { role: 'agent', capacity: 5 } as const;

const admins = statement()((db) =>
  db
    .selectFrom('agent')
    .select('username')
    .where('role', '=', lit('admin'))
    .where('disabled', '=', 0)
    .where('deleted_at', 'is', null),
);

/** Those who can administer when all lines are taken. */
async function adminsAfter(ctx: Ctx, agents: In<'checkAgents'>['agents']): Promise<Set<string>> {
  const left = new Set((await ctx.tx.all(admins, {})).map((row) => row.username));
  for (const { username, role } of agents) {
    if (role === undefined) continue;
    if (role !== 'admin') left.delete(username);
    else if (!(await findAgent(ctx, username))?.disabled) left.add(username);
  }
  return left;
}

export async function checkAgents(ctx: Ctx, { agents }: In<'checkAgents'>): Out<'checkAgents'> {
  const problems: RowProblem[] = [];
  const firsts = new Map<string, number>();
  const lines = [];
  for (const { row, username, passwordHash } of agents) {
    const first = firsts.get(username);
    const made = first === undefined && !(await findAgent(ctx, username));
    if (first !== undefined) {
      const message = `${username} stands in line ${first} already`;
      problems.push({ row, column: 'username', code: 'given_twice', message });
    } else {
      firsts.set(username, row);
      if (made && passwordHash === undefined)
        problems.push({ row, column: 'password', code: 'password_missing', message: 'A new agent needs a password' });
    }
    lines.push({ row, made });
  }
  const demoted = agents.filter(({ role }) => role !== undefined && role !== 'admin').at(-1);
  if (demoted && (await adminsAfter(ctx, agents)).size === 0 && (await ctx.tx.all(admins, {})).length > 0)
    problems.push({ row: demoted.row, column: 'role', code: 'last_admin', message: 'No administrator would be left' });
  return { lines, problems };
}

/** @throws CoreError 422 `invalid_row` with every problem in its details; nothing is imported then */
export async function importAgents(ctx: Ctx, input: In<'importAgents'>): Out<'importAgents'> {
  const { problems } = await checkAgents(ctx, input);
  if (problems.length > 0) throw invalidRows(problems);
  let created = 0;
  for (const { row: _, ...agent } of input.agents) {
    const { accounts: _a, queues: _q, ...change } = agent;
    if (await findAgent(ctx, agent.username)) await updateAgent(ctx, change);
    else {
      // That there is one was checked above.
      await createAgent(ctx, { name: agent.username, ...NEW, ...change, passwordHash: change.passwordHash! });
      created++;
    }
    await setMemberships(ctx, agent);
  }
  return { created, updated: input.agents.length - created };
}
