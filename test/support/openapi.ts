import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { CVAT_MEDIA_TYPE } from '../../src/platform/http/negotiation.js';
import type {
  OpenApiDocument,
  Operation,
  PathItem,
  Reference,
  Schema,
} from '../../src/platform/openapi/types.js';
import type { Answer } from './http.js';

type Document = Pick<OpenApiDocument, 'paths' | 'components'>;

/** What is not part of the API: pages and what they load, and what orchestrators ask. */
const BESIDE =
  /^\/($|account(\/|$)|static\/|livez$|readyz$|metrics$|api\/(docs|redoc|swagger)(\/|$)|api\/server\/health\/|api\/auth\/forward$|api\/auth\/(account-confirm-email|confirm-email-change)\/)/;
/** What is told before a method is looked for: of credentials, CSRF and the body that it reads, limits. */
const BEFORE_METHODS = new Set([400, 401, 403, 405, 406, 413, 415, 429, 503]);
const PAGE = 'text/html; charset=utf-8';

let committed: OpenApiDocument | undefined;
let checkCommitted: ReturnType<typeof createAnswerCheck> | undefined;

/** @returns openapi/openapi.yaml */
export function committedDocument(): OpenApiDocument {
  committed ??= read(path.resolve(import.meta.dirname, '../../openapi/openapi.yaml'));
  return committed;
}

