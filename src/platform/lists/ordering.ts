import { join, type Sql, sql } from '../db/sql.js';
import { pythonTrim } from '../values/python-text.js';
import type { Columns } from './columns.js';

/** The default order of a list, and the expression that makes every order total. */
export interface OrderingRules {
  readonly columns: Columns;
  readonly fallback: readonly Sql[];
  /** A unique expression, so that no row is on two pages or on none. */
  readonly unique: Sql;
}

/**
 * `sort=a,-b`: unknown names are silently dropped, only the first mention of a name counts, and NULLs are where
 * PostgreSQL and therefore Django put them (last ascending, first descending).
 *
 * @returns the text after `order by`
 */
export function compileOrdering(sort: string | undefined, { columns, fallback, unique }: OrderingRules): Sql {
  const asked = orderTerms(sort ?? '', columns);
  return join([...(asked.length > 0 ? asked : fallback), unique], ', ');
}

/** @returns one term for each known name of `a,-b` */
export function orderTerms(sort: string, columns: Columns): readonly Sql[] {
  const terms = new Map<string, Sql>();
  for (const term of sort.split(',').map(pythonTrim)) {
    const descending = term.startsWith('-');
    const name = descending ? term.slice(1) : term;
    const expression = columns.get(name)?.expression;
    if (expression === undefined || terms.has(name)) continue;
    terms.set(name, descending ? sql`${expression} desc` : sql`${expression} asc`);
  }
  return [...terms.values()];
}
