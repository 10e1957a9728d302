import { z } from 'zod';

const Detail = z.object({ detail: z.string() }).meta({ id: 'ErrorDetail', description: 'A sentence.' });
const NEEDED = z.enum(['second_factor_needed', 'second_factor_required']);
/** A refusal where some accounts need a second factor, or a fresh proof of it: both of its formats. */
const Refusal = z.object({ detail: z.string(), code: NEEDED.optional() }).meta({
  id: 'RefusalDetail',
  description:
    'A sentence. With the code `second_factor_needed`, the account has a second factor, and needs a fresh proof of it; with `second_factor_required`, it has to set one up first.',
});

const WITH_CODE = z.object({ detail: z.string(), code: NEEDED });

const SENTENCES = z.array(z.string());

const FieldErrors = z.record(z.string(), SENTENCES).meta({
  id: 'FieldErrors',
  description: 'Sentences by field name; those about several fields are under `non_field_errors`.',
});
/** All of those fit this one too. */
const ItemErrors = z.record(z.string(), z.union([SENTENCES, z.record(z.string(), SENTENCES)])).meta({
  id: 'ItemErrors',
  description: 'The same where a field is a list: sentences about its items are under their places.',
});

/** The formats of error bodies, narrower ones before wider ones. */
const SHAPES: readonly z.ZodType[] = [
  z.string().meta({ id: 'ErrorText', description: 'A sentence.' }),
  z.array(z.string()).meta({ id: 'ErrorList', description: 'Sentences about the request as a whole.' }),
  WITH_CODE,
  z.object({ detail: z.string(), code: z.string() }).meta({
    id: 'DependencyError',
    description: 'A dependency that the server cannot reach; `code` names it for programs.',
  }),
  Detail,
  FieldErrors,
  ItemErrors,
];

/**
 * @param bodies of one status
 * @returns the schemas of error bodies, of which exactly one fits each
 * @throws TypeError for a body in none of the formats
 */
export function errorShapesOf(bodies: readonly unknown[]): readonly z.ZodType[] {
  const shapes = new Set(bodies.map(shapeOf));
  if (shapes.has(Refusal)) shapes.delete(Detail);
  if (shapes.has(ItemErrors)) shapes.delete(FieldErrors);
  return [...shapes];
}

function shapeOf(body: unknown): z.ZodType {
  const shape = SHAPES.find((schema) => schema.safeParse(body).success);
  if (shape === undefined) throw new TypeError(`No error of the API looks like ${JSON.stringify(body)}.`);
  return shape === WITH_CODE ? Refusal : shape;
}
