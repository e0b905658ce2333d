import { t } from './i18n.js';

/** Calls the simulator's API. Throws an Error whose message can be shown. */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`api${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error(t('error.silent'));
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error?.message ?? t('error.status', { status: response.status }));
  return answer;
}
