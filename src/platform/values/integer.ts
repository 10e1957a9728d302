import { MAXIMUM_DIGITS } from './json.js';
import { pythonTrim } from './python-text.js';

const INTEGER = /^[+-]?\d+$/;

/**
 * Python's `int(text)` for ASCII digits: surrounding whitespace and a leading sign are allowed.
 *
 * @returns undefined where Python raises `ValueError`
 */
export function parseInteger(text: string): bigint | undefined {
  const digits = pythonTrim(text);
  if (digits.length > MAXIMUM_DIGITS || !INTEGER.test(digits)) return undefined;
  return BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
}
