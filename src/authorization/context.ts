import { MAXIMUM_ID, type OrganizationSelector } from '../kernel/account.js';
import { ApiError, NotFound, ValidationError } from '../kernel/errors.js';
import type { Exchange } from '../platform/http/exchange.js';
import { lastParam } from '../platform/values/params.js';

const ABSENT: OrganizationSelector = { kind: 'absent' };
const SANDBOX: OrganizationSelector = { kind: 'sandbox' };

const ID_WITH_SLUG =
  'You cannot specify "org_id" query parameter with "org" query parameter or "X-Organization" HTTP header at the same time.';
const TWO_SLUGS =
  'You cannot specify "org" query parameter and "X-Organization" HTTP header with different values.';
const TWO_IDS = 'You cannot specify "org_id" query parameter with different values.';

/** Django would take the last of several values; the server must not guess which organization is meant. */
const differs = (query: URLSearchParams, name: string): boolean => new Set(query.getAll(name)).size > 1;

/**
 * Reads which organization a request asks for (CVAT `iam/middleware.py`): query `org` or `org_id`, or the header
 * `X-Organization`. CVAT does this inside the permission check, so an error is returned here and thrown there.
 */
export function readSelector({ req, query }: Exchange): OrganizationSelector | ApiError {
  if (differs(query, 'org')) return new ValidationError([TWO_SLUGS]);
  if (differs(query, 'org_id')) return new ValidationError([TWO_IDS]);
  const slug = lastParam(query, 'org');
  const id = lastParam(query, 'org_id');
  const sent = req.headers['x-organization'];
  const header = typeof sent === 'string' ? decodeHeader(sent) : undefined;
  if (id !== undefined && (slug !== undefined || header !== undefined))
    return new ValidationError([ID_WITH_SLUG]);
  if (slug !== undefined && header !== undefined && slug !== header) return new ValidationError([TWO_SLUGS]);
  if (id !== undefined) return selectById(id);
  const wanted = slug ?? header;
  if (wanted === undefined) return ABSENT;
  if (wanted === '') return SANDBOX;
  return wanted.includes('\0') ? unknownOrganization(wanted) : { kind: 'slug', slug: wanted };
}

/** Node decodes header bytes as Latin-1, and so does Django: a slug is ASCII in both cases. */
const decodeHeader = (value: string): string => value.trim();

function selectById(text: string): OrganizationSelector | ApiError {
  if (text === '') return SANDBOX;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return new ValidationError({ org_id: ['Enter a number.'] });
  const id = Number(text);
  return Math.abs(id) > MAXIMUM_ID ? unknownOrganization(text) : { kind: 'id', id };
}

/** 404 for an organization that does not exist. */
export const unknownOrganization = (wanted: string): NotFound =>
  new NotFound(`${wanted} organization does not exist.`);

/** @returns the selector for the look-up of the caller; an invalid selector looks nothing up */
export const selectorForLookup = (exchange: Exchange): OrganizationSelector => {
  const selector = readSelector(exchange);
  return selector instanceof ApiError ? ABSENT : selector;
};
