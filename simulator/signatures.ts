import { createHmac } from 'node:crypto';

/**
 * The value of `X-Twilio-Signature`: HMAC-SHA1 over the exact URL without its fragment, followed by each POST parameter's name and
 * value, sorted by name. Source: Twilio, "Webhooks security".
 */
export function twilioSignature(authToken: string, url: string, fields: Record<string, string>): string {
  const data = Object.keys(fields)
    .sort()
    .reduce((text, name) => text + name + fields[name]!, withoutFragment(url));
  return createHmac('sha1', authToken).update(data, 'utf8').digest('base64');
}

/** The headers of a signed Sinch callback. `timestamp` in Unix seconds. Source: Sinch Conversation API, "Validating callbacks". */
export function sinchSignatureHeaders(
  secret: string,
  body: string,
  nonce: string,
  timestamp: number,
): Record<string, string> {
  return {
    'x-sinch-webhook-signature': createHmac('sha256', secret).update(`${body}.${nonce}.${timestamp}`).digest('base64'),
    'x-sinch-webhook-signature-timestamp': String(timestamp),
    'x-sinch-webhook-signature-nonce': nonce,
    'x-sinch-webhook-signature-algorithm': 'HmacSHA256',
  };
}

/** The value of `X-Hub-Signature-256`. Source: Meta, "Webhooks: validating payloads". */
export function metaSignature(appSecret: string, body: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}

/** A URL without `#…`, otherwise untouched, because signatures are over the exact text. */
export function withoutFragment(url: string): string {
  const hash = url.indexOf('#');
  return hash < 0 ? url : url.slice(0, hash);
}
