import type { Caller } from '../kernel/account.js';
import { PermissionDenied } from '../kernel/errors.js';
import type { ListedPackage, PolicyCheck } from '../kernel/policy.js';

/** Personal access tokens bound to one organization. CVAT has none: all of this comes on top of the rules. */

/** The lookup in each package's filter that selects the rows of one organization; null for rows that are in none. */
const ORGANIZATION_LOOKUPS: Readonly<Record<ListedPackage, string | null>> = {
  users: 'memberships__organization',
  organizations: 'id',
  memberships: 'organization',
  invitations: 'membership__organization',
  access_tokens: 'organization',
  growth: null,
};

type Belonging = Pick<PolicyCheck, 'belongsTo'>;

/** @returns what the rows of a package's lists belong to */
export const belongingOfRows = (name: ListedPackage): Belonging => ({
  belongsTo: ORGANIZATION_LOOKUPS[name] === null ? null : 'context',
});

/**
 * A token bound to an organization is valid for requests that name the organization, while its owner is an active
 * member, and for nothing else. This includes administrators, and owners of the organization without a membership. If
 * the organization is deleted, the token is valid for nothing.
 *
 * @returns the id of that organization; null for every other credential
 * @throws PermissionDenied where the token is not valid, whether or not the named organization exists
 */
export function boundOrganization({ credential, organization }: Caller): number | null {
  if (credential.kind !== 'access-token' || credential.boundTo === null) return null;
  const { organizationId } = credential.boundTo;
  if (organizationId === null || organization?.id !== organizationId || organization.role === null)
    throw new PermissionDenied();
  return organizationId;
}

/**
 * Restricts checks to the organization that a token is bound to, whatever the rules allow its owner.
 *
 * @param bound see {@link boundOrganization}
 * @throws PermissionDenied for a resource of another organization, or of none
 */
export function requireBelonging(bound: number | null, checks: readonly Belonging[]): void {
  const isInside = ({ belongsTo }: Belonging) => belongsTo === 'context' || belongsTo === bound;
  if (bound !== null && !checks.every(isInside)) throw new PermissionDenied();
}

/**
 * @param filter the policy's answer
 * @param bound see {@link boundOrganization}
 * @returns the filter; for a bound token it is narrowed to the rows of its organization
 * @throws PermissionDenied for a bound token and rows of no organization
 */
export function narrowFilter(filter: object, name: ListedPackage, bound: number | null): object {
  if (bound === null) return filter;
  const lookup = ORGANIZATION_LOOKUPS[name];
  if (lookup === null) throw new PermissionDenied();
  return ['&', filter, { [lookup]: bound }];
}
