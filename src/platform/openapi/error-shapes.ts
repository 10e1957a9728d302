import { z } from 'zod';

/** The formats of error bodies, narrower ones before wider ones. */
const SHAPES: readonly z.ZodType[] = [
  z.string().meta({ id: 'ErrorText', description: 'A sentence.' }),
  z.array(z.string()).meta({ id: 'ErrorList', description: 'Sentences about the request as a whole.' }),
  z.object({ detail: z.string(), code: z.string() }).meta({
    id: 'DependencyError',
    description: 'A dependency that the server cannot reach; `code` names it for programs.',
  }),
  z.object({ detail: z.string() }).meta({ id: 'ErrorDetail', description: 'A sentence.' }),
  z.record(z.string(), z.array(z.string())).meta({
    id: 'FieldErrors',
    description: 'Sentences by field name; those about several fields are under `non_field_errors`.',
  }),
];

/**
 * @returns the schema of an error body
 * @throws TypeError for a body in none of these formats
 */
export function errorShapeOf(body: unknown): z.ZodType {
  const shape = SHAPES.find((schema) => schema.safeParse(body).success);
  if (shape === undefined) throw new TypeError(`No error of the API looks like ${JSON.stringify(body)}.`);
  return shape;
}
