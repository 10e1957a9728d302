import type pg from 'pg';
import { NotFound } from '../../kernel/errors.js';
import { many, one, type Queryable } from '../db/queryable.js';
import { type Sql, sql } from '../db/sql.js';
import type { ListPlan } from './list-query.js';
import { INVALID_PAGE, lastPageOf } from './pagination.js';

/** A plan with the tables it is asked of; `from` gives each row of the list once, `select` what is read of it. */
export interface ListQuery extends ListPlan {
  readonly select: Sql;
  readonly from: Sql;
  /**
   * Tables of the count, where fewer would do: joins that can only add columns, written as left joins, cost nothing
   * when no condition needs them. They must give as many rows as `from`.
   */
  readonly counted?: Sql;
  /** Reads the rest of the rows once the page is cut, for columns that cost a look-up each. */
  readonly complete?: (page: Sql) => Sql;
}

export interface ListRows<R> {
  readonly rows: readonly R[];
  readonly total: number;
  /** The number of the page, also where `last` was asked for. */
  readonly page: number;
  readonly lastPage: number;
}

/**
 * Reads one page, after one count: the count tells which page is the last one and whether the asked one exists, and
 * keeps the offset below the number of rows, whatever the client wrote.
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
