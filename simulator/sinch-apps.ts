import type { Request, RequestHandler, Router } from 'express';
import { jsonOf, textBody } from './body.ts';
import { derivedUlid } from './ids.ts';
import { pointAt, receiveUrlOf } from './receive-urls.ts';
import { logCall } from './sending.ts';
import type { Simulation } from './simulation.ts';
import type { Account } from './types.ts';

/** What a webhook of the console listens to as a rule. */
const TRIGGERS = ['MESSAGE_INBOUND', 'MESSAGE_DELIVERY', 'EVENT_INBOUND', 'OPT_IN', 'OPT_OUT', 'UNSUPPORTED'];

/** Sinch's apps and their webhooks: each account has one of either. Source: Sinch, "Conversation API: app, webhooks". */
export function appRoutes(
  router: Router,
  simulation: Simulation,
  { authorise, appOf }: { authorise: RequestHandler; appOf: (request: Request, appId: unknown) => Account },
): void {
  const { world } = simulation;
  const triggers = new Map<string, unknown>();
  const hookOf = (account: Account) => ({
    id: derivedUlid(`webhook ${account.id}`),
    app_id: account.appId,
    target: receiveUrlOf(account),
    target_type: 'HTTP',
    triggers: triggers.get(account.id) ?? TRIGGERS,
  });
  const change = (account: Account, body: Record<string, unknown> | null) => {
    if (Array.isArray(body?.triggers)) triggers.set(account.id, body.triggers);
    const target = typeof body?.target === 'string' && URL.canParse(body.target) ? body.target : null;
    const secret = typeof body?.secret === 'string' ? { webhookSecret: body.secret } : {};
    const changed = { ...account, ...secret };
    return hookOf(target ? pointAt(world, changed, target) : changed);
  };

  router.get('/v1/projects/:project/apps/:app', authorise, (request, response) => {
    logCall(simulation, response, 'apps', () => 'app');
    const account = appOf(request, request.params.app);
    const state = { status: 'ACTIVE', description: '' };
    response.json({
      id: account.appId,
      display_name: account.name ?? '',
      channel_credentials: [{ channel: 'WHATSAPP', channel_known_id: account.phone.slice(1), state }],
    });
  });
  router.get('/v1/projects/:project/apps/:app/webhooks', authorise, (request, response) => {
    logCall(simulation, response, 'webhooks', () => 'webhooks');
    response.json({ webhooks: [hookOf(appOf(request, request.params.app))] });
  });
  router.post('/v1/projects/:project/webhooks', textBody('64kb'), authorise, (request, response) => {
    logCall(simulation, response, 'webhooks', () => 'Receive URL');
    const body = jsonOf(request);
    response.json(change(appOf(request, body?.app_id), body));
  });
  router.patch('/v1/projects/:project/webhooks/:webhook', textBody('64kb'), authorise, (request, response) => {
    logCall(simulation, response, 'webhooks', () => 'Receive URL');
    const body = jsonOf(request);
    response.json(change(appOf(request, body?.app_id), body));
  });
}
