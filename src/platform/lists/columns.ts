import { isStorable } from '../../kernel/storable.js';
import { type Sql, sql } from '../db/sql.js';
import { parseInteger } from '../values/integer.js';
import { ExactNumber, isNumber } from '../values/json.js';
import { pythonStr } from '../values/python-text.js';
import { parseTimestamp } from '../values/timestamp.js';

/** A name that a client may use in a list request, and how its values are parsed. */
export type Column =
  | { readonly kind: 'text' | 'integer' | 'boolean' | 'timestamp'; readonly expression: Sql }
  | { readonly kind: 'choice'; readonly expression: Sql; readonly choices: readonly string[] };

/** The columns of one list, by the names that clients use. A Map, because it has no inherited names. */
export type Columns = ReadonlyMap<string, Column>;

/**
 * Builders of {@link Column}. The expression is our own SQL: a column, a call, or anything in parentheses, with one
 * value per row of the list.
 */
export const column = {
  text: (expression: Sql): Column => ({ kind: 'text', expression }),
  integer: (expression: Sql): Column => ({ kind: 'integer', expression }),
  boolean: (expression: Sql): Column => ({ kind: 'boolean', expression }),
  timestamp: (expression: Sql): Column => ({ kind: 'timestamp', expression }),
  choice: (expression: Sql, choices: readonly string[]): Column => ({ kind: 'choice', expression, choices }),
};

/**
 * How a fraction becomes an integer: Django uses `int()`, but `ceil` for `<` and `>=` (`IntegerFieldFloatRounding`).
 */
export type Rounding = 'trunc' | 'ceil';

/**
 * A JSON value as the right side of a comparison, coerced like the column's Django field.
 *
 * @returns a typed parameter, or undefined if the field cannot read the value
 */
export function operand({ kind }: Column, value: unknown, rounding: Rounding = 'trunc'): Sql | undefined {
  switch (kind) {
    case 'text':
    case 'choice':
      return textOperand(value);
    case 'integer':
      return integerOperand(value, rounding);
    case 'boolean':
      return booleanOperand(value);
    case 'timestamp':
      return timestampOperand(value);
  }
}

/** `CharField.to_python` is `str`, also for lists and objects. */
function textOperand(value: unknown): Sql | undefined {
  const text = pythonStr(value);
  return isStorable(text) ? sql`${text}::text` : undefined;
}

/** Numbers beyond every integer column are compared as `numeric`: no row matches, and nothing overflows. */
function integerOperand(value: unknown, rounding: Rounding): Sql | undefined {
  const integer = toInteger(value, rounding);
  if (integer === undefined) return undefined;
  const digits = String(integer);
  return BigInt.asIntN(64, integer) === integer ? sql`${digits}::bigint` : sql`${digits}::numeric`;
}

function toInteger(value: unknown, rounding: Rounding): bigint | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return parseInteger(value);
  if (!isNumber(value)) return undefined;
  if (value instanceof ExactNumber && value.type === 'int') return BigInt(value.text);
  const number = Number(value);
  return Number.isFinite(number) ? BigInt(Math[rounding](number)) : undefined;
}

/** `BooleanField.to_python`, key by key. */
const BOOLEANS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [1, true],
  ['t', true],
  ['True', true],
  ['1', true],
  [false, false],
  [0, false],
  ['f', false],
  ['False', false],
  ['0', false],
]);

function booleanOperand(value: unknown): Sql | undefined {
  const flag = BOOLEANS.get(isNumber(value) ? Number(value) : value);
  return flag === undefined ? undefined : sql`${flag}::boolean`;
}

function timestampOperand(value: unknown): Sql | undefined {
  const moment = typeof value === 'string' ? parseTimestamp(value) : undefined;
  return moment === undefined ? undefined : sql`${moment}::timestamptz`;
}
