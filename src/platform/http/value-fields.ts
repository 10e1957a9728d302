import { z } from 'zod';
import { isStorable } from '../../kernel/storable.js';
import { NOT_NULL, REQUIRED } from '../values/field-errors.js';
import { ExactNumber, isNumber, isObject } from '../values/json.js';
import { pythonStr, pythonTypeName } from '../values/python-text.js';

/** DRF's serializer fields for choices, JSON and related names: the same coercions and the same sentences. */

/** The sentence about a value that did not survive `z.preprocess`. */
const about =
  (sentence: (value: unknown) => string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined ? REQUIRED : input === null ? NOT_NULL : sentence(input);

/** DRF `ChoiceField` of texts. @param id name of the choices in the document, if they have one */
export const choiceField = <const T extends readonly [string, ...string[]]>(choices: T, id?: string) =>
  z.preprocess(
    (value) => (isNumber(value) ? pythonStr(value) : value),
    z
      .enum(choices, { error: about((value) => `"${pythonStr(value)}" is not a valid choice.`) })
      .meta(id === undefined ? {} : { id }),
  );

/** DRF `JSONField`: anything except null that the database can store. */
export const jsonField = () =>
  z.unknown().superRefine((value, context) => {
    if (value === null) context.addIssue({ code: 'custom', message: NOT_NULL });
    else if (!isStorableJson(value))
      context.addIssue({ code: 'custom', message: 'Value must be valid JSON.' });
  });

/** PostgreSQL's jsonb stores neither NUL nor lone surrogates, and JSON has no infinity. */
function isStorableJson(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (value instanceof ExactNumber) return value.isFinite;
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorableJson(item));
}

const notList = (value: unknown): string =>
  `Expected a list of items but got type "${pythonTypeName(value)}".`;

/** DRF `ListField`. @param most number of items */
export const listField = <T extends z.ZodType>(item: T, most: number) =>
  z
    .array(item, { error: about(notList) })
    .refine((items) => items.length <= most, `Ensure this field has no more than ${most} elements.`)
    .meta({ maxItems: most });

/**
 * DRF `ManyRelatedField` for texts; the service checks whether their objects exist. It accepts everything that Python
 * can iterate over, except text; for an object these are its keys.
 */
export const namesField = (description?: string) =>
  z.preprocess(
    (value) => (isObject(value) ? Object.keys(value) : value),
    z
      .array(z.unknown().meta({ type: 'string', minLength: 1 }).transform(pythonStr), {
        error: about(notList),
      })
      .meta({ ...(description === undefined ? {} : { description }) }),
  );
