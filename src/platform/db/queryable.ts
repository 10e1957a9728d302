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
}

/** Runs a statement. @returns its rows */
export async function many<R extends pg.QueryResultRow>(
  db: Queryable,
  query: Sql,
  options: StatementOptions = {},
): Promise<R[]> {
  return (await db.query<R>({ ...render(query), ...options, types: TYPES })).rows;
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
  return (await db.query({ ...render(query), ...options, types: TYPES })).rowCount ?? 0;
}
