import type { NextFunction, Request, Response, Router } from 'express';
import { jsonOf, textBody } from './body.ts';
import { pointAt, receiveUrlOf } from './receive-urls.ts';
import { logCall } from './sending.ts';
import type { Simulation } from './simulation.ts';
import type { Account } from './types.ts';

/** The apps that hear of a business account: one, with or without an address of its own. Source: Meta, "Webhook overrides". */
export function subscriptionRoutes(
  router: Router,
  simulation: Simulation,
  { accountOf, refuse }: { accountOf: (request: Request) => Account; refuse: (why: string) => Error },
): void {
  const overridden = new Set<string>();
  const path = '/v:version(\\d+.\\d+)/:business/subscribed_apps';
  router.get(path, (request, response, next) => {
    try {
      const account = accountOf(request);
      logCall(simulation, response, 'subscribed_apps', () => 'app');
      const app = { id: '200000000000002', name: 'Simulated app', link: 'https://www.facebook.com/games/' };
      const own = overridden.has(account.id) ? { override_callback_uri: receiveUrlOf(account) } : {};
      response.json({ data: [{ whatsapp_business_api_data: app, ...own }] });
    } catch (error) {
      next(error);
    }
  });
  const subscribe = async (request: Request, response: Response) => {
    const account = accountOf(request);
    logCall(simulation, response, 'subscribed_apps', () => 'Receive URL');
    const { override_callback_uri: url, verify_token: verifyToken } = jsonOf(request) ?? {};
    if (typeof url === 'string') {
      if (!URL.canParse(url) || typeof verifyToken !== 'string')
        throw refuse('override_callback_uri needs a URL and a verify_token');
      const changed = pointAt(simulation.world, { ...account, verifyToken }, url);
      const problem = await simulation.handshake(changed);
      if (problem) {
        pointAt(simulation.world, account, receiveUrlOf(account));
        throw refuse(`The callback URL could not be verified: ${problem}`);
      }
      overridden.add(account.id);
    }
    response.json({ success: true });
  };
  router.post(path, textBody('64kb'), (request: Request, response: Response, next: NextFunction) => {
    subscribe(request, response).catch(next);
  });
}
