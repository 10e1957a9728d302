import type { Caller } from '../kernel/account.js';
import type { Exchange } from '../platform/http/exchange.js';
import { selectorForLookup } from './context.js';

/** The rows that the context of a request restricts a list to: those of one organization, those of none, or all. */
export type OrganizationScope =
  | { readonly kind: 'organization'; readonly id: number }
  | { readonly kind: 'sandbox' }
  | { readonly kind: 'everything' };

/**
 * CVAT's `OrganizationFilterBackend`, which applies in addition to the policy's filter. Call it in a handler, after
 * the context has been checked.
 */
export function organizationScope(exchange: Exchange, { organization }: Caller): OrganizationScope {
  const { kind } = selectorForLookup(exchange);
  if (kind === 'absent') return { kind: 'everything' };
  return organization === null ? { kind: 'sandbox' } : { kind: 'organization', id: organization.id };
}
