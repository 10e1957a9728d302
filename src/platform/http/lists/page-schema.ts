import { z } from 'zod';
import type { Exchange } from '../exchange.js';
import { uri } from '../read-fields.js';
import { type Page, pageBody } from './pagination.js';
import type { ListRows } from './run-list.js';

/** @returns the schema of a page; `id` is CVAT's name of it, such as `PaginatedMembershipReadList` */
export const pageSchema = <T extends z.ZodType>(item: T, id: string) =>
  z
    .object({
      count: z.int(),
      next: uri().nullable(),
      previous: uri().nullable(),
      results: z.array(item),
    })
    .meta({ id });

/** @returns the body of a list answer, with links to where the request was addressed */
export const presentPage = <R, T>(
  { origin, path, query }: Exchange,
  { rows, total, page, lastPage }: ListRows<R>,
  present: (row: R) => T,
): Page<T> =>
  pageBody(
    { baseUrl: `${origin.base}${path}`, params: query, page, lastPage },
    { count: total, results: rows.map(present) },
  );
