import { NotFound } from '../../kernel/errors.js';
import { parseInteger } from '../values/integer.js';
import { lastParam } from '../values/params.js';

export const INVALID_PAGE = 'Invalid page.';

const DEFAULT_PAGE_SIZE = 10;

/** The requested part of a list. */
export interface PageRequest {
  readonly page: number | 'last';
  readonly pageSize: number;
}

/**
 * `page` and `page_size` as CVAT's `CustomPagination` reads them.
 *
 * @throws NotFound `Invalid page.` for a page that no list can have
 */
export const parsePage = (params: URLSearchParams): PageRequest => ({
  page: parsePageNumber(lastParam(params, 'page')),
  pageSize: parsePageSize(lastParam(params, 'page_size')),
});

function parsePageNumber(text: string | undefined): number | 'last' {
  if (text === undefined || text === '') return 1;
  if (text === 'last') return 'last';
  const page = parseInteger(text);
  if (page === undefined || page < 1n || page > Number.MAX_SAFE_INTEGER) throw new NotFound(INVALID_PAGE);
  return Number(page);
}

function parsePageSize(text = ''): number {
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  const size = parseInteger(text);
  if (size === undefined || size < 1n) return DEFAULT_PAGE_SIZE;
  return size > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(size);
}

/** @returns the number of the last page; an empty list has one page */
export const lastPageOf = (total: number, pageSize: number): number =>
  Math.max(1, Math.ceil(total / pageSize));

/** @returns the number of the requested page. @throws NotFound `Invalid page.` beyond the last page */
export function existingPage({ page }: Pick<PageRequest, 'page'>, lastPage: number): number {
  if (page === 'last') return lastPage;
  if (page > lastPage) throw new NotFound(INVALID_PAGE);
  return page;
}

/** The position of a page, and the URL it was requested with. */
export interface PageAddress {
  /** Scheme, host and path, without a query. */
  readonly baseUrl: string;
  readonly params: URLSearchParams;
  readonly page: number;
  readonly lastPage: number;
}

export interface PageLinks {
  readonly next: string | null;
  readonly previous: string | null;
}

/** @returns the URLs of the next and the previous page (DRF `replace_query_param` and `remove_query_param`) */
export const pageLinks = ({ baseUrl, params, page, lastPage }: PageAddress): PageLinks => ({
  next: page < lastPage ? link(baseUrl, params, page + 1) : null,
  previous: page > 1 ? link(baseUrl, params, page - 1) : null,
});

/** The envelope of every list, with its keys in DRF's order. */
export interface PageBody<T> extends PageLinks {
  readonly count: number;
  readonly results: T[];
}

/** @returns the body of a list answer */
export const pageBody = <T>(
  address: PageAddress,
  { count, results }: { readonly count: number; readonly results: readonly T[] },
): PageBody<T> => ({ count, ...pageLinks(address), results: [...results] });

function link(baseUrl: string, params: URLSearchParams, page: number): string {
  const values = new Map<string, string[]>();
  for (const [name, text] of params) {
    const texts = values.get(name);
    if (texts === undefined) values.set(name, [text]);
    else texts.push(text);
  }
  if (page === 1) values.delete('page');
  else values.set('page', [String(page)]);
  const query = [...values]
    .map(([name, texts]) => ({ bytes: Buffer.from(name), name: quotePlus(name), texts }))
    .sort((left, right) => left.bytes.compare(right.bytes))
    .flatMap(({ name, texts }) => texts.map((text) => `${name}=${quotePlus(text)}`))
    .join('&');
  return query === '' ? baseUrl : `${baseUrl}?${query}`;
}

/** Python's `quote_plus`: everything except ASCII letters, digits and `_.-~` is escaped, the space as `+`. */
const quotePlus = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
