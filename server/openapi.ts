/** The API document (OpenAPI 3.1), made from the table of routes and the schemas that check the calls. */
import type { Route } from './route.ts';
import { COOKIE } from './sessions.ts';

const REASONS: Record<number, string> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted',
  204: 'Done',
  400: 'The call is not valid; the error names what is wrong',
  401: 'Not logged in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not possible in the present state',
  410: 'Over',
  413: 'Too large',
  416: 'There is no such part of it',
  422: 'Something is missing or does not fit',
  429: 'Too many attempts; Retry-After says how many seconds to wait',
  503: 'Not available',
};

/** A file with its caption. */
const FORM = {
  'multipart/form-data': {
    schema: {
      type: 'object',
      properties: { file: { type: 'string', format: 'binary' }, text: { type: 'string', maxLength: 4096 } },
      required: ['file'],
      additionalProperties: false,
    },
  },
};

/** `server` is the URL path of `<httpNodeRoot>/whatsapp`. */
export async function apiDocument(routes: Route[], server: string): Promise<object> {
  const { bodies, queries, answers } = await import('./schemas.ts');
  const json = (schema: object) => ({ 'application/json': { schema } });
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const changes = route.method !== 'GET';
    const parameters: object[] = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => {
      return { name, in: 'path', required: true, schema: { type: 'string' } };
    });
    const query = queries[route.query ?? 'nothing'];
    const required: readonly string[] = 'required' in query ? (query.required as string[]) : [];
    for (const [name, schema] of Object.entries(query.properties)) {
      parameters.push({ name, in: 'query', required: required.includes(name), schema });
    }
    if (changes) {
      parameters.push({ name: 'X-WA-Request', in: 'header', required: true, schema: { const: '1' } });
    }
    const refusals = new Set(route.refusals);
    if (route.body || route.query) refusals.add(400);
    if (route.signedIn) refusals.add(401);
    if (changes || route.only) refusals.add(403);
    const content = route.contentType
      ? { [route.contentType]: { schema: { type: 'string' } } }
      : route.answer && json(answers[route.answer]);
    const responses: Record<string, object> = {
      [route.success]: { description: REASONS[route.success] ?? 'Done', ...(content ? { content } : {}) },
    };
    for (const status of [...refusals].sort()) {
      responses[status] = {
        description: REASONS[status] ?? 'Refused',
        content: json({ $ref: '#/components/schemas/Error' }),
      };
    }
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = {
      summary: route.summary,
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(route.takes
        ? { requestBody: { required: true, content: { [route.takes]: { schema: { type: 'string' } } } } }
        : {}),
      ...(route.body && route.body !== 'nothing'
        ? {
            requestBody: { required: true, content: { ...json(bodies[route.body]), ...(route.mayBeForm ? FORM : {}) } },
          }
        : {}),
      responses,
      ...(route.signedIn ? { security: [{ session: [] }] } : {}),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'WhatsApp contact centre for Node-RED', version: '1' },
    servers: [{ url: server }],
    paths,
    components: {
      schemas: { Error: answers.error },
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: COOKIE } },
    },
  };
}
