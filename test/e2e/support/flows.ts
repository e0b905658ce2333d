/** Flows of the tests, in the shape in which Node-RED deploys them. */
import type { FlowNode } from '../../support/node-red.ts';

/** What the nodes of one tab share; each call gives it the next place on the canvas. */
export function tab(id: string): { node: FlowNode; place(): { z: string; x: number; y: number } } {
  let n = 0;
  return {
    node: { id, type: 'tab', label: id, disabled: false, info: '', env: [] },
    // Node-RED takes nodes without coordinates for config nodes.
    place: () => ({ z: id, x: 100 + 10 * n, y: 40 + 40 * n++ }),
  };
}

/** Fictional credentials of the simulated providers. */
export const SECRETS = {
  twilio: {
    accountSid: 'AC00000000000000000000000000000001',
    authToken: '0123456789abcdef0123456789abcdef',
  },
  sinch: {
    accountSid: '11111111-2222-4333-8444-555555555555',
    authToken: 'fictional-key:fictional-secret',
    webhookSecret: 'fictional-webhook-secret',
  },
  meta: {
    authToken: 'fictional-access-token',
    webhookSecret: 'fictional-app-secret',
    verifyToken: 'fictional-verify-token',
  },
};

export const SINCH_APP = '01W4FFL35P4NC4K35CONVAPP01';
const APPS = { twilio: '', sinch: SINCH_APP, meta: '106540352242922' };

export interface AccountOptions {
  id: string;
  key: string;
  phone: string;
  provider?: 'twilio' | 'sinch' | 'meta';
  [property: string]: unknown;
}

/** An account node with everything it needs but its domain and base URL, which the office fills in. */
export function account({ id, key, phone, provider = 'twilio', ...more }: AccountOptions): FlowNode {
  return {
    id,
    type: 'whatsapp-account',
    configVersion: 1,
    name: key,
    key,
    phone,
    provider,
    appId: APPS[provider],
    agents: ['*'],
    credentials: { ...SECRETS[provider] },
    ...more,
  };
}

export function queue(id: string, name: string, more: Record<string, unknown> = {}): FlowNode {
  return { id, type: 'whatsapp-queue', configVersion: 1, name, strategy: 'beepall', agents: ['*'], ...more };
}

type Place = { z: string; x: number; y: number };

/** A node on a canvas. `wires`: for each output the ids it leads to. */
export function node(
  type: string,
  id: string,
  place: Place,
  wires: string[][],
  more: Record<string, unknown> = {},
): FlowNode {
  return { id, type, ...place, wires, ...more };
}

/**
 * A function node that tells the test, by a line of the log, that a message came by (see `Probes`), and passes it on. The log keeps
 * the order, and what it said before a kill.
 */
export function probe(name: string, place: Place, wires: string[][] = [[]]): FlowNode {
  const func = `node.log('@probe ' + JSON.stringify({
    name: ${JSON.stringify(name)}, payload: msg.payload, whatsapp: msg.whatsapp, status: msg.status, complete: msg.complete,
    error: msg.error && { code: msg.error.code, message: msg.error.message, source: msg.error.source && msg.error.source.id },
    mark: msg.mark }));
  return msg;`;
  return { id: `probe-${name}`, type: 'function', name, ...place, func, outputs: 1, wires };
}
