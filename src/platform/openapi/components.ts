import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Schema } from './types.js';

const LOCAL = '#/definitions/';
const COMPONENT = '#/components/schemas/';

/** Formats that say it all: zod adds the regular expression by which it checks them. */
const SPEAKING_FORMATS: ReadonlySet<unknown> = new Set(['date-time', 'email', 'uri']);

/** Collects the schemas of a document: those with an id become components, the others stand where they are used. */
export function createComponents() {
  const schemas = new Map<string, Schema>();
  const known = { input: new Map<z.core.$ZodType, Schema>(), output: new Map<z.core.$ZodType, Schema>() };

  /**
   * @param io `input` is what a client sends, `output` what it gets
   * @returns the schema, or a reference to it
   * @throws TypeError when two different schemas have one id
   */
  const add = (schema: z.core.$ZodType, io: 'input' | 'output'): Schema => {
    const added = known[io].get(schema) ?? translate(schema, io);
    known[io].set(schema, added);
    return added;
  };

  const translate = (schema: z.core.$ZodType, io: 'input' | 'output'): Schema => {
    const { definitions, ...own } = z.toJSONSchema(schema, { target: 'openapi-3.0', io, override: simplify });
    for (const [id, definition] of Object.entries(definitions ?? {})) {
      const component = relocated(definition);
      const other = schemas.get(id);
      if (other !== undefined && !isDeepStrictEqual(other, component)) {
        throw new TypeError(`Two different schemas have the id ${id}.`);
      }
      schemas.set(id, component);
    }
    return relocated(own);
  };

  const all = (): Readonly<Record<string, Schema>> =>
    Object.fromEntries([...schemas].sort(([left], [right]) => (left < right ? -1 : 1)));

  return { add, all };
}

export type Components = ReturnType<typeof createComponents>;

/**
 * Takes out what zod knows and a reader need not: the range of safe integers, the patterns of named formats, and the
 * promise that no key will ever be added to an answer.
 */
function simplify({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (SPEAKING_FORMATS.has(jsonSchema.format)) delete jsonSchema.pattern;
  if (zodSchema._zod.def.type === 'object' && zodSchema._zod.def.catchall === undefined)
    delete jsonSchema.additionalProperties;
}

const relocated = (schema: object): Schema =>
  Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, relocate(value)]));

function relocate(value: unknown): unknown {
  if (typeof value === 'string')
    return value.startsWith(LOCAL) ? COMPONENT + value.slice(LOCAL.length) : value;
  if (Array.isArray(value)) return value.map(relocate);
  return typeof value === 'object' && value !== null ? relocated(value) : value;
}
