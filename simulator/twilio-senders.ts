import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Router } from 'express';
import { basicOf, dig, jsonOf, textBody } from './body.ts';
import { pointAt, receiveUrlOf } from './receive-urls.ts';
import { logCall } from './sending.ts';
import type { Simulation } from './simulation.ts';
import type { Account } from './types.ts';

/** Twilio's Senders API: each account's number is one. Source: Twilio, "Senders API". */
export function senderRoutes(
  router: Router,
  simulation: Simulation,
  { authorise, notFound }: { authorise: RequestHandler; notFound: (request: Request) => Error },
): void {
  const { world } = simulation;
  const accountsOf = (request: Request): Account[] => {
    const sid = basicOf(request)?.user;
    return world.accounts().filter(({ provider, accountSid }) => provider === 'twilio' && accountSid === sid);
  };
  router.get('/v2/Channels/Senders', authorise, (request, response) => {
    logCall(simulation, response, 'Senders', () => 'senders');
    const url = `${simulation.base}/v2/Channels/Senders?Channel=whatsapp&PageSize=100&Page=0`;
    const page = { page: 0, page_size: 100, first_page_url: url, url, previous_page_url: null, next_page_url: null };
    response.json({ senders: accountsOf(request).map(senderOf), meta: { ...page, key: 'senders' } });
  });
  router.post('/v2/Channels/Senders/:sender', textBody('64kb'), authorise, (request, response) => {
    logCall(simulation, response, 'Senders', () => 'Receive URL');
    const account = accountsOf(request).find((one) => senderOf(one).sid === request.params.sender);
    const url = dig(jsonOf(request), 'webhook', 'callback_url');
    if (!account || typeof url !== 'string' || !URL.canParse(url)) throw notFound(request);
    response.status(202).json(senderOf(pointAt(world, account, url)));
  });
}

function senderOf(account: Account) {
  const sid = `XE${createHash('md5').update(account.id).digest('hex')}`;
  return {
    sid,
    status: 'ONLINE',
    sender_id: `whatsapp:${account.phone}`,
    configuration: { waba_id: '100000000000001' },
    webhook: { callback_url: receiveUrlOf(account), callback_method: 'POST' },
    profile: { name: account.name ?? '' },
    url: `https://messaging.twilio.com/v2/Channels/Senders/${sid}`,
  };
}
