import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { controlRoutes, readRegistration } from './control.ts';
import { guard } from './guard.ts';
import { metaRoutes } from './meta.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import { sinchRoutes } from './sinch.ts';
import { twilioRoutes } from './twilio.ts';
import type { AccountRegistration, AccountView, Customer } from './types.ts';
import { accountView } from './world.ts';

export type { Fault } from './faults.ts';
export type { Draft, SendMatch } from './simulation.ts';
export { Simulation } from './simulation.ts';
export type {
  AccountRegistration,
  AccountView,
  Behaviour,
  Customer,
  InboundOptions,
  InboundResult,
  Send,
  SimulatedMessage,
  SimulatorEvent,
  WebhookOutcome,
  WebhookRequest,
} from './types.ts';

export interface SimulatorOptions extends SimulationOptions {
  /** Default 0: a free one. */
  port?: number;
  /** Default 127.0.0.1. Anything else makes the simulator reachable for others, who then may write as any customer. */
  host?: string;
  /** Further host names under which it may be called, for example behind a proxy. */
  allowedHosts?: string[];
  /** Accounts and customers to begin with. */
  accounts?: AccountRegistration[];
  customers?: { name: string; phone?: string; userId?: string }[];
}

/** A running simulator. Everything of `Simulation` (`inbound`, `waitForSend`, `behave`, …) stands beside its address. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  readonly simulation: Simulation;
  /** Connects an account at once; a handshake, if its provider asks for one, follows and shows in the log. */
  register(account: AccountRegistration): AccountView;
  addCustomer(person: { name?: string; phone?: string; userId?: string }): Customer;
  inbound: Simulation['inbound'];
  together: Simulation['together'];
  signedRequest: Simulation['signedRequest'];
  sends: Simulation['sends'];
  waitForSend: Simulation['waitForSend'];
  failNext: Simulation['faults']['ask'];
  behave: Simulation['behave'];
  callback: Simulation['callback'];
  markRead: Simulation['markRead'];
  settled: Simulation['settled'];
  calm: Simulation['calm'];
  close(): Promise<void>;
}

const PAGE = fileURLToPath(new URL('./page/', import.meta.url));
const TOKENS = fileURLToPath(new URL('../ui/desk/styles/tokens.css', import.meta.url));

/**
 * The simulator as an Express application that can be mounted anywhere: the phone page at its root, its API under `api/`, the
 * providers' APIs beside them. `simulation.base` must be set to the URL it is reached under.
 */
export function simulatorApp(
  simulation: Simulation,
  options: Pick<SimulatorOptions, 'host' | 'allowedHosts'> = {},
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(guard(options.host ?? '127.0.0.1', options.allowedHosts ?? []));
  app.use('/api', controlRoutes(simulation));
  app.use(twilioRoutes(simulation));
  app.use(sinchRoutes(simulation));
  app.use(metaRoutes(simulation));
  app.get('/media/:id', (request, response) => {
    const file = simulation.world.media(request.params.id!);
    if (!file) {
      response.status(404).end();
      return;
    }
    response.set({
      'Content-Type': file.contentType,
      'X-Content-Type-Options': 'nosniff',
      // Files come from anybody: never let one run as a page of this origin.
      'Content-Security-Policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    });
    if (file.fileName) {
      response.set('Content-Disposition', `inline; filename*=UTF-8''${encodeURIComponent(file.fileName)}`);
    }
    response.send(file.bytes);
  });
  const setHeaders = (response: http.ServerResponse) => {
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    );
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cache-Control', 'no-cache');
  };
  app.use(express.static(PAGE, { cacheControl: false, setHeaders }));
  // The colours are the desk's. In a checkout they stand there; in the package the build has put them beside the page.
  app.get('/tokens.css', (_request, response) => {
    setHeaders(response);
    response.sendFile(TOKENS, { cacheControl: false });
  });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent || response.socket?.destroyed) return next();
    const status = statusOf(error);
    const message = status < 500 && error instanceof Error ? error.message : 'The simulator has an error.';
    response.status(status).json({ error: { code: status === 413 ? 'too_large' : 'failed', message } });
  });
  return app;
}

/** Starts the simulator on a server of its own. Rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1';
  const simulation = new Simulation(options);
  const server = http.createServer(simulatorApp(simulation, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const named = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${named}:${port}`;
  simulation.base = url;
  const register = (registration: AccountRegistration) => {
    const { account } = simulation.world.register(readRegistration({ ...registration }));
    simulation.background(simulation.handshake(account));
    return accountView(account);
  };
  for (const account of options.accounts ?? []) register(account);
  for (const customer of options.customers ?? []) simulation.world.addCustomer(customer);

  return {
    url,
    port,
    simulation,
    register,
    addCustomer: (person) => simulation.world.addCustomer(person).customer,
    inbound: (message) => simulation.inbound(message),
    together: (messages) => simulation.together(messages),
    signedRequest: (message) => simulation.signedRequest(message),
    sends: (match) => simulation.sends(match),
    waitForSend: (match, timeout) => simulation.waitForSend(match, timeout),
    failNext: (fault) => simulation.faults.ask(fault),
    behave: (change) => simulation.behave(change),
    callback: (id, status, error) => simulation.callback(id, status, error),
    markRead: (account, customer) => simulation.markRead(account, customer),
    settled: () => simulation.settled(),
    calm: () => simulation.calm(),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await simulation.close();
      await closed;
    },
  };
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
  return status >= 400 && status < 600 ? status : 500;
}
