import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Schema } from './types.js';

const LOCAL = '#/definitions/';
const COMPONENT = '#/components/schemas/';

/** Formats that need no further explanation: zod adds the regular expression it checks them with. */
const SPEAKING_FORMATS: ReadonlySet<unknown> = new Set(['date-time', 'email', 'uri']);

/** Collects the schemas of a document: those with an id become components, the others are inlined. */
export function createComponents() {
  const schemas = new Map<string, Schema>();
  const known = { input: new Map<z.core.$ZodType, Schema>(), output: new Map<z.core.$ZodType, Schema>() };

  /**
   * @param io `input` is sent by a client, `output` received
   * @returns the schema, or a reference to it
   * @throws TypeError if two different schemas have the same id
   */
  const add = (schema: z.core.$ZodType, io: 'input' | 'output'): Schema => {
    const added = known[io].get(schema) ?? translate(schema, io);
    known[io].set(schema, added);
    return added;
  };

  const translate = (schema: z.core.$ZodType, io: 'input' | 'output'): Schema => {
    const { definitions, ...own } = z.toJSONSchema(schema, { target: 'openapi-3.0', io, override: adapt });
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

interface Translated {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

function adapt(translated: Translated): void {
  simplify(translated);
  follow(translated);
}

/**
 * Removes zod's details that readers do not need: the range of safe integers, the patterns of named formats, and the
 * guarantee that no key will ever be added to an answer.
 */
function simplify({ zodSchema, jsonSchema }: Translated): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (SPEAKING_FORMATS.has(jsonSchema.format)) delete jsonSchema.pattern;
  if (zodSchema._zod.def.type === 'object' && zodSchema._zod.def.catchall === undefined)
    delete jsonSchema.additionalProperties;
}

/** Follows drf-spectacular in describing required keys, choices, and references that may be null. */
function follow({ zodSchema, jsonSchema }: Translated): void {
  const { def } = zodSchema._zod;
  delete jsonSchema['unrequired'];
  // The remains of zod's object for a reference: its list no longer matches the referenced object.
  if (jsonSchema.allOf !== undefined) delete jsonSchema.required;
  if (def.type === 'object') {
    const required = jsonSchema.required?.filter((key) => isRequired(def.shape[key]));
    if (required?.length === 0) delete jsonSchema.required;
    else if (required !== undefined) jsonSchema.required = required;
  }
  if (def.type === 'enum' && z.globalRegistry.get(zodSchema)?.id !== undefined)
    jsonSchema.description ??= Object.values(def.entries).map(choiceLine).join('\n');
  // OpenAPI 3.0.3 only allows `nullable` next to a `type`.
  if (def.type === 'nullable' && jsonSchema.allOf !== undefined)
    jsonSchema.type = def.innerType._zod.def.type === 'object' ? 'object' : 'string';
}

/** See `readOnly` and `unrequired` in `http/read-fields.ts`. */
function isRequired(field: z.core.$ZodType | undefined): boolean {
  const meta = field && z.globalRegistry.get(field);
  return meta?.['readOnly'] !== true && meta?.['unrequired'] !== true;
}

const choiceLine = (choice: string | number): string => {
  const name = String(choice);
  return `* \`${name}\` - ${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
};

function relocated(schema: object): Schema {
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, relocate(value)]));
  return referenceOf(copy) ?? copy;
}

/** A wrapper of zod's that adds nothing is replaced with the reference itself. */
function referenceOf({ allOf, ...others }: Schema): Schema | undefined {
  if (!Array.isArray(allOf) || allOf.length !== 1 || Object.keys(others).length > 0) return undefined;
  const [only]: readonly Schema[] = allOf;
  return only;
}

function relocate(value: unknown): unknown {
  if (typeof value === 'string')
    return value.startsWith(LOCAL) ? COMPONENT + value.slice(LOCAL.length) : value;
  if (Array.isArray(value)) return value.map(relocate);
  return typeof value === 'object' && value !== null ? relocated(value) : value;
}
