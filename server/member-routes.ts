/** Agents, accounts and queues, and who is a member where. */
import type { RowProblem } from '../core/administration/api.ts';
import type { Engine } from '../core/api.ts';
import { type CsvLine, checkLine, mustBeRight, preview, readLines } from './imports.ts';
import type { MaybeParsed } from './json.ts';
import { hashPassword } from './passwords.ts';
import { type Route, route } from './route.ts';
import type { Bodies } from './schemas.ts';

const CAPACITY = 5;

/** What the core is given: a hash in the place of the password. */
async function hashed<B extends { password?: string }>({ password, ...rest }: B) {
  return password === undefined ? rest : { ...rest, passwordHash: await hashPassword(password) };
}

export const memberRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/api/agents',
    summary: 'All agents, with the accounts and queues that name them',
    only: 'admin',
    query: 'page',
    answer: 'administeredAgents',
    async handle({ engine, query }) {
      return { json: await engine.run('listAgentOverviews', query) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/agents',
    summary: 'Make an agent',
    only: 'admin',
    body: 'addAgent',
    success: 201,
    answer: 'administeredAgent',
    refusals: [404, 409],
    async handle({ engine, body: { password, role = 'agent', capacity = CAPACITY, ...rest } }) {
      const passwordHash = await hashPassword(password);
      return { json: await engine.run('addAgent', { ...rest, role, capacity, passwordHash }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/agents/import',
    summary:
      'Make or change agents from CSV with the columns username, name, password, role, capacity, accounts (keys, separated by spaces); all lines or none',
    only: 'admin',
    takes: 'text/csv',
    answer: 'imported',
    refusals: [400, 413, 415, 422],
    async handle({ req, engine }) {
      const { agents, problems } = await agentsIn(req, engine);
      // Hashing takes a while: not before it is known that the lines can be taken.
      const checked = await engine.run('checkAgents', { agents: agents.map(unhashed) });
      mustBeRight([...problems, ...checked.problems]);
      const all = [];
      for (const agent of agents) all.push(await hashed(agent));
      return { json: await engine.run('importAgents', { agents: all }) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/agents/import/preview',
    summary: 'What an import of agents would do, and all that is wrong with it, line by line; nothing is changed',
    only: 'admin',
    takes: 'text/csv',
    answer: 'importPreview',
    refusals: [400, 413, 415],
    async handle({ req, engine }) {
      const { lines, agents, problems } = await agentsIn(req, engine);
      const checked = await engine.run('checkAgents', { agents: agents.map(unhashed) });
      const shown = lines.map(({ row, values: { username = '', name = '' } }) => ({ row, key: username, name }));
      return { json: preview(shown, checked.lines, [...problems, ...checked.problems]) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/agents/:username',
    summary: 'One agent',
    only: 'admin',
    answer: 'administeredAgent',
    refusals: [404],
    async handle({ engine, params }) {
      return { json: await engine.run('agentOverview', { username: params.username! }) };
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/agents/:username',
    summary: 'Change an agent. Another password ends their sessions; disabling hands back what they have',
    only: 'admin',
    body: 'changeAgent',
    answer: 'administeredAgent',
    refusals: [404, 409],
    async handle({ engine, params, body }) {
      return { json: await engine.run('changeAgent', { ...(await hashed(body)), username: params.username! }) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/agents/:username',
    summary: 'Delete an agent; what they have is handed back, history keeps the name',
    only: 'admin',
    body: 'nothing',
    success: 204,
    refusals: [404, 409],
    async handle({ engine, params }) {
      await engine.run('removeAgent', { username: params.username! });
      return {};
    },
  }),
  route({
    method: 'GET',
    path: '/api/accounts',
    summary: 'All accounts, also those whose node is gone, with their health',
    only: 'admin',
    query: 'page',
    answer: 'administeredAccounts',
    async handle({ engine, query }) {
      return { json: await engine.run('listAccounts', query) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/accounts/:id',
    summary: 'One account',
    only: 'admin',
    answer: 'administeredAccount',
    refusals: [404],
    async handle({ engine, params }) {
      return { json: await engine.run('accountOverview', { id: params.id! }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/accounts/:id/receive-url',
    summary: 'The Receive URL that the provider is told',
    only: 'admin',
    answer: 'receiveUrl',
    refusals: [404],
    async handle({ engine, flows, params }) {
      const { id, proxyToken, nodeId } = await engine.run('accountStatus', { idOrNode: params.id! });
      return { json: { receiveUrl: flows.receiveUrl({ id, proxyToken, nodeId }) } };
    },
  }),
  route({
    method: 'POST',
    path: '/api/accounts/:id/test',
    summary: 'What can be known of an account without sending anything',
    only: 'admin',
    body: 'nothing',
    answer: 'accountTest',
    refusals: [404, 503],
    async handle({ flows, params }) {
      return { json: await flows.testAccount(params.id!) };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/accounts/:id/agents',
    summary: 'All agents that the administration adds to an account, beside those of the flow; at once effective',
    only: 'admin',
    body: 'members',
    answer: 'members',
    refusals: [404, 422],
    async handle({ engine, params, body }) {
      return { json: await engine.run('setMembers', { kind: 'account', target: params.id!, ...body }) };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/accounts/:id/canned-answers',
    summary:
      'All canned answers that the administration adds to an account; one with a shortcut of the flow replaces that',
    only: 'admin',
    body: 'cannedAnswers',
    answer: 'accountAnswers',
    refusals: [404, 409],
    async handle({ engine, params, body }) {
      return { json: await engine.run('setCannedAnswers', { account: params.id!, ...body }) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/queues',
    summary: 'All queues, also those whose node is gone',
    only: 'admin',
    query: 'page',
    answer: 'administeredQueues',
    async handle({ engine, query }) {
      return { json: await engine.run('listQueues', query) };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/queues/:id/agents',
    summary:
      'All agents that the administration adds to a queue (id or name), beside those of the flow; at once effective',
    only: 'admin',
    body: 'members',
    answer: 'members',
    refusals: [404, 422],
    async handle({ engine, params, body }) {
      return { json: await engine.run('setMembers', { kind: 'queue', target: params.id!, ...body }) };
    },
  }),
];

const COLUMNS = ['username', 'name', 'password', 'role', 'capacity', 'accounts'] as const;
type Line = CsvLine<(typeof COLUMNS)[number]>;
type Agent = Bodies['importedAgent'] & { row: number };

/** For a check, which only asks whether there is a password. */
const unhashed = ({ password, ...rest }: Agent) => (password === undefined ? rest : { ...rest, passwordHash: '-' });

/** The agents that the lines of a body say, without those in which something is wrong. */
async function agentsIn(req: MaybeParsed, engine: Engine) {
  const { lines, problems } = await readLines(req, COLUMNS, ['username']);
  const keys = await accountKeys(engine);
  const agents: Agent[] = [];
  for (const line of lines) {
    const agent = await checkLine('importedAgent', line.row, given(line, keys, problems), problems);
    if (agent) agents.push({ ...agent, row: line.row });
  }
  return { lines, agents, problems };
}

/** A line as a body says it. */
function given({ row, values }: Line, keys: ReadonlyMap<string, string>, problems: RowProblem[]): object {
  const { capacity, accounts, ...texts } = values;
  const found: string[] = [];
  for (const key of accounts?.split(/[\s;,]+/).filter(Boolean) ?? []) {
    const id = keys.get(key.toLowerCase());
    if (id !== undefined) found.push(id);
    else {
      const message = `there is no account ${key}`;
      problems.push({ row, column: 'accounts', code: 'unknown_account', message, value: key });
    }
  }
  return {
    ...texts,
    ...(capacity !== undefined && { capacity: Number(capacity) }),
    ...(accounts !== undefined && { accounts: [...new Set(found)] }),
  };
}

async function accountKeys(engine: Engine): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  let cursor: string | undefined;
  do {
    const page = await engine.run('listAccounts', cursor === undefined ? {} : { cursor });
    for (const { id, key, deployed } of page.accounts) if (deployed || !keys.has(key)) keys.set(key.toLowerCase(), id);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return keys;
}
