import { ExactNumber, isObject } from './json.js';

/** Python's `str()` of a JSON value from `parseJson`, as it appears in error messages. */
export const pythonStr = (value: unknown): string => (typeof value === 'string' ? value : pythonRepr(value));

function pythonRepr(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  if (value === null) return 'None';
  if (value instanceof ExactNumber) return value.text;
  const pairs = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${pythonRepr(item)}`);
  return `{${pairs.join(', ')}}`;
}

/** Python's truth value of a JSON value: null, zero and empty values are false. */
export function isTruthy(value: unknown): boolean {
  if (value instanceof ExactNumber) return Number(value) !== 0;
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** The characters for which `str.isprintable` is false: the categories Other and Separator, except the space. */
const NOT_PRINTABLE = /\\|(?! )[\p{C}\p{Z}]/gu;

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(NOT_PRINTABLE, (char) => SHORT_ESCAPES.get(char) ?? hexEscape(char));
  return `${quote}${quote === "'" ? body.replaceAll("'", "\\'") : body}${quote}`;
}

function hexEscape(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** The characters that Python's `str.strip` removes, which differ from those of `trim`. */
const PYTHON_BLANK =
  '[\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const EDGES = new RegExp(`^${PYTHON_BLANK}+|(?<!${PYTHON_BLANK})${PYTHON_BLANK}+$`, 'g');

/** @returns the text after Python's `str.strip` */
export const pythonTrim = (text: string): string => text.replace(EDGES, '');

/** @returns the length of a text in code points, as Python's `len` counts */
export const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

/**
 * @returns the members of the set that Python builds from a JSON value: keys of an object, items of a list, characters
 *   of a text. Empty for a list that contains lists or objects, which are not hashable in Python: validation reports
 *   the problem
 */
export function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [...value];
  if (Array.isArray(value))
    return value.some((item) => isObject(item) || Array.isArray(item)) ? [] : value.map(pythonStr);
  return isObject(value) ? Object.keys(value) : [];
}

/** @returns Python's name for the type of a JSON value */
export function pythonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (value === null) return 'NoneType';
  if (value instanceof ExactNumber) return value.type;
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool', object: 'dict' }[typeof value as 'string' | 'boolean' | 'object'];
}
