import type pg from 'pg';
import { many, one, type Queryable } from '../db/queryable.js';
import { type Sql, sql } from '../db/sql.js';
import type { ListPlan } from './list-query.js';
import { existingPage, lastPageOf } from './pagination.js';

/** A plan with its tables; `from` returns each row of the list once, `select` names the columns to read. */
export interface ListQuery extends ListPlan {
  readonly select: Sql;
  readonly from: Sql;
  /**
   * Tables for the count, if fewer are enough: joins that only add columns, written as left joins, cost nothing if no
   * condition needs them. They must return as many rows as `from`.
   */
  readonly counted?: Sql;
  /** Reads the remaining columns for the rows of the page, if each of them costs a look-up; keeps its `total`. */
  readonly complete?: (page: Sql) => Sql;
}

export interface ListRows<R> {
  readonly rows: readonly R[];
  readonly total: number;
  /** The number of the page, also if `last` was requested. */
  readonly page: number;
  readonly lastPage: number;
}

interface Counted {
  readonly total: number;
}

/**
 * Reads one page and the count of all rows: the first page in one statement. For any other page the count comes first:
 * it determines the last page and whether the requested one exists, and keeps the offset below the number of rows for
 * any input.
 *
 * @throws NotFound `Invalid page.` beyond the last page; the first page of an empty list exists
 */
export async function runList<R extends pg.QueryResultRow>(
  db: Queryable,
  query: ListQuery,
): Promise<ListRows<R>> {
  const { from, counted = from, where, pageSize } = query;
  const count = sql`select count(*)::int as total from ${counted} where ${where}`;
  if (query.page === 1) {
    const rows = await readPage<R>(db, query, sql`(${count})`, 0);
    const total = rows[0]?.total ?? 0;
    return { rows, total, page: 1, lastPage: lastPageOf(total, pageSize) };
  }
  const total = (await one<Counted>(db, count, { isRepeated: query.isPlain }))?.total ?? 0;
  const lastPage = lastPageOf(total, pageSize);
  const page = existingPage(query, lastPage);
  if (total === 0) return { rows: [], total, page, lastPage };
  const rows = await readPage<R>(db, query, sql`${total}::int`, (page - 1) * pageSize);
  return { rows, total, page, lastPage };
}

/** @param total a value that each row of the page gets */
function readPage<R extends pg.QueryResultRow>(
  db: Queryable,
  query: ListQuery,
  total: Sql,
  offset: number,
): Promise<(R & Counted)[]> {
  const { select, from, where, orderBy, pageSize, isPlain, complete = (rows) => rows } = query;
  const page = sql`
    select ${select}, ${total} as total from ${from} where ${where}
    order by ${orderBy} limit ${pageSize} offset ${offset}`;
  return many<R & Counted>(db, complete(page), { isRepeated: isPlain });
}
