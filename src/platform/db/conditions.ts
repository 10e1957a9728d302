import { join, type Sql, sql } from './sql.js';

/** Parentheses inside and around: the parts may be any conditions, and the whole may be used anywhere. */
const combine = (conditions: readonly Sql[], separator: string): Sql => {
  const parts = conditions.map((condition) => sql`(${condition})`);
  return parts.length === 1 ? join(parts, separator) : sql`(${join(parts, separator)})`;
};

/** @returns a condition that holds if all of them do; `true` for none */
export const allOf = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : combine(conditions, ' and ');

/** @returns a condition that holds if at least one of them does; `false` for none */
export const anyOf = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`false` : combine(conditions, ' or ');

/**
 * The rows that the condition does not select, including those where it is NULL. Django's `~Q` adds `AND column IS NOT
 * NULL` inside the NOT for every nullable column, which selects exactly these rows; so "everything but x" includes
 * rows without a value, and a rule and its negation divide the table in two.
 */
export const not = (condition: Sql): Sql => sql`((${condition}) is not true)`;

/** @returns the `LIKE` pattern for "contains this text", with its wildcards escaped */
export const containsPattern = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
