import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CVAT_MEDIA_TYPE } from '../../src/platform/http/negotiation.js';
import type { OpenApiDocument, Operation, Reference, Schema } from '../../src/platform/openapi/types.js';
import type { Answer } from './http.js';

type Document = Pick<OpenApiDocument, 'paths' | 'components'>;

/** Statuses of answers that no operation gives: they come before it, or instead of it. */
const OUTSIDE = new Set([405, 500]);
const PAGE = 'text/html; charset=utf-8';

let committed: OpenApiDocument | undefined;
let checkCommitted: ReturnType<typeof createAnswerCheck> | undefined;

/** @returns openapi/openapi.yaml */
export function committedDocument(): OpenApiDocument {
  const file = path.resolve(import.meta.dirname, '../../openapi/openapi.yaml');
  committed ??= parse(readFileSync(file, 'utf8')) as OpenApiDocument;
  return committed;
}

/** @returns in what an answer is not as the committed document says; nothing for what it does not speak of */
export function undocumented(method: string, url: string, answer: Seen): string | undefined {
  checkCommitted ??= createAnswerCheck(committedDocument());
  return checkCommitted(method, url, answer);
}

type Seen = Pick<Answer, 'status' | 'headers' | 'text'>;

/** Checks answers against a document: their status, media type, and body, whose keys all have to be documented. */
export function createAnswerCheck(document: Document) {
  const validators = new Map<Schema, z.ZodType>();
  const definitions = asRecord(closed(document.components.schemas));
  const templates = Object.entries(document.paths)
    .filter(([template]) => template.includes('{'))
    .map(([template, item]) => ({ item, pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`) }));

  /** A path without parameters is found before one with. */
  const findOperation = (method: string, url: string): Operation | undefined => {
    const name = url.split('?')[0] ?? '';
    const item = document.paths[name] ?? templates.find(({ pattern }) => pattern.test(name))?.item;
    return item?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  };

  const validatorOf = (schema: Schema): z.ZodType => {
    const known = validators.get(schema);
    if (known !== undefined) return known;
    const whole = { ...asRecord(closed(schema)), definitions };
    const validator = z.fromJSONSchema(whole, { defaultTarget: 'openapi-3.0' });
    validators.set(schema, validator);
    return validator;
  };

  return (method: string, url: string, answer: Seen): string | undefined => {
    const operation = findOperation(method, url);
    if (operation === undefined) return undefined;
    const where = `${method} ${url} (${operation.operationId}) answers ${answer.status}`;
    const response = operation.responses[answer.status];
    if (response?.content === undefined && isOutside(answer)) return undefined;
    if (response === undefined) return `${where}, which is not documented: ${answer.text.slice(0, 200)}`;
    const type = mediaTypeOf(answer);
    if (answer.text === '')
      return response.content === undefined || method === 'HEAD' ? undefined : `${where} without a body`;
    const media =
      response.content?.[type] ??
      (type === 'application/json' ? response.content?.[CVAT_MEDIA_TYPE] : undefined);
    if (media === undefined)
      return `${where} as ${type}, which is not documented: ${answer.text.slice(0, 200)}`;
    if (!/json$/.test(type)) return undefined;
    const result = validatorOf(media.schema).safeParse(JSON.parse(answer.text));
    return result.success
      ? undefined
      : `${where}, not as documented: ${z.prettifyError(result.error)}\n${answer.text}`;
  };
}

/** Pages of the edge: an unknown host, a mistake of the server; and methods that a path does not have. */
const isOutside = ({ status, headers, text }: Seen): boolean =>
  OUTSIDE.has(status) ||
  (status === 400 && headers['content-type'] === PAGE && text.includes('Bad Request (400)'));

const mediaTypeOf = ({ headers }: Seen): string => headers['content-type']?.split(';')[0] ?? '';

/** @returns what a reference to a component stands for, or the thing itself */
export function resolved<T extends object>({ components }: Document, thing: T | Reference): T {
  if (!('$ref' in thing) || typeof thing.$ref !== 'string') return thing as T;
  const [, , kind = '', name = ''] = thing.$ref.split('/');
  return asRecord(asRecord(components)[kind])[name] as T;
}

const asRecord = (value: unknown): Record<string, unknown> => value as Record<string, unknown>;

/** References as JSON Schema has them, and objects without keys that are not named. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value === 'string') return value.replace('#/components/schemas/', '#/definitions/');
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closed(item)]));
  return 'properties' in copy && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}
