import { join, type Sql, sql } from './sql.js';

/** Parentheses inside and around: the parts may be anything, and the whole may stand anywhere. */
const combine = (conditions: readonly Sql[], separator: string): Sql => {
  const parts = conditions.map((condition) => sql`(${condition})`);
  return parts.length === 1 ? join(parts, separator) : sql`(${join(parts, separator)})`;
};

/** @returns a condition that holds where all do; `true` of none */
export const allOf = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : combine(conditions, ' and ');

/** @returns a condition that holds where at least one does; `false` of none */
export const anyOf = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`false` : combine(conditions, ' or ');

/**
 * The rows that the condition does not select, among them those where it is NULL. Django's `~Q` adds
 * `AND column IS NOT NULL` inside the NOT for every nullable column, which selects exactly these rows; so
 * "everything but x" includes the rows without a value, and a rule and its negation divide the table in two.
 */
export const not = (condition: Sql): Sql => sql`((${condition}) is not true)`;

/** @returns the `LIKE` pattern of "contains this text", its wildcards taken literally */
export const containsPattern = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
