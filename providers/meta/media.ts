import type { Readable } from 'node:stream';
import { under } from '../check.ts';
import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { type Answer, get, upload } from '../http.ts';
import { numberAt, objectAt, textAt } from '../json.ts';
import { isOwnHost } from '../own-host.ts';
import type { MediaAccess, ProviderAccount } from '../provider.ts';
import { metaReason } from './errors.ts';
import { GRAPH_API, GRAPH_VERSION } from './version.ts';

/** ms for what a media id stands for. */
const TIMEOUT = 10_000;

/**
 * Files at Meta have an id, which is asked for an address that holds for five minutes and needs the access token, too.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
 */
export const metaMedia: MediaAccess = {
  async locate(account, source) {
    if (!/^\w{1,100}$/.test(source)) throw new ProviderError('source_invalid', 'media', 'The media id cannot be read');
    const { appId = '', authToken, baseUrl } = account;
    const path = `/${GRAPH_VERSION}/${source}?phone_number_id=${encodeURIComponent(appId)}`;
    let answer: Answer;
    try {
      answer = await get(under(baseUrl || GRAPH_API, path), { Authorization: `Bearer ${authToken}` }, TIMEOUT);
    } catch (error) {
      throw new ProviderError(networkCode(error), 'temporary', 'Meta did not say where the file is');
    }
    const url = URL.parse(textAt(answer.body, 'url'));
    if (answer.status !== 200 || !url) throw refusal(account, answer, 'did not say where the file is');
    const sha256 = textAt(answer.body, 'sha256').toLowerCase();
    const contentType = textAt(answer.body, 'mime_type');
    // Meta writes the size as a text; its description says that it is a number.
    const size = numberAt(answer.body, 'file_size') ?? (Number(textAt(answer.body, 'file_size')) || undefined);
    return {
      url: url.href,
      ...(/^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}),
      ...(contentType ? { contentType } : {}),
      ...(size === undefined ? {} : { size }),
    };
  },
  async credentials(account, url): Promise<Record<string, string>> {
    if (!isOwnHost(account, url, ['facebook.com', 'fbsbx.com'])) return {};
    return { Authorization: `Bearer ${account.authToken}` };
  },
};

function refusal(account: ProviderAccount, { status, body }: Answer, what: string): ProviderError {
  const error = objectAt(body, 'error');
  const code = safeCode(error?.code, `http_${status}`);
  const reason = status >= 500 || status === 429 ? 'temporary' : metaReason(code, status);
  return new ProviderError(
    code,
    reason,
    `Meta ${what}: ${redact(account, textAt(error, 'message') || `HTTP ${status}`)}`,
  );
}

/**
 * Uploads a file; gives its media id. `timeout` in ms.
 * @throws ProviderError
 */
export async function uploadToMeta(
  account: ProviderAccount,
  file: { contentType: string; fileName: string; size: number; content: Readable },
  timeout: number,
): Promise<string> {
  const url = under(account.baseUrl || GRAPH_API, `/${GRAPH_VERSION}/${encodeURIComponent(account.appId ?? '')}/media`);
  const headers = { Authorization: `Bearer ${account.authToken}`, Accept: 'application/json' };
  const fields = { messaging_product: 'whatsapp', type: file.contentType };
  let answer: Answer;
  try {
    answer = await upload(url, fields, file, headers, timeout);
  } catch (error) {
    throw new ProviderError(networkCode(error), 'temporary', 'Meta did not take the file');
  }
  const id = textAt(answer.body, 'id');
  if (answer.status >= 200 && answer.status < 300 && /^\w{1,100}$/.test(id)) return id;
  throw refusal(account, answer, 'did not take the file');
}
