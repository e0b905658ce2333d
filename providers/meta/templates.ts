/**
 * Templates of a WhatsApp Business Account. Its id may stand in the Account SID; without it, it is asked for by the phone number id.
 * Source: https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates
 */
import { objectAt, objectsAt, textAt } from '../json.ts';
import type { ProviderAccount } from '../provider.ts';
import { readTemplate, type Template } from '../template.ts';
import { businessOf, graphGet } from './graph.ts';

const PAGE_SIZE = 200;
const MAX_PAGES = 50;
const FIELDS = 'name,language,category,status,rejected_reason,components,parameter_format';

/** @throws ProviderError */
export async function templatesOfMeta(account: ProviderAccount, timeout = 15_000): Promise<Template[]> {
  const business = await businessOf(account, timeout);
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
