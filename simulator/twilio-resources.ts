import type { Account, Customer, Send, SimulatedMessage } from './types.ts';

/** A message with what it refers to. */
export interface TwilioMessage {
  message: SimulatedMessage | Send;
  account: Account;
  customer: Customer;
}

/** A time as Twilio's 2010 API writes it. */
export function rfc2822(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000');
}

/** The message resource. `initial` is the status in the answer to the create call. Source: Twilio, "Messages resource". */
export function messageResource(
  { message, account, customer }: TwilioMessage,
  initial?: string,
  withMedia = message.media.length > 0,
) {
  const inbound = message.direction === 'in';
  const path = `/2010-04-01/Accounts/${account.accountSid}/Messages/${message.id}`;
  const peer = `whatsapp:${'to' in message ? message.to : (customer.phone ?? customer.userId)}`;
  const own = `whatsapp:${account.phone}`;
  const request = 'request' in message ? message.request : {};
  const status = initial ?? (inbound ? 'received' : message.status);
  const error = status === 'failed' ? message.error : undefined;
  return {
    account_sid: account.accountSid,
    api_version: '2010-04-01',
    body: message.text,
    date_created: rfc2822(message.at),
    date_sent: status === 'queued' ? null : rfc2822(message.at),
    date_updated: rfc2822(initial ? message.at : message.updatedAt),
    direction: inbound ? 'inbound' : 'outbound-api',
    error_code: error ? Number(error.code) : null,
    error_message: error ? error.message : null,
    from: inbound ? peer : own,
    messaging_service_sid: typeof request.MessagingServiceSid === 'string' ? request.MessagingServiceSid : null,
    num_media: withMedia ? '1' : '0',
    num_segments: '1',
    price: null,
    price_unit: null,
    sid: message.id,
    status,
    subresource_uris: { media: `${path}/Media.json` },
    to: inbound ? own : peer,
    uri: `${path}.json`,
  };
}
