import type pg from 'pg';
import { render, type Sql } from './sql.js';
import { TYPES } from './types.js';

/** The first parameter of repository functions: the pool, or the client of a transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(config: pg.QueryConfig): Promise<pg.QueryResult<R>>;
}

export interface StatementOptions {
  /**
   * Prepares the statement once per connection under this name, which halves the cost of a hot query. The rendered
   * text must always be the same: `pg` refuses a second text under the same name.
   */
  readonly name?: string;
  /** Prepares the statement under a name that stands for its text, which must be one of a few. */
  readonly isRepeated?: boolean;
}

/** Each prepared statement occupies memory of every connection. Further texts are not prepared. */
const MAXIMUM_REPEATED = 100;
const repeated = new Map<string, string>();

function nameOf(text: string): string | undefined {
  const known = repeated.get(text);
  if (known !== undefined || repeated.size >= MAXIMUM_REPEATED) return known;
  const name = `repeated_${repeated.size}`;
  repeated.set(text, name);
  return name;
}

function configOf(query: Sql, { name, isRepeated = false }: StatementOptions): pg.QueryConfig {
  const { text, values } = render(query);
  const used = isRepeated ? nameOf(text) : name;
  return { text, values, types: TYPES, ...(used === undefined ? {} : { name: used }) };
}

/** Runs a statement. @returns its rows */
export async function many<R extends pg.QueryResultRow>(
  db: Queryable,
  query: Sql,
  options: StatementOptions = {},
): Promise<R[]> {
  return (await db.query<R>(configOf(query, options))).rows;
}

/** Runs a statement that returns at most one row. @returns the row or undefined */
export async function one<R extends pg.QueryResultRow>(
  db: Queryable,
  query: Sql,
  options: StatementOptions = {},
): Promise<R | undefined> {
  return (await many<R>(db, query, options))[0];
}

/** Runs a statement for its effect. @returns the number of affected rows */
export async function execute(db: Queryable, query: Sql, options: StatementOptions = {}): Promise<number> {
  return (await db.query(configOf(query, options))).rowCount ?? 0;
}
