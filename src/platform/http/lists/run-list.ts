import type pg from 'pg';
import { NotFound } from '../../../kernel/errors.js';
import { many, one, type Queryable } from '../../db/queryable.js';
import { type Sql, sql } from '../../db/sql.js';
import type { ListPlan } from './list-query.js';
import { INVALID_PAGE, lastPageOf } from './pagination.js';

/** A plan with the tables it is asked of; `from` gives each row of the list once, `select` what is read of it. */
export interface ListQuery extends ListPlan {
  readonly select: Sql;
  readonly from: Sql;
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
  const { select, from, where, orderBy, pageSize } = query;
  const counted = await one<{ total: number }>(
    db,
    sql`select count(*)::int as total from ${from} where ${where}`,
  );
  const total = counted?.total ?? 0;
  const lastPage = lastPageOf(total, pageSize);
  const page = query.page === 'last' ? lastPage : query.page;
  if (page > lastPage) throw new NotFound(INVALID_PAGE);
  if (total === 0) return { rows: [], total, page, lastPage };

  const rows = await many<R>(
    db,
    sql`select ${select} from ${from} where ${where} order by ${orderBy} limit ${pageSize} offset ${(page - 1) * pageSize}`,
  );
  return { rows, total, page, lastPage };
}
