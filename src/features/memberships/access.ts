import { PermissionDenied } from '../../kernel/errors.js';
import type { PolicyCheck } from '../../kernel/policy.js';
import type { Unchecked } from '../../platform/http/route.js';
import { isObject } from '../../platform/values/json.js';
import { namesIn } from '../../platform/values/python-text.js';
import type { ViewedMembership } from './repository.js';

const resourceOf = ({ role, isActive, user, organization }: ViewedMembership) => ({
  role,
  is_active: isActive,
  user: { id: user.id },
  organization: { id: organization.id },
});

/** Decisions about a membership use its own organization, whatever context the request names. */
const about = (scope: string, membership: ViewedMembership, more: object = {}): PolicyCheck => ({
  package: 'memberships',
  scope,
  resource: { ...resourceOf(membership), ...more },
  organization: membership.organization,
  belongsTo: membership.organization.id,
});

const may =
  (scope: string) =>
  (membership: ViewedMembership): PolicyCheck[] => [about(scope, membership)];

export const mayView = may('view');
export const mayDelete = may('delete');

export const mayList = (): PolicyCheck[] => [
  { package: 'memberships', scope: 'list', resource: null, belongsTo: 'context' },
];

/**
 * The policy also sees the new role, unlike in CVAT, where a maintainer can appoint an owner (deviation 5).
 *
 * @throws PermissionDenied for any field except the role, for every caller
 */
export async function mayUpdate(membership: ViewedMembership, { body }: Unchecked): Promise<PolicyCheck[]> {
  const fields = await body();
  if (namesIn(fields).some((field) => field !== 'role')) {
    throw new PermissionDenied('Attempted to update an unknown field');
  }
  if (!isObject(fields) || !Object.hasOwn(fields, 'role')) return mayView(membership);
  return [...mayView(membership), about('change:role', membership, { new_role: fields['role'] })];
}
