import { parse, stringify } from 'lossless-json';

/**
 * JSON that preserves numbers. `JSON.parse` turns every number into a double: 12345678901234567890 ends in other
 * digits and 1.0 becomes 1, while CVAT keeps the numbers it receives, as Python's `json` does.
 */

/** CPython refuses longer integers (`sys.set_int_max_str_digits`); here the limit also bounds the work. */
export const MAXIMUM_DIGITS = 4300;

/**
 * A number that a double cannot reproduce as Python does. Every other number of a JSON text is a plain `number`, and a
 * Python integer if it is whole.
 */
export class ExactNumber {
  /** Python's `str()` of it; values without a JSON notation are `inf`, `-inf` or `nan`. */
  readonly text: string;
  readonly type: 'int' | 'float';

  constructor(text: string, type: 'int' | 'float') {
    this.text = text;
    this.type = type;
  }

  /** The nearest double. */
  valueOf(): number {
    return Number(this.text.replace('inf', 'Infinity'));
  }

  /** Every integer is finite, however large. */
  get isFinite(): boolean {
    return this.type === 'int' || Number.isFinite(this.valueOf());
  }

  /** @throws Inexact: to write JSON of a value from a client or from the database, use `stringifyJson` */
  toJSON(): never {
    throw new Inexact();
  }
}

class Inexact extends TypeError {
  constructor() {
    super('JSON.stringify would change a number: use stringifyJson.');
  }
}

/** JSON beyond a limit. Its message does not quote the text. */
export class JsonLimitError extends SyntaxError {}

/** JSON that is nested too deeply. */
export class NestingError extends JsonLimitError {}

export const isNumber = (value: unknown): value is number | ExactNumber =>
  typeof value === 'number' || value instanceof ExactNumber;

/** @returns the nearest double for a number; any other value unchanged */
export const toDouble = (value: unknown): unknown => (isNumber(value) ? Number(value) : value);

/** @returns whether a JSON value is an object: Python's `dict` */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

export interface JsonOptions {
  /** Levels of arrays and objects. */
  readonly depth?: number;
  /** Maximum digits of an integer. */
  readonly digits?: number;
  /** Whether NaN, Infinity and -Infinity are numbers, as in Python's `json` by default. */
  readonly hasPythonConstants?: boolean;
}

/**
 * `JSON.parse`, except for numbers that it would change. If a key is repeated, its last value counts.
 *
 * @throws SyntaxError; NestingError and JsonLimitError beyond the limits
 */
export function parseJson(
  source: string,
  {
    depth: maximum = Number.POSITIVE_INFINITY,
    digits = Number.POSITIVE_INFINITY,
    hasPythonConstants = false,
  }: JsonOptions = {},
): unknown {
  const text = hasPythonConstants ? constantsAsNumerals(source) : source;
  const { depth, isPlain } = survey(text, maximum);
  if (depth > maximum) throw new NestingError(`Nested deeper than ${maximum} levels`);
  // The platform's parser decides whether the text is JSON, and is all that almost every text needs.
  const value: unknown = JSON.parse(text);
  if (isPlain) return value;
  const parseNumber = (token: string) => readNumber(token, digits);
  return parse(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

/** @returns JSON with every number unchanged, except infinite ones, which JSON does not have: they become null */
export function stringifyJson(value: unknown, indent = 0): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    if (!(error instanceof Inexact)) throw error;
    return stringify(value, finiteOrNull, indent, [EXACT]) ?? 'null';
  }
}

const finiteOrNull = (_key: string, value: unknown): unknown =>
  value instanceof ExactNumber && !value.isFinite ? null : value;

const EXACT = { test: (value: unknown) => value instanceof ExactNumber, stringify: pythonText };

function pythonText(value: unknown): string {
  return value instanceof ExactNumber ? value.text : '';
}

/** Represents NaN, which JSON cannot express. A client that sends this number gets NaN too. */
const NAN_NUMERAL = '0e-999999999';

const NUMERALS: ReadonlyMap<string, string> = new Map([
  ['NaN', NAN_NUMERAL],
  ['Infinity', '1e999'],
  ['-Infinity', '-1e999'],
]);

const constantsAsNumerals = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\[\s\S])*"?|-?Infinity|NaN/g, (token) => NUMERALS.get(token) ?? token);

/** One pass before parsing: the parser must not recurse without limit. */
function survey(text: string, maximumDepth: number): { readonly depth: number; readonly isPlain: boolean } {
  let depth = 0;
  let isPlain = true;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > maximumDepth) break;
    } else if (char === 0x7d || char === 0x5d) depth -= 1;
    else if (char === 0x2d || isDigit(char)) {
      const end = endOfNumber(text, at);
      isPlain &&= isPlainNumber(text.slice(at, end));
      at = end - 1;
    }
  }
  return { depth, isPlain };
}

/** @returns the position of the closing quote */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x22) break;
    if (char === 0x5c) at += 1;
  }
  return at;
}

const isDigit = (char: number): boolean => char >= 0x30 && char <= 0x39;

/** @returns the position after the digits and all other characters of a number */
function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (isDigit(text.charCodeAt(at)) || '.eE+-'.includes(text.charAt(at) || ' ')) at += 1;
  return at;
}

/** Safe integers, and fractions that Python also writes without an exponent. */
const PLAIN = /^(?!-0$)-?\d{1,15}$|^-?(?!0\.0000)\d{1,10}\.\d{0,4}[1-9]$/;

const isPlainNumber = (token: string): boolean => token.length <= 16 && PLAIN.test(token);

function readNumber(token: string, maximumDigits: number): number | ExactNumber {
  if (isPlainNumber(token)) return Number(token);
  if (token === NAN_NUMERAL) return new ExactNumber('nan', 'float');
  if (/[.eE]/.test(token)) return new ExactNumber(pythonFloat(Number(token)), 'float');
  if (token.replace('-', '').length > maximumDigits)
    throw new JsonLimitError(`Exceeds the limit (${maximumDigits} digits) for integer string conversion`);
  return token === '-0' ? 0 : new ExactNumber(token, 'int');
}

/** Python's `repr` of a float: always with a decimal point or an exponent of at least two digits. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  if (size < 1e16 && (size >= 1e-4 || size === 0)) {
    const text = Object.is(value, -0) ? '-0' : String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
