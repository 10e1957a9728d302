import { ValidationError } from '../../kernel/errors.js';
import { allOf } from '../db/conditions.js';
import { type Sql, sql } from '../db/sql.js';
import { NULL_CHARACTERS } from '../values/field-errors.js';
import { parseInteger } from '../values/integer.js';
import { lastParam } from '../values/params.js';
import { pythonTrim } from '../values/python-text.js';
import { type Column, type Columns, operand } from './columns.js';

/** The result for one parameter: a condition, or an error message; undefined if it has no effect. */
type Answer = { readonly condition: Sql } | { readonly error: string } | undefined;

/**
 * Equality parameters (`?username=ann&is_active=true`) with the coercions of the form fields that django-filter
 * creates for the columns. All invalid parameters are reported together, in the order of their declaration.
 *
 * @throws ValidationError a field map
 */
export function compileSimpleFilters(params: URLSearchParams, columns: Columns): Sql {
  const conditions: Sql[] = [];
  const errors: [string, readonly string[]][] = [];
  for (const [name, column] of columns) {
    const text = lastParam(params, name);
    const answer = text === undefined ? undefined : read(column, text);
    if (answer === undefined) continue;
    if ('error' in answer) errors.push([name, [answer.error]]);
    else conditions.push(answer.condition);
  }
  if (errors.length > 0) throw new ValidationError(Object.fromEntries(errors));
  return allOf(conditions);
}

function read(column: Column, text: string): Answer {
  const value = cleaned(column, text);
  if (value === undefined || value === '') return undefined;
  const isPossible = column.kind !== 'choice' || column.choices.includes(text);
  const right = isPossible ? operand(column, value) : undefined;
  return right === undefined
    ? { error: invalid(column, text) }
    : { condition: sql`${column.expression} = ${right}` };
}

/** The text after the widget and the field have cleaned it, before it is compared with the column. */
function cleaned({ kind }: Column, text: string): string | number | boolean | undefined {
  if (kind === 'boolean') return BOOLEANS.get(text);
  if (kind === 'choice') return text;
  const trimmed = pythonTrim(text);
  const isFraction = kind === 'integer' && parseInteger(trimmed) === undefined && FRACTION.test(trimmed);
  return isFraction ? Number(trimmed) : trimmed;
}

/** `NullBooleanSelect`: any other text has no effect. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['2', true],
  ['false', false],
  ['False', false],
  ['3', false],
]);

/** Numbers are a `DecimalField`: fractions and exponents are accepted, and the integer column truncates them. */
const FRACTION = /^[+-]?(?:\d+\.\d*|\.?\d+)(?:e[+-]?\d{1,6})?$/i;

function invalid({ kind }: Column, text: string): string {
  if (kind === 'integer') return 'Enter a number.';
  if (kind === 'timestamp') return 'Enter a valid date/time.';
  if (kind === 'choice') return `Select a valid choice. ${text} is not one of the available choices.`;
  return NULL_CHARACTERS;
}
