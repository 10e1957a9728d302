import { ServiceUnavailable } from '../kernel/errors.js';
import { allOf, anyOf, not } from '../platform/db/conditions.js';
import { join, type Sql, sql } from '../platform/db/sql.js';
import type { ListPlan } from '../platform/lists/list-query.js';
import type { OrganizationScope } from './organization-scope.js';

/**
 * The condition that a lookup of the policy stands for, given its value (which may be null). Throws the error of
 * {@link badFilter}.
 */
export type Lookup = (value: unknown) => Sql;

/** The condition for each lookup of a policy filter; all other lookups are refused. */
export type FilterColumns = Readonly<Record<string, Lookup>>;

/** The parts of one list request. */
export interface ListRequest {
  readonly plan: ListPlan;
  /** The policy's answer. */
  readonly visible: unknown;
  readonly scope: OrganizationScope;
}

/** @param column - the organization of a row; null for rows without one */
export const withinScope = (scope: OrganizationScope, column: Sql): Sql => {
  if (scope.kind === 'everything') return sql`true`;
  return scope.kind === 'sandbox' ? sql`${column} is null` : sql`${column} = ${scope.id}`;
};

/** A list whose lookups reach into a table with several rows per row of the list. */
export interface JoinedFilter {
  readonly columns: FilterColumns;
  /** The key of the list, as an expression that is valid inside `from`: `o.id`. */
  readonly key: Sql;
  /** The table of the list under its usual alias, with its joins. */
  readonly from: Sql;
}

/** Maximum depth of operators; CVAT's rules use three levels. */
const MAX_DEPTH = 32;

/** A policy with invalid answers counts as a failed dependency: nobody gets a list until it is fixed. */
const badFilter = (reason: string): ServiceUnavailable =>
  new ServiceUnavailable('opa_bad_answer', 'The policy engine gave an unusable answer.', {
    cause: new TypeError(`Malformed policy filter: ${reason}`),
  });

/** A lookup on an integer column: an id, or null for rows without one. */
export const integerLookup =
  (column: Sql): Lookup =>
  (value) => {
    if (value === null) return sql`${column} is null`;
    if (!Number.isSafeInteger(value)) throw badFilter('an id is not an integer');
    return sql`${column} = ${value}::bigint`;
  };

/** A lookup on a boolean column. */
export const booleanLookup =
  (column: Sql): Lookup =>
  (value) => {
    if (value === null) return sql`${column} is null`;
    if (typeof value !== 'boolean') throw badFilter('a flag is not a boolean');
    return sql`${column} = ${value}::boolean`;
  };

/**
 * Turns the filter of a policy, in the prefix notation of CVAT 2.62, into a condition: `{}` selects every row, an
 * object requires all of its equalities, and `["&", e...]`, `["|", e...]`, `["~", e]` join conditions. Only for
 * lookups with one value per row; for lookups that reach many rows, see {@link compileJoinedFilter}.
 *
 * @throws ServiceUnavailable `opa_bad_answer` for anything else, so that no list is open by mistake
 */
export const compilePolicyFilter = (value: unknown, columns: FilterColumns): Sql =>
  compile(value, { columns, negatable: true }, MAX_DEPTH);

/**
 * The same over a join, with Django's semantics: all lookups into the joined table refer to *one* of its rows, and
 * each row of the list appears once (`filter(...).distinct()`). A separate `exists` per lookup would be too
 * permissive: an organization may have my membership and an active membership without one membership being both.
 * Alternatives are looked up one by one, because no index serves an `or` over two tables.
 *
 * @throws ServiceUnavailable `opa_bad_answer`, also for `~`, which Django does not compile to a join
 */
export function compileJoinedFilter(value: unknown, { columns, key, from }: JoinedFilter): Sql {
  const rules = { columns, negatable: false };
  const branches = alternativesOf(value).map((branch) => compile(branch, rules, MAX_DEPTH));
  if (isEverything(value)) return sql`true`;
  const selects = branches.map((condition) => sql`select ${key} from ${from} where ${condition}`);
  return sql`${key} in (${join(selects, ' union all ')})`;
}

const alternativesOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) && value[0] === '|' && value.length > 1 ? value.slice(1) : [value];

const isEverything = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

interface Rules {
  readonly columns: FilterColumns;
  readonly negatable: boolean;
}

function compile(value: unknown, rules: Rules, levels: number): Sql {
  if (levels === 0) throw badFilter('nested too deep');
  if (typeof value !== 'object' || value === null) throw badFilter('neither an object nor an array');
  if (!Array.isArray(value)) return compileEqualities(value, rules.columns);

  const [operator, ...operands]: readonly unknown[] = value;
  if (operands.length === 0) throw badFilter('an operator without operands');
  const conditions = operands.map((each) => compile(each, rules, levels - 1));
  if (operator === '&') return allOf(conditions);
  if (operator === '|') return anyOf(conditions);
  const [condition, ...others] = conditions;
  if (operator !== '~' || condition === undefined || others.length > 0)
    throw badFilter('an unknown operation');
  if (!rules.negatable) throw badFilter('a negation over joined rows');
  return not(condition);
}

function compileEqualities(term: object, columns: FilterColumns): Sql {
  const conditions = Object.entries(term).map(([name, value]) => {
    const lookup = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (lookup === undefined) throw badFilter('an unknown lookup');
    return lookup(value);
  });
  return allOf(conditions);
}
