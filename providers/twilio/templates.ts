/** Content templates of a Twilio account. Source: https://www.twilio.com/docs/content/content-api-resources#fetch-all-content-and-approval-statuses */
import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { type Json, objectAt, objectsAt, textAt } from '../json.ts';
import type { ProviderAccount } from '../provider.ts';
import { type Template, templateState, variablesIn } from '../template.ts';
import { CONTENT_API, clientOf, type TwilioAnswer, twilioRequest } from './client.ts';
import { twilioReason } from './errors.ts';

const PAGE_SIZE = 500;
/** Enough for every account there is; a server whose pages never end is not followed for ever. */
const MAX_PAGES = 20;

/** @throws ProviderError */
export async function templatesOfTwilio(account: ProviderAccount, timeout = 15_000): Promise<Template[]> {
  const templates: Template[] = [];
  let token: string | null = '';
  for (let page = 0; token !== null && page < MAX_PAGES; page++) {
    const body: Json = await readPage(
      account,
      { PageSize: PAGE_SIZE, ...(token && { Page: page, PageToken: token }) },
      timeout,
    );
    templates.push(...objectsAt(body, 'contents').flatMap(readContent));
    const next: string = textAt(objectAt(body, 'meta'), 'next_page_url');
    token = URL.parse(next)?.searchParams.get('PageToken') ?? null;
  }
  return templates;
}

async function readPage(account: ProviderAccount, query: Json, timeout: number): Promise<Json> {
  let answer: TwilioAnswer;
  try {
    const client = await clientOf(account);
    answer = await twilioRequest(client, 'get', '/v1/ContentAndApprovals', query, timeout, CONTENT_API);
  } catch (error) {
    const code = networkCode(error);
    throw new ProviderError(code, 'temporary', `Twilio gave no list of templates (${code})`);
  }
  const { status, body } = answer;
  if (status === 200) return body;
  const said = redact(account, textAt(body, 'message') || `HTTP ${status}`);
  const code = body.code as number | undefined;
  throw new ProviderError(
    safeCode(code, `http_${status}`),
    twilioReason(code, status),
    `Twilio gave no list of templates: ${said}`,
  );
}

/** Kinds of content that are a message of their own, with the part that is its text. */
function readContent(item: Json): Template[] {
  const id = textAt(item, 'sid');
  const types = objectAt(item, 'types') ?? {};
  const kind = Object.keys(types)[0];
  if (!/^HX[0-9a-f]{32}$/i.test(id) || kind === undefined) return [];
  const said = objectAt(types, kind);
  const lines = ['header_text', 'title', 'body', 'subtitle', 'label', 'footer'].map((name) => textAt(said, name));
  const text = lines.filter(Boolean).join('\n');
  const approval = objectAt(item, 'approval_requests');
  return [
    {
      id,
      name: textAt(item, 'friendly_name') || textAt(approval, 'name') || id,
      language: textAt(item, 'language'),
      category: textAt(approval, 'category').toLowerCase(),
      state: templateState(textAt(approval, 'status') || 'unsubmitted'),
      reason: textAt(approval, 'rejection_reason'),
      text,
      // Those in the addresses of files and buttons count as well; samples tell what else there is.
      variables: [...new Set([...variablesIn(text), ...variablesIn(JSON.stringify(said))])],
      unsupported: '',
    },
  ];
}
