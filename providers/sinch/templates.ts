/**
 * WhatsApp templates of a Sinch project: kept by the Provisioning API, which has one host for all regions.
 * Source: https://developers.sinch.com/docs/provisioning-api/api-reference/provisioning-api/whatsapp-templates
 */
import { baseUrlOf, under } from '../check.ts';
import { networkCode, ProviderError, redact } from '../failure.ts';
import { type Answer, get } from '../http.ts';
import { objectsAt, textAt } from '../json.ts';
import type { ProviderAccount } from '../provider.ts';
import { detailsOf, readTemplate, type Template } from '../template.ts';
import { sinchReason } from './errors.ts';
import { bearerOf, TokenRefused } from './token.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

/** @throws ProviderError */
export async function templatesOfSinch(account: ProviderAccount, timeout = 15_000): Promise<Template[]> {
  const templates: Template[] = [];
  let token = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const body = await readPage(account, token, timeout);
    for (const item of objectsAt(body, 'templates')) {
      const template = readTemplate(item, textAt(item, 'state'), detailsOf(item));
      if (template) templates.push(restricted(template));
    }
    token = textAt(body, 'nextPageToken');
    if (token === '') break;
  }
  return templates;
}

/** What is filled in by Sinch's names for parameters: texts of the header and the body. */
function restricted(template: Template): Template {
  const other = template.variables.find((name) => !/^(header\.)?\d+$/.test(name));
  if (!other || template.unsupported) return template;
  return { ...template, unsupported: `a variable ${other}` };
}

function hostOf(account: ProviderAccount): string {
  const host = baseUrlOf(account.baseUrl)?.hostname ?? '';
  return host.endsWith('.sinch.com') ? 'https://provisioning.api.sinch.com' : (account.baseUrl ?? '');
}

async function readPage(account: ProviderAccount, token: string, timeout: number): Promise<Answer['body']> {
  const query = `pageSize=${PAGE_SIZE}${token ? `&pageToken=${encodeURIComponent(token)}` : ''}`;
  const path = `/v1/projects/${encodeURIComponent(account.accountSid)}/whatsapp/templates?${query}`;
  let answer: Answer;
  let bearer = '';
  try {
    bearer = await bearerOf(account, timeout);
    answer = await get(
      under(hostOf(account), path),
      { Authorization: `Bearer ${bearer}`, Accept: 'application/json' },
      timeout,
    );
  } catch (error) {
    if (error instanceof TokenRefused)
      throw new ProviderError(`token_http_${error.answer.status}`, 'account', 'Sinch gave no access token');
    const code = networkCode(error);
    throw new ProviderError(code, 'temporary', `Sinch gave no list of templates (${code})`);
  }
  const { status, body } = answer;
  if (status === 200) return body;
  const said = redact(account, textAt(body, 'message') || `HTTP ${status}`, [bearer]);
  throw new ProviderError(`http_${status}`, sinchReason('', status), `Sinch gave no list of templates: ${said}`);
}
