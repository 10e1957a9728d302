import { ValidationError } from '../../kernel/errors.js';
import { isStorable } from '../../kernel/storable.js';
import { allOf, anyOf, containsPattern, not } from '../db/conditions.js';
import { join, raw, type Sql, sql } from '../db/sql.js';
import { isNumber, isObject, MAXIMUM_DIGITS, NestingError, parseJson } from '../values/json.js';
import { isTruthy, pythonStr, pythonTypeName } from '../values/python-text.js';
import { type Column, type Columns, operand, type Rounding } from './columns.js';

/** UTF-16 units; Node refuses longer request heads anyway (`--max-http-header-size`). */
export const MAX_FILTER_LENGTH = 16_384;
/** Levels of arrays and objects; a rule inside a rule takes two. */
export const MAX_FILTER_DEPTH = 64;

/** Compiles the arguments of one operator; undefined if they do not fit it. */
type Operation = (args: unknown, columns: Columns) => Sql | undefined;

/**
 * `filter=`, the JSON-logic subset of CVAT's `JsonLogicFilter`: `and`, `or`, `!`, `!!`, `var`, `==`, `<`, `>`, `<=`,
 * `>=` and `in`. As there, only the first key of a rule counts. Unlike in CVAT, `var` as a rule is also restricted to
 * the names of the list, and operands that no Django field can read are a 400, not a 500.
 *
 * @throws ValidationError one sentence, beginning with `filter`
 */
export function compileJsonLogic(filter: string | undefined, columns: Columns): Sql {
  if (filter === undefined || filter === '') return sql`true`;
  if (filter.length > MAX_FILTER_LENGTH) {
    throw new ValidationError([`filter: no more than ${MAX_FILTER_LENGTH} characters are supported`]);
  }
  const rules = parse(filter);
  if (!isTruthy(rules)) throw new ValidationError(["filter shouldn't be empty"]);
  return compileRule(rules, columns);
}

function parse(filter: string): unknown {
  try {
    return parseJson(filter, { depth: MAX_FILTER_DEPTH, digits: MAXIMUM_DIGITS, hasPythonConstants: true });
  } catch (cause) {
    if (cause instanceof NestingError)
      throw new ValidationError([`filter: no more than ${MAX_FILTER_DEPTH} nested levels are supported`]);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ValidationError([`filter: can't parse filter expression: ${reason}`], { cause });
  }
}

function compileRule(rule: unknown, columns: Columns): Sql {
  const [first] = isObject(rule) ? Object.entries(rule) : [];
  if (first === undefined) throw expected('dict', rule);
  const [operator, args] = first;
  const condition = OPERATIONS.get(operator)?.(args, columns);
  if (condition !== undefined) return condition;
  throw new ValidationError([
    `filter: operation '${operator}' with arguments '${pythonStr(args)}' is not supported`,
  ]);
}

const expected = (type: 'dict' | 'list', value: unknown): ValidationError => {
  const found = `'${pythonStr(value)}' of type '${pythonTypeName(value)}'`;
  return new ValidationError([`filter: expected a non-empty ${type} value, got ${found}`]);
};

const group =
  (combine: (conditions: readonly Sql[]) => Sql): Operation =>
  (args, columns) => {
    if (!Array.isArray(args) || args.length === 0) throw expected('list', args);
    return combine(args.map((rule: unknown) => compileRule(rule, columns)));
  };

/** @returns the column of `{"var": name}`; undefined if the value does not have that form */
function variable(value: unknown, columns: Columns): Column | undefined {
  if (!isObject(value) || !Object.hasOwn(value, 'var')) return undefined;
  const { var: name } = value;
  return typeof name === 'string' ? columnOf(name, columns) : undefined;
}

function columnOf(name: string, columns: Columns): Column {
  const column = columns.get(name);
  if (column === undefined) throw new ValidationError([`filter: term '${name}' is not supported`]);
  return column;
}

const isSet: Operation = (name, columns) =>
  typeof name === 'string' ? sql`${columnOf(name, columns).expression} is not null` : undefined;

type Comparison = '=' | '<' | '<=' | '>' | '>=';

function compareColumn(column: Column, comparison: Comparison, value: unknown): Sql | undefined {
  if (value === null) return comparison === '=' ? sql`${column.expression} is null` : undefined;
  const rounding: Rounding = comparison === '<' || comparison === '>=' ? 'ceil' : 'trunc';
  const right = operand(column, value, rounding);
  return right === undefined ? undefined : sql`${column.expression} ${raw(comparison)} ${right}`;
}

const compare =
  (comparison: Comparison): Operation =>
  (args, columns) => {
    if (!Array.isArray(args) || args.length !== 2) return undefined;
    const column = variable(args[0], columns);
    return column === undefined ? undefined : compareColumn(column, comparison, args[1]);
  };

/** `{"<=": [low, {"var": name}, high]}`. */
const between: Operation = (args, columns) => {
  if (!Array.isArray(args) || args.length !== 3) return undefined;
  const column = variable(args[1], columns);
  if (column === undefined) return undefined;
  const low = compareColumn(column, '>=', args[0]);
  const high = compareColumn(column, '<=', args[2]);
  return low === undefined || high === undefined ? undefined : allOf([low, high]);
};

const isIn: Operation = (args, columns) => {
  if (!Array.isArray(args) || args.length !== 2) return undefined;
  const [needle, haystack]: readonly unknown[] = args;
  return isObject(needle) ? isOneOf(needle, haystack, columns) : contains(needle, haystack, columns);
};

/** Django drops None from the list; a list without values matches no row. */
function isOneOf(needle: unknown, list: unknown, columns: Columns): Sql | undefined {
  const column = variable(needle, columns);
  if (column === undefined || !Array.isArray(list)) return undefined;
  const values: readonly unknown[] = list.filter((value: unknown) => value !== null);
  const operands = values.map((value) => operand(column, value)).filter((value) => value !== undefined);
  if (operands.length < values.length) return undefined;
  return operands.length === 0 ? sql`false` : sql`${column.expression} in (${join(operands, ', ')})`;
}

/** Case-sensitive, like Django's `__contains`. */
function contains(text: unknown, haystack: unknown, columns: Columns): Sql | undefined {
  const column = variable(haystack, columns);
  if (column === undefined || (typeof text !== 'string' && !isNumber(text))) return undefined;
  const needle = pythonStr(text);
  if (!isStorable(needle)) return undefined;
  return sql`${column.expression}::text like ${containsPattern(needle)}::text`;
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['and', group(allOf)],
  ['or', group(anyOf)],
  ['!', (rule, columns) => not(compileRule(rule, columns))],
  ['!!', compileRule],
  ['var', isSet],
  ['==', compare('=')],
  ['<', compare('<')],
  ['>', compare('>')],
  ['<=', (args, columns) => compare('<=')(args, columns) ?? between(args, columns)],
  ['>=', compare('>=')],
  ['in', isIn],
]);
