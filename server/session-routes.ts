/** Logging in and out, the password, and who am I. */
import type { IncomingMessage } from 'node:http';
import type { AgentView } from '../core/views.ts';
import { ApiError } from './json.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { publicRoute, type Route, route } from './route.ts';

const whoIs = ({ username, name, role }: AgentView) => ({ agent: { username, name, role } });

/** The caller's address as the app knows it: Express's `trust proxy` setting decides whether X-Forwarded-For counts. */
const addressOf = (req: IncomingMessage) => (req as { ip?: string }).ip ?? req.socket.remoteAddress ?? 'unknown';

export const sessionRoutes: Route[] = [
  publicRoute({
    method: 'POST',
    path: '/api/session',
    summary: 'Log in',
    body: 'login',
    answer: 'agent',
    refusals: [401, 429],
    async handle({ req, body, engine, sessions, logins }) {
      const address = addressOf(req);
      await logins.attempt(body.username, address);
      const agent = await engine.run('agentRecord', { username: body.username });
      const right = await verifyPassword(body.password, agent?.passwordHash ?? null);
      // One answer for an unknown user and a wrong password: it must not tell which usernames exist.
      if (!agent || !right) throw new ApiError(401, 'wrong_credentials', 'The username or the password is wrong');
      if (agent.disabled) throw new ApiError(403, 'agent_disabled', 'This agent is disabled');
      await logins.succeeded(body.username, address);
      const cookie = await sessions.open(req, agent.username);
      return { json: whoIs(agent), headers: { 'Set-Cookie': cookie } };
    },
  }),
  route({
    method: 'GET',
    path: '/api/session',
    summary: 'Who am I',
    answer: 'agent',
    async handle({ session }) {
      return { json: whoIs(session.agent) };
    },
  }),
  publicRoute({
    method: 'DELETE',
    path: '/api/session',
    summary: 'Log out: the tabs close, the agent goes offline. Without a session nothing is left to do',
    query: 'leave',
    success: 204,
    async handle({ req, engine, sessions, hub, query }) {
      const session = await sessions.find(req);
      if (session) {
        await sessions.end(session);
        hub.endSession(session.tokenHash);
        await engine.run('leave', { username: session.agent.username, ...query });
      }
      return { headers: { 'Set-Cookie': sessions.forget(req) } };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/session/password',
    summary: 'Change the own password; the session goes on with a new cookie',
    body: 'changePassword',
    success: 204,
    refusals: [403, 429],
    async handle({ req, body, engine, sessions, logins, session }) {
      const { username } = session.agent;
      const address = addressOf(req);
      // A stolen session must not become a way to guess the password.
      await logins.attempt(username, address);
      const agent = await engine.run('agentRecord', { username });
      const right = await verifyPassword(body.current, agent?.passwordHash ?? null);
      if (!agent || !right) throw new ApiError(403, 'wrong_password', 'The current password is wrong');
      await logins.succeeded(username, address);
      await engine.run('updateAgent', { username, passwordHash: await hashPassword(body.password) });
      const cookie = await sessions.open(req, username);
      // Its events stream goes on; the token that an onlooker may have is worth nothing any more.
      await sessions.end(session);
      return { headers: { 'Set-Cookie': cookie } };
    },
  }),
];
