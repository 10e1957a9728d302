import { z } from 'zod';
import { LONE_SURROGATE } from '../../kernel/storable.js';
import { BLANK, NOT_NULL, NULL_CHARACTERS, REQUIRED } from '../values/field-errors.js';
import { isNumber } from '../values/json.js';
import { codePoints, pythonStr, pythonTrim } from '../values/python-text.js';
import { isEmail } from './email.js';

/**
 * DRF's serializer fields as zod schemas: the same coercions and the same sentences; all failing validators of a field
 * are reported in DRF's order. Lengths are code points.
 */

export interface CharOptions {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly allowBlank?: boolean;
  /** False for passwords, which are used exactly as typed (deviation 10). */
  readonly trim?: boolean;
  /** Message for a value of the wrong JSON type; email, slug and regex fields have their own. */
  readonly invalid?: string;
  /** The model's validator, which DRF runs before those of every text field. @returns the error, if there is one */
  readonly validate?: (value: string) => string | undefined;
  /**
   * The validator of the field type, such as for e-mail addresses and slugs, which DRF runs last. @returns the error,
   * if there is one
   */
  readonly validateKind?: (value: string) => string | undefined;
  readonly description?: string;
  /** The next two are only for the document: the functions above validate. */
  readonly pattern?: string;
  readonly format?: 'email';
}

/** DRF `CharField`. */
export function charField(options: CharOptions = {}) {
  return z.preprocess(
    (value) => normalize(value, options),
    z
      .string({
        error: ({ input }) =>
          input === undefined
            ? REQUIRED
            : input === null
              ? NOT_NULL
              : (options.invalid ?? 'Not a valid string.'),
      })
      .check((context) => {
        for (const message of charErrors(context.value, options)) {
          context.issues.push({ code: 'custom', message, input: context.value });
        }
      })
      .meta(openApiOf(options)),
  );
}

function normalize(value: unknown, { trim = true }: CharOptions): unknown {
  const text = isNumber(value) ? pythonStr(value) : value;
  return typeof text === 'string' && trim ? pythonTrim(text) : text;
}

function charErrors(
  value: string,
  { minimum, maximum, allowBlank = false, validate, validateKind }: CharOptions,
): string[] {
  if (value === '') return allowBlank ? [] : [BLANK];
  const errors = [validate?.(value)];
  const length = codePoints(value);
  if (maximum !== undefined && length > maximum)
    errors.push(`Ensure this field has no more than ${maximum} characters.`);
  if (minimum !== undefined && length < minimum)
    errors.push(`Ensure this field has at least ${minimum} characters.`);
  if (value.includes('\0')) errors.push(NULL_CHARACTERS);
  const surrogate = value.match(LONE_SURROGATE)?.[0].charCodeAt(0).toString(16).toUpperCase();
  if (surrogate !== undefined) errors.push(`Surrogate characters are not allowed: U+${surrogate}.`);
  errors.push(validateKind?.(value));
  return errors.filter((message) => message !== undefined);
}

const openApiOf = ({ minimum, maximum, allowBlank, description, pattern, format }: CharOptions) => ({
  ...(minimum === undefined && allowBlank === true ? {} : { minLength: minimum ?? 1 }),
  ...(maximum === undefined ? {} : { maxLength: maximum }),
  ...(pattern === undefined ? {} : { pattern }),
  ...(format === undefined ? {} : { format }),
  ...(description === undefined ? {} : { description }),
});

const INVALID_EMAIL = 'Enter a valid email address.';

/** DRF `EmailField`, with Django's validator. */
export const emailField = (options: CharOptions = {}) =>
  charField({
    ...options,
    invalid: INVALID_EMAIL,
    format: 'email',
    validateKind: (value) => (isEmail(value) ? undefined : INVALID_EMAIL),
  });