/** Reading YAML takes most of a second, and every test file wants it: what was read is kept until the text changes. */
function read(file: string): OpenApiDocument {
  const text = readFileSync(file, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex');
  const kept = keptReading();
  if (kept?.hash === hash) return kept.document;
  const document = parse(text) as OpenApiDocument;
  mkdirSync(path.dirname(KEPT), { recursive: true });
  const draft = `${KEPT}.${process.pid}.${threadId}`;
  writeFileSync(draft, JSON.stringify({ hash, document }));
  renameSync(draft, KEPT);
  return document;
}

const KEPT = path.resolve(import.meta.dirname, '../../node_modules/.cache/openapi.json');

function keptReading(): { readonly hash: string; readonly document: OpenApiDocument } | undefined {
  try {
    return JSON.parse(readFileSync(KEPT, 'utf8')) as { hash: string; document: OpenApiDocument };
  } catch {
    return undefined;
  }
}

/** @returns in what an answer is not as the committed document says */
export function undocumented(method: string, url: string, answer: Seen): string | undefined {
  checkCommitted ??= createAnswerCheck(committedDocument());
  return checkCommitted(method, url, answer);
}

export type Seen = Pick<Answer, 'status' | 'headers' | 'text'>;

/**
 * Checks answers against a document: their operation, status, media type, and body, whose keys all have to be
 * documented.
 *
 * @returns a function that tells what is wrong with an answer
 */
export function createAnswerCheck(document: Document) {
  const validatorOf = createValidators(document);
  const templates = Object.entries(document.paths)
    .filter(([template]) => template.includes('{'))
    .map(([template, item]) => ({ item, pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`) }));

  /** A path without parameters is found before one with; the schema is the same with and without its slash. */
  const findPath = (name: string): PathItem | undefined =>
    document.paths[name === '/api/schema' ? '/api/schema/' : name] ??
    templates.find(({ pattern }) => pattern.test(name))?.item;

  const checkBody = (operation: Operation, where: string, isHead: boolean, answer: Seen) => {
    const { status, text } = answer;
    const response = operation.responses[status];
    if (response === undefined) return `${where}, which is not documented: ${text.slice(0, 200)}`;
    const type = mediaTypeOf(answer);
    if (text === '') return response.content === undefined || isHead ? undefined : `${where} without a body`;
    const media =
      response.content?.[type] ??
      (type === 'application/json' ? response.content?.[CVAT_MEDIA_TYPE] : undefined);
    if (media === undefined) return `${where} as ${type}, which is not documented: ${text.slice(0, 200)}`;
    if (!/json$/.test(type)) return undefined;
    const validate = validatorOf(media.schema);
    return validate(JSON.parse(text))
      ? undefined
      : `${where}, not as documented: ${JSON.stringify(validate.errors)}\n${text}`;
  };

  return (method: string, url: string, answer: Seen): string | undefined => {
    const name = pathOf(url);
    const item = findPath(name);
    const operation = item?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
    const where = `${method} ${url} answers ${answer.status}`;
    if (isOfTheEdge(answer) || (answer.status === 404 && isUndecodable(name))) return undefined;
    if (operation !== undefined)
      return checkBody(operation, `${where} (${operation.operationId})`, method === 'HEAD', answer);
    if (item !== undefined)
      return isOfNoMethod(method, answer) ? undefined : `${where}, a method that is not documented`;
    return BESIDE.test(name) ||
      answer.status === 404 ||
      isToUserInterface(name, answer) ||
      isPreflight(method, answer)
      ? undefined
      : `${where}, a path that is not documented: ${answer.text.slice(0, 200)}`;
  };
}

/** One validator for each schema, compiled when it is first needed. */
function createValidators({ components }: Document): (schema: Schema) => ValidateFunction {
  const ajv = new Ajv({ strict: false, validateSchema: false });
  addFormats.default(ajv);
  ajv.addSchema({ components: { schemas: closed(components.schemas) } }, 'document');
  const validators = new Map<Schema, ValidateFunction>();
  return (schema) => {
    const known = validators.get(schema) ?? ajv.compile(asRecord(closed(schema)));
    validators.set(schema, known);
    return known;
  };
}

/** Pages of the edge: an unknown host, and an address with a slash where it has to have one. */
const isOfTheEdge = ({ status, headers, text }: Seen): boolean =>
  (status === 400 && headers['content-type'] === PAGE && text.includes('Bad Request (400)')) ||
  (status === 301 && headers.location?.split('?')[0]?.endsWith('/') === true);

/** With UI_URL, every page outside of the API is at the user interface. */
const isToUserInterface = (name: string, { status, text }: Seen): boolean =>
  status === 302 && text === '' && !/^\/api(\/|$)/.test(name);

/** 405, what comes before it, and the description of a view; preflights come before everything. */
const isOfNoMethod = (method: string, answer: Seen): boolean =>
  BEFORE_METHODS.has(answer.status) ||
  isPreflight(method, answer) ||
  (method === 'OPTIONS' && answer.status === 200);

/** With the origins of a page or without, it has no body. */
const isPreflight = (method: string, { status, text }: Seen): boolean =>
  method === 'OPTIONS' && status === 200 && text === '';

/** Also of a target in absolute form. */
const pathOf = (url: string): string => (url.split('?')[0] ?? '').replace(/^https?:\/\/[^/]*/, '');

/** An address with escapes that are none, or no UTF-8, is one at which nothing can be. */
function isUndecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return false;
  } catch {
    return true;
  }
}

const mediaTypeOf = ({ headers }: Seen): string => headers['content-type']?.split(';')[0] ?? '';

/** @returns what a reference to a component stands for, or the thing itself */
export function resolved<T extends object>({ components }: Document, thing: T | Reference): T {
  if (!('$ref' in thing) || typeof thing.$ref !== 'string') return thing as T;
  const [, , kind = '', name = ''] = thing.$ref.split('/');
  return asRecord(asRecord(components)[kind])[name] as T;
}

const asRecord = (value: unknown): Record<string, unknown> => value as Record<string, unknown>;

function requiredOf({ required = [], properties }: Record<string, unknown>): readonly string[] {
  const always = Object.entries(asRecord(properties)).filter(([, field]) => asRecord(field)['readOnly']);
  return [...new Set([...(required as readonly string[]), ...always.map(([key]) => key)])];
}

/**
 * Keywords of OpenAPI 3.0 as JSON Schema has them: `nullable` beside a reference, references into the document, and
 * objects without keys that are not named, and with all that are read-only: CVAT's document does not require these,
 * though every answer has them.
 */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value === 'string') return value.replace(/^#\/components\//, 'document#/components/');
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = asRecord(value);
  const copy = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, closed(item)]));
  const object =
    'properties' in copy && !('additionalProperties' in copy)
      ? { ...copy, required: requiredOf(copy), additionalProperties: false }
      : copy;
  return nullable === true ? { anyOf: [{ type: 'null' }, object] } : object;
}
