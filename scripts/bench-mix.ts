import type { headersOf } from './bench-context.js';
import type { Request } from './bench-load.js';

type Headers = Awaited<ReturnType<typeof headersOf>>;

/** Of 20 requests; each of the four ways sends a quarter of the first. */
const SELF_EACH = 4;
const LISTS = ['/api/users', '/api/organizations', '/api/memberships'];

/** @returns what a busy day sends: 80 % ask for themselves in the four ways, 15 % are lists, 5 % writes */
export function mixOf({ Token, Bearer, session, Basic }: Headers, selfId: number): readonly Request[] {
  const ways = [Token, Bearer, session, Basic];
  const selves = Array.from({ length: SELF_EACH }, (): Request[] =>
    ways.map((headers) => ({ method: 'GET', path: '/api/users/self', headers })),
  );
  const lists = LISTS.map((path): Request => ({ method: 'GET', path, headers: Token }));
  const write: Request = {
    method: 'PATCH',
    path: `/api/users/${selfId}`,
    headers: Token,
    body: { first_name: 'Busy' },
  };
  const [first = [], second = [], third = [], fourth = []] = selves;
  return [
    ...[first, lists.slice(0, 1)].flat(),
    ...[second, lists.slice(1, 2)].flat(),
    ...[third, lists.slice(2)].flat(),
    ...[fourth, write].flat(),
  ];
}
