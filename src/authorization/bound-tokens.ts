import type { Caller } from '../kernel/account.js';
import { PermissionDenied } from '../kernel/errors.js';
import type { ListedPackage, PolicyCheck } from '../kernel/policy.js';

/** Personal access tokens that are bound to one organization. CVAT has none: all of it comes on top of the rules. */

/** The lookup of each package's filter that keeps the rows of one organization. */
const ORGANIZATION_LOOKUPS: Readonly<Record<ListedPackage, string>> = {
  users: 'memberships__organization',
  organizations: 'id',
  memberships: 'organization',
  invitations: 'membership__organization',
  access_tokens: 'organization',
};

/**
 * A token that is bound to an organization is good for requests that name it, while its owner is an active member of
 * it, and for nothing else: not for an administrator, nor for who owns it by its record alone. When the organization is
 * gone it is good for nothing.
 *
 * @returns the id of that organization; null for every other credential
 * @throws PermissionDenied where the token is not good, whether the organization that is named exists or not
 */
export function boundOrganization({ credential, organization }: Caller): number | null {
  if (credential.kind !== 'access-token' || credential.boundTo === null) return null;
  const { organizationId } = credential.boundTo;
  if (organizationId === null || organization?.id !== organizationId || organization.role === null)
    throw new PermissionDenied();
  return organizationId;
}

/**
 * Keeps checks inside of the organization that a token is bound to, whatever the rules allow its owner.
 *
 * @param bound as of {@link boundOrganization}
 * @throws PermissionDenied for what belongs to another organization, or to none
 */
export function requireBelonging(bound: number | null, checks: readonly PolicyCheck[]): void {
  const isInside = ({ belongsTo }: PolicyCheck) => belongsTo === 'context' || belongsTo === bound;
  if (bound !== null && !checks.every(isInside)) throw new PermissionDenied();
}

/**
 * @param filter the policy's answer
 * @param bound as of {@link boundOrganization}
 * @returns the filter, and for a bound token the rows of its organization among what it lets through
 */
export const narrowFilter = (filter: object, name: ListedPackage, bound: number | null): object =>
  bound === null ? filter : ['&', filter, { [ORGANIZATION_LOOKUPS[name]]: bound }];
