import { z } from 'zod';
import type { OpenApiDocument, Operation, Reference, Schema } from '../../src/platform/openapi/types.js';
import type { Answer } from './http.js';

type Document = Pick<OpenApiDocument, 'paths' | 'components'>;

/** Statuses of answers that no operation gives: they come before it, or instead of it. */
const OUTSIDE = new Set([405, 500]);
const PAGE = 'text/html; charset=utf-8';

/**
 * Checks answers against the document: their status, media type, and body, whose keys all have to be documented.
 *
 * @returns what is wrong with an answer; nothing for what the document does not speak of
 */
export function createAnswerCheck(document: Document) {
  const schemas = new Map<Schema, z.ZodType>();
  const definitions = closed(document.components.schemas);

  const validatorOf = (schema: Schema): z.ZodType => {
    const known = schemas.get(schema);
    if (known !== undefined) return known;
    const validator = z.fromJSONSchema(
      { ...asRecord(closed(schema)), definitions: asRecord(definitions) },
      { defaultTarget: 'openapi-3.0' },
    );
    schemas.set(schema, validator);
    return validator;
  };

  const check = (
    method: string,
    path: string,
    answer: Pick<Answer, 'status' | 'headers' | 'text'>,
  ): string | undefined => {
    const operation = findOperation(document, method, path);
    if (operation === undefined) return undefined;
    const where = `${method} ${path} (${operation.operationId}) answers ${answer.status}`;
    const response = operation.responses[answer.status];
    if (response?.content === undefined && isOutside(answer)) return undefined;
    if (response === undefined) return `${where}, which is not documented: ${answer.text.slice(0, 200)}`;
    if (answer.text === '')
      return response.content === undefined || method === 'HEAD' ? undefined : `${where} without a body`;
    const type = mediaTypeOf(answer);
    const media =
      response.content?.[type === 'application/json' ? 'application/vnd.cvat+json' : type] ??
      response.content?.[type];
    if (media === undefined) return `${where} as ${type}, which is not documented`;
    if (!/json$/.test(type)) return undefined;
    const result = validatorOf(media.schema).safeParse(JSON.parse(answer.text));
    return result.success
      ? undefined
      : `${where} with a body that is not as documented: ${z.prettifyError(result.error)}\n${answer.text}`;
  };

  return check;
}

/** Pages of the edge: an unknown host, a mistake of the server; and methods that a path does not have. */
const isOutside = ({ status, headers, text }: Pick<Answer, 'status' | 'headers' | 'text'>): boolean =>
  OUTSIDE.has(status) ||
  (status === 400 && headers['content-type'] === PAGE && text.includes('Bad Request (400)'));

const mediaTypeOf = ({ headers }: Pick<Answer, 'headers'>): string =>
  headers['content-type']?.split(';')[0] ?? '';

/** A path without parameters is found before one with. */
export function findOperation(
  { paths }: Pick<Document, 'paths'>,
  method: string,
  url: string,
): Operation | undefined {
  const path = url.split('?')[0] ?? '';
  const fits = (template: string): boolean =>
    new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  const item =
    paths[path] ?? Object.entries(paths).find(([template]) => template.includes('{') && fits(template))?.[1];
  return item?.[method.toLowerCase()];
}

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
