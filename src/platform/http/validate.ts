import { z } from 'zod';
import { type FieldErrors, ValidationError } from '../../kernel/errors.js';
import { isObject } from '../values/json.js';
import { pythonTypeName } from '../values/python-text.js';

/** The result for each field of an object: values of valid fields, messages for the others. */
export interface FieldResults<S extends z.ZodObject> {
  readonly values: Partial<z.output<S>>;
  readonly errors: FieldErrors;
}

/**
 * Checks the fields of an object one by one, as a DRF serializer does, in their order. Unknown keys are ignored.
 *
 * @throws ValidationError if the value is not an object
 */
export function checkFields<S extends z.ZodObject>(schema: S, value: unknown): FieldResults<S> {
  requireObject(value);
  const values: Record<string, unknown> = {};
  const errors: Record<string, FieldErrors[string]> = {};
  for (const [field, type] of Object.entries(schema.shape)) {
    const given = Object.hasOwn(value, field) ? value[field] : undefined;
    const result = z.safeParse(type, given);
    if (!result.success) errors[field] = messagesOf(result.error.issues);
    else if (result.data !== undefined) values[field] = result.data;
  }
  return { values: values as Partial<z.output<S>>, errors };
}

/** The messages about a value; those about its items by the place of each (DRF `ListField`). */
function messagesOf(issues: readonly z.core.$ZodIssue[]): FieldErrors[string] {
  const places = new Set(issues.map(({ path }) => path[0]).filter((place) => typeof place === 'number'));
  const at = (place?: number) =>
    issues.filter(({ path }) => place === undefined || path[0] === place).map(({ message }) => message);
  return places.size === 0 ? at() : Object.fromEntries([...places].map((place) => [place, at(place)]));
}

/**
 * Checks a value against a schema and reports errors in DRF's format.
 *
 * @returns the parsed value
 * @throws ValidationError with the messages of all invalid fields
 */
export function check(schema: z.ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodObject) {
    const { values, errors } = checkFields(schema, value);
    if (Object.keys(errors).length > 0) throw new ValidationError(errors);
    return values;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ValidationError({ non_field_errors: result.error.issues.map((issue) => issue.message) });
}

/** DRF's answers for a body that is not an object. @throws ValidationError */
export function requireObject(value: unknown): asserts value is Readonly<Record<string, unknown>> {
  if (value === null) throw new ValidationError({ non_field_errors: ['No data provided'] });
  if (isObject(value)) return;
  throw new ValidationError({
    non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonTypeName(value)}.`],
  });
}
