/** Makes the running Node-RED and the simulator know each other, over the same interfaces that users have. */
import type { NodeRed } from './node-red-process.ts';
import type { DemoAgent } from './state.ts';

/** Resolves when the pack answers that it is healthy; rejects after `timeout` ms with what it said last. */
export async function waitForHealth(red: NodeRed, timeout = 15_000): Promise<void> {
  const until = Date.now() + timeout;
  let last = '';
  while (Date.now() < until) {
    try {
      const response = await fetch(`${red.url}/whatsapp/health`);
      if (response.ok) return;
      last = `${response.status} ${await response.text()}`;
    } catch (error) {
      last = String(error);
    }
    if (red.process.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the pack is not healthy: ${last.slice(0, 500)}\n${red.log().slice(-4000)}`);
}

/** Creates the agents that do not exist yet. */
export async function createAgents(red: NodeRed, agents: DemoAgent[]): Promise<void> {
  for (const agent of agents) {
    const response = await postJson(`${red.adminUrl}/whatsapp/admin/agents`, agent);
    if (!response.ok && response.status !== 409) {
      throw new Error(`the agent ${agent.username} could not be created: ${response.status} ${await response.text()}`);
    }
  }
}

/** The Receive URL of a deployed account, by its node id. */
export async function receiveUrl(red: NodeRed, nodeId: string): Promise<string> {
  const response = await red.admin(`/whatsapp/admin/accounts/${encodeURIComponent(nodeId)}`);
  if (!response.ok) throw new Error(`the account has no Receive URL: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { receiveUrl: string }).receiveUrl;
}

/** Registers an account at the simulator, which then delivers to its `webhookUrl` and accepts its credentials. */
export async function registerAtSimulator(
  simulatorUrl: string,
  account: {
    provider: string;
    phone: string;
    accountSid: string;
    authToken: string;
    webhookUrl: string;
    name: string;
    key: string;
  },
): Promise<void> {
  const response = await postJson(`${simulatorUrl}/api/accounts`, account);
  if (!response.ok) throw new Error(`the simulator refused the account: ${response.status} ${await response.text()}`);
}

function postJson(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}
