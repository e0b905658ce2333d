/**
 * Templates of a WhatsApp Business Account. Its id may stand in the Account SID; without it, it is asked for by the phone number id.
 * Source: https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates
 */
import { under } from '../check.ts';
import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { type Answer, get } from '../http.ts';
import { type Json, objectAt, objectsAt, textAt } from '../json.ts';
import type { ProviderAccount } from '../provider.ts';
import { readTemplate, type Template } from '../template.ts';
import { metaReason } from './errors.ts';
import { GRAPH_API, GRAPH_VERSION } from './version.ts';

const PAGE_SIZE = 200;
const MAX_PAGES = 50;
const FIELDS = 'name,language,category,status,rejected_reason,components,parameter_format';

/** @throws ProviderError */
export async function templatesOfMeta(account: ProviderAccount, timeout = 15_000): Promise<Template[]> {
  const business = account.accountSid || (await businessOf(account, timeout));
  const templates: Template[] = [];
  let after = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = `fields=${FIELDS}&limit=${PAGE_SIZE}${after ? `&after=${encodeURIComponent(after)}` : ''}`;
    const body = await graphGet(account, `${encodeURIComponent(business)}/message_templates?${query}`, timeout);
    for (const item of objectsAt(body, 'data')) {
      const template = readTemplate(item, textAt(item, 'status'), objectsAt(item, 'components'));
      if (template) templates.push(template);
    }
    const paging = objectAt(body, 'paging');
    after = textAt(paging, 'next') ? textAt(objectAt(paging, 'cursors'), 'after') : '';
    if (after === '') break;
  }
  return templates;
}

async function businessOf(account: ProviderAccount, timeout: number): Promise<string> {
  const path = `${encodeURIComponent(account.appId ?? '')}?fields=whatsapp_business_account`;
  const id = textAt(objectAt(await graphGet(account, path, timeout), 'whatsapp_business_account'), 'id');
  if (id) return id;
  const message =
    'Meta does not say which WhatsApp Business Account the number belongs to: enter its id as the Account SID';
  throw new ProviderError('business_account_missing', 'account', message);
}

/** @throws ProviderError */
export async function graphGet(account: ProviderAccount, path: string, timeout: number): Promise<Json> {
  const url = under(account.baseUrl || GRAPH_API, `/${GRAPH_VERSION}/${path}`);
  let answer: Answer;
  try {
    answer = await get(url, { Authorization: `Bearer ${account.authToken}`, Accept: 'application/json' }, timeout);
  } catch (error) {
    const code = networkCode(error);
    throw new ProviderError(code, 'temporary', `Meta does not answer (${code})`);
  }
  const { status, body } = answer;
  if (status === 200) return body;
  const error = objectAt(body, 'error');
  const code = typeof error?.code === 'number' ? String(error.code) : '';
  const said = redact(account, textAt(error, 'message') || `HTTP ${status}`);
  throw new ProviderError(safeCode(code, `http_${status}`), metaReason(code, status), `Meta refused: ${said}`);
}
