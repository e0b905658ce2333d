/** Checks of bodies and queries with Ajv, compiled when a call first needs them. */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { ApiError } from './json.ts';
import type { Bodies, Queries } from './schemas.ts';

interface Compiler {
  body(name: keyof Bodies): ValidateFunction;
  query(name: keyof Queries): ValidateFunction;
}

let loading: Promise<Compiler> | undefined;

async function load(): Promise<Compiler> {
  const [{ Ajv }, { bodies, queries }] = await Promise.all([import('ajv'), import('./schemas.ts')]);
  const strict = new Ajv({ allErrors: true, strict: true, strictTypes: false, verbose: true });
  // A query is text: "20" is the integer 20 there, and nowhere else.
  const lenient = new Ajv({ allErrors: true, strict: true, strictTypes: false, verbose: true, coerceTypes: true });
  const made = new Map<object, ValidateFunction>();
  const compile = (ajv: InstanceType<typeof Ajv>, schema: object) => {
    let check = made.get(schema);
    if (!check) {
      check = ajv.compile(schema);
      made.set(schema, check);
    }
    return check;
  };
  return { body: (name) => compile(strict, bodies[name]), query: (name) => compile(lenient, queries[name]) };
}

function compiler(): Promise<Compiler> {
  loading ??= load();
  return loading;
}

/** The body as its schema says. No body counts as an empty object. Throws `ApiError` 400 `invalid_body` that names every wrong field. */
export async function checkBody<K extends keyof Bodies>(name: K, body: unknown): Promise<Bodies[K]> {
  const value = body === undefined ? {} : body;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('invalid_body', 'body', [{ field: '', message: 'must be an object' }]);
  }
  const check = (await compiler()).body(name);
  if (!check(value)) throw invalid('invalid_body', 'body', problems(check.errors));
  return value as Bodies[K];
}

/** The query as its schema says. Throws `ApiError` 400 `invalid_query` that names every wrong field. */
export async function checkQuery<K extends keyof Queries>(name: K, query: string): Promise<Queries[K]> {
  const value: Record<string, unknown> = Object.create(null);
  const params = new URLSearchParams(query);
  for (const [field, text] of params) value[field] = text;
  const repeated = Object.keys(value).filter((field) => params.getAll(field).length > 1);
  if (repeated.length > 0) {
    throw invalid(
      'invalid_query',
      'query',
      repeated.map((field) => ({ field, message: 'must be given once' })),
    );
  }
  if (name === 'nothing' && Object.keys(value).length === 0) return value as Queries[K];
  const check = (await compiler()).query(name);
  if (!check(value)) throw invalid('invalid_query', 'query', problems(check.errors));
  return value as Queries[K];
}

interface Problem {
  field: string;
  message: string;
}

const MOST = 20;

function problems(errors: ErrorObject[] | null | undefined): Problem[] {
  return (errors ?? []).map((error) => {
    const path = error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
    const within = (name: string) => (path === '' ? name : `${path}.${name}`);
    const { params } = error;
    switch (error.keyword) {
      case 'additionalProperties':
        return { field: within(String(params.additionalProperty).slice(0, 100)), message: 'is unknown' };
      case 'required':
        return { field: within(String(params.missingProperty)), message: 'is missing' };
      case 'enum':
        return { field: path, message: `must be one of ${(params.allowedValues as unknown[]).join(', ')}` };
      case 'minProperties':
        return {
          field: path,
          message: params.limit === 1 ? 'must name at least one field' : `must name ${params.limit} fields`,
        };
      case 'maxProperties':
        return { field: path, message: `must name at most ${params.limit} of the fields` };
      case 'pattern': {
        const { description } = (error.parentSchema ?? {}) as { description?: string };
        return { field: path, message: description ? `must be ${description}` : `must match ${params.pattern}` };
      }
      default:
        return { field: path, message: error.message ?? 'is not valid' };
    }
  });
}

function invalid(code: string, what: string, found: Problem[]): ApiError {
  const shown = found.slice(0, MOST);
  const text = shown.map(({ field, message }) => (field === '' ? message : `"${field}" ${message}`)).join('; ');
  return new ApiError(400, code, `The ${what} is not valid: ${text}`, shown);
}
