/** Agents, accounts and queues, and who is a member where. */
import type { Engine } from '../core/api.ts';
import { type ImportLine, readLines } from './imports.ts';
import { ApiError } from './json.ts';
import { hashPassword } from './passwords.ts';
import { type Route, route } from './route.ts';
import type { Bodies } from './schemas.ts';
import { checkBody } from './validation.ts';

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
      const lines = await readLines(req, COLUMNS, ['username']);
      return { json: await engine.run('importAgents', { agents: await agentsOf(engine, lines) }) };
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
type Line = ImportLine<(typeof COLUMNS)[number]>;

/** Every line is checked before the first password is hashed, which takes a while. */
async function agentsOf(engine: Engine, lines: Line[]) {
  const keys = await accountKeys(engine);
  const checked: { row: number; agent: Bodies['importedAgent'] }[] = [];
  for (const { row, values } of lines) {
    const { capacity, accounts, ...texts } = values;
    const given: Record<string, unknown> = { ...texts };
    if (capacity !== undefined) given.capacity = Number(capacity);
    if (accounts !== undefined)
      given.accounts = accounts.split(/[\s;,]+/).map((key) => {
        const found = keys.get(key.toLowerCase());
        if (found === undefined) throw wrong(row, `there is no account ${key}`);
        return found;
      });
    try {
      checked.push({ row, agent: await checkBody('importedAgent', given) });
    } catch (error) {
      if (error instanceof ApiError) throw wrong(row, error.message);
      throw error;
    }
  }
  const agents = [];
  for (const { row, agent } of checked) agents.push({ row, ...(await hashed(agent)) });
  return agents;
}

const wrong = (row: number, message: string) =>
  new ApiError(422, 'invalid_row', `Line ${row}: ${message}`, [{ row, message }]);

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
