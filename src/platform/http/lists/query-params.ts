import { pythonTrim } from '../fields.js';
import { MAXIMUM_DIGITS } from '../json.js';

/** @returns the value of a parameter, the last one if it is repeated (Django's `QueryDict.get`) */
export const lastValue = (params: URLSearchParams, name: string): string | undefined =>
  params.getAll(name).at(-1);

const INTEGER = /^[+-]?\d+$/;

/**
 * Python's `int(text)` for ASCII digits: blanks around it and a leading sign are allowed.
 *
 * @returns undefined where Python raises `ValueError`
 */
export function parseInteger(text: string): bigint | undefined {
  const digits = pythonTrim(text);
  if (digits.length > MAXIMUM_DIGITS || !INTEGER.test(digits)) return undefined;
  return BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** @returns whether PostgreSQL can hold the text: no NUL, and UTF-8 has a spelling for it */
export const isStorable = (text: string): boolean => !text.includes('\0') && !LONE_SURROGATE.test(text);

export const NULL_CHARACTERS = 'Null characters are not allowed.';
