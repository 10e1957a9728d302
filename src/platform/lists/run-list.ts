import type pg from 'pg';
import { NotFound } from '../../kernel/errors.js';
import { many, one, type Queryable } from '../db/queryable.js';
import { type Sql, sql } from '../db/sql.js';
import type { ListPlan } from './list-query.js';
import { INVALID_PAGE, lastPageOf } from './pagination.js';

/** A plan with its tables; `from` returns each row of the list once, `select` names the columns to read. */
export interface ListQuery extends ListPlan {
  readonly select: Sql;
  readonly from: Sql;
  /**
   * Tables for the count, if fewer are enough: joins that only add columns, written as left joins, cost nothing if no
   * condition needs them. They must return as many rows as `from`.
   */
  readonly counted?: Sql;
  /** Reads the remaining columns for the rows of the page, if each of them costs a look-up. */
  readonly complete?: (page: Sql) => Sql;
}

export interface ListRows<R> {
  readonly rows: readonly R[];
  readonly total: number;
  /** The number of the page, also if `last` was requested. */
  readonly page: number;
  readonly lastPage: number;
}

/**
 * Reads one page, after one count: the count determines the last page and whether the requested one exists, and keeps
 * the offset below the number of rows for any input.
 *
 * @throws NotFound `Invalid page.` beyond the last page; the first page of an empty list exists
 */
export async function runList<R extends pg.QueryResultRow>(
  db: Queryable,
  query: ListQuery,
): Promise<ListRows<R>> {
  const { select, from, counted = from, where, orderBy, pageSize, complete = (rows) => rows } = query;
  const count = await one<{ total: number }>(
    db,
    sql`select count(*)::int as total from ${counted} where ${where}`,
  );
  const total = count?.total ?? 0;
  const lastPage = lastPageOf(total, pageSize);
  const page = query.page === 'last' ? lastPage : query.page;
  if (page > lastPage) throw new NotFound(INVALID_PAGE);
  if (total === 0) return { rows: [], total, page, lastPage };

  const offset = (page - 1) * pageSize;
  const cut = sql`select ${select} from ${from} where ${where} order by ${orderBy} limit ${pageSize} offset ${offset}`;
  const rows = await many<R>(db, complete(cut));
  return { rows, total, page, lastPage };
}
