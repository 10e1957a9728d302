import { existingPage, lastPageOf, type PageRequest } from './pagination.js';
import type { ListRows } from './run-list.js';

/**
 * @param all rows of a list that is not in the database, in order
 * @returns one page of them. @throws NotFound `Invalid page.` beyond the last page
 */
export function cutPage<R>(all: readonly R[], request: PageRequest): ListRows<R> {
  const { pageSize } = request;
  const lastPage = lastPageOf(all.length, pageSize);
  const page = existingPage(request, lastPage);
  const offset = (page - 1) * pageSize;
  return { rows: all.slice(offset, offset + pageSize), total: all.length, page, lastPage };
}
