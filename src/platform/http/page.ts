import { z } from 'zod';
import { type PageBody, pageBody } from '../lists/pagination.js';
import type { ListRows } from '../lists/run-list.js';
import type { Exchange } from './exchange.js';
import { unrequired, uri } from './read-fields.js';

/**
 * @param path of the list, for the examples
 * @returns the schema of a page; `id` is CVAT's name for it, such as `PaginatedMembershipReadList`
 */
export const pageSchema = <T extends z.ZodType>(item: T, id: string, path: `/${string}`) =>
  z
    .object({
      count: z.int().meta({ example: 123 }),
      next: unrequired(link(`${path}?page=4`)),
      previous: unrequired(link(`${path}?page=2`)),
      results: z.array(item),
    })
    .meta({ id });

const link = (address: string) =>
  uri()
    .nullable()
    .meta({ example: `https://cvat.example.com${address}` });

/** @returns the body of a list answer, with links based on the URL of the request */
export const presentPage = <R, T>(
  { origin, path, query }: Exchange,
  { rows, total, page, lastPage }: ListRows<R>,
  present: (row: R) => T,
): PageBody<T> =>
  pageBody(
    { baseUrl: `${origin.base}${path}`, params: query, page, lastPage },
    { count: total, results: rows.map(present) },
  );
