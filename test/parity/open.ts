import type { Difference } from './compare.js';
import type { Exchange } from './replay.js';

/**
 * What still differs from CVAT and should not. The first entry that claims a difference has it. Each goes with its
 * cause; when the list is empty, so does this file.
 */
export interface OpenKind {
  /** A claim about what is wrong. */
  readonly title: string;
  /** How many requests show it, exactly. */
  readonly requests: number;
  /** Who wins is luck: at most so many requests show it. */
  readonly isRace?: true;
  readonly claims: (difference: Difference, exchange: Exchange) => boolean;
}

const INVITATION_STEP = /^\/api\/invitations\/\w{64}(\/(accept|decline|resend))?(\?|$)/;

const textOf = ({ step: { body } }: Exchange): string =>
  body === undefined ? '' : 'text' in body ? body.text : `base64 ${body.base64}`;

const isGroup = ({ golden }: Exchange, start: RegExp): boolean => start.test(golden.group);

const queryOf = ({ step }: Exchange): string => decodeURIComponent(step.path.split('?')[1] ?? '');

export const OPEN: readonly OpenKind[] = [
  {
    title: 'Vary names the cookie where no session was looked at',
    requests: 1,
    claims: ({ what, cvat, ours }) => what === 'header vary' && ours === `${cvat}, Cookie`,
  },
  {
    title: 'the use of an access token is noted beside the request, and the answer may not show it yet',
    requests: 12,
    isRace: true,
    claims: ({ what }) => /^body (\.results\[\])?\.last_used_date$/.test(what),
  },
  {
    title: 'read_only is missing from filter and sort of access tokens',
    requests: 1,
    claims: (_difference, exchange) =>
      exchange.step.path.startsWith('/api/auth/access_tokens?') && /\bread_only\b/.test(queryOf(exchange)),
  },
  {
    title: 'the bodies of invitation steps are not parsed',
    requests: 10,
    claims: (_difference, exchange) =>
      isGroup(exchange, /^(body|stray) /) && INVITATION_STEP.test(exchange.step.path),
  },
  {
    title: 'who is invited is refused in the context of the inviting organization',
    requests: 6,
    claims: (_difference, exchange) =>
      isGroup(exchange, /^(acl|invitee) /) &&
      (INVITATION_STEP.test(exchange.step.path) || exchange.step.path === '/api/organizations'),
  },
  {
    title: 'a registration without an address does not meet the account without one',
    requests: 1,
    claims: (_difference, exchange) => exchange.golden.group === 'missing POST /api/auth/register email',
  },
  {
    title: 'of two errors of a user name the order is another',
    requests: 1,
    claims: ({ what }, exchange) => what === 'body .username[]' && textOf(exchange).includes('\\u0000'),
  },
  {
    title: 'the host [::1] is allowed by default',
    requests: 4,
    claims: (_difference, exchange) =>
      isGroup(exchange, /^host$/) && textOfHost(exchange).startsWith('[::1]'),
  },
  {
    title: 'ids that no row can have are told as another kind of missing',
    requests: 1,
    claims: ({ what }, exchange) => isGroup(exchange, /^path$/) && what === 'body .detail',
  },
  {
    title: 'text/* is refused where CVAT fails',
    requests: 1,
    claims: (_difference, { step }) =>
      step.path === '/api/auth/login' &&
      step.headers?.some(([name, value]) => name === 'Accept' && value === 'text/*') === true,
  },
];

const textOfHost = ({ step: { headers = [] } }: Exchange): string => {
  const [, value] = headers.find(([name]) => name === 'Host') ?? [];
  return typeof value === 'string' ? value : '';
};

/** How many entries of the table of deviations wait for their row in docs/deviations-from-cvat.md. */
export const ROWS_TO_WRITE = 0;

/** @returns the entry that has the difference, if one has */
export const openKindOf = (difference: Difference, exchange: Exchange): OpenKind | undefined =>
  OPEN.find(({ claims }) => claims(difference, exchange));
