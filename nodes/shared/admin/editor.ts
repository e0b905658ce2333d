/** Calls to the pack's administration, relative to the editor's own address; the editor's jQuery adds the login. */

/** What went wrong, in words for a person; `fields` has a reason per field if the server named any. */
export interface AdminFailure {
  status: number;
  code: string;
  message: string;
  fields: Record<string, string>;
}

export type AdminAnswer<T> = { ok: true; data: T } | { ok: false; failure: AdminFailure };

/** One call; resolves always. `path` is relative to `whatsapp/admin/`; `timeout` in ms. */
export function admin<T>(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeout = 15_000,
): Promise<AdminAnswer<T>> {
  return new Promise((resolve) => {
    $.ajax({
      url: `whatsapp/admin/${path}`,
      method,
      dataType: 'json',
      // The same header as the rest of the API asks for.
      headers: { 'X-WA-Request': '1' },
      ...(body === undefined ? {} : { data: JSON.stringify(body), contentType: 'application/json' }),
      timeout,
      success: (data: T) => resolve({ ok: true, data }),
      error: (xhr: JQuery.jqXHR) => resolve({ ok: false, failure: failureOf(xhr.status, xhr.responseJSON) }),
    });
  });
}

function failureOf(status: number, body: unknown): AdminFailure {
  const error = (body as { error?: { code?: unknown; message?: unknown; details?: unknown } } | undefined)?.error;
  const message = typeof error?.message === 'string' ? error.message : '';
  return {
    status,
    code: typeof error?.code === 'string' ? error.code : '',
    message,
    fields: fieldsOf(error?.details, message),
  };
}

/** Reasons per field: from `[{field, message}]` of a refused body, or `{field}` of a refusal whose message is the reason. */
function fieldsOf(details: unknown, message: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const entry of Array.isArray(details) ? details : [details]) {
    const named = (entry ?? {}) as { field?: unknown; message?: unknown };
    if (typeof named.field !== 'string' || named.field === '') continue;
    fields[named.field] = typeof named.message === 'string' ? named.message : message;
  }
  return fields;
}
