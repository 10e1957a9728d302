import { z } from 'zod';
import { NOT_NULL } from '../values/field-errors.js';
import { isNumber, toDouble } from '../values/json.js';
import { parseTimestamp } from '../values/timestamp.js';

/** DRF's fields that are not text: each has its own sentence for a wrong type. */

const WRONG_DATETIME =
  'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].';
const TRUE_WORDS = new Set(['true', 't', 'y', 'yes', 'on', '1']);
const FALSE_WORDS = new Set(['false', 'f', 'n', 'no', 'off', '0']);

/** DRF `BooleanField`: also accepts its words, case-insensitively. Undefined stays undefined, for a default. */
export const booleanField = (description?: string) =>
  z.preprocess(
    readBoolean,
    z
      .boolean({ error: ({ input }) => (input === null ? NOT_NULL : 'Must be a valid boolean.') })
      .optional()
      .meta(described(description)),
  );

/** The field's metadata in the document, if there is any. */
const described = (description: string | undefined) => (description === undefined ? {} : { description });

function readBoolean(value: unknown): unknown {
  if (isNumber(value)) return Number(value) === 1 ? true : Number(value) === 0 ? false : value;
  if (typeof value !== 'string') return value;
  const word = value.toLowerCase();
  return TRUE_WORDS.has(word) ? true : FALSE_WORDS.has(word) ? false : value;
}

/**
 * DRF `DateTimeField(allow_null=True)`: a date and time in a notation that PostgreSQL reads, null, or undefined if
 * missing.
 */
export const dateTimeField = (description?: string) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? (parseTimestamp(value) ?? false) : value),
    z
      .string({ error: WRONG_DATETIME })
      .nullable()
      .optional()
      .meta({ format: 'date-time', ...described(description) }),
  );

/** DRF `IntegerField` for database keys: integers, also as text. */
export const integerField = () =>
  z.preprocess(
    (value) =>
      toDouble(typeof value === 'string' && /^\s*[+-]?\d{1,10}\s*$/.test(value) ? Number(value) : value),
    z.int({ error: 'A valid integer is required.' }).nullable().optional(),
  );
