import { ROLES, type Role } from '../../kernel/account.js';
import type { Member } from '../../platform/ldap/directory.js';
import type { DirectorySettings } from '../../platform/ldap/settings.js';

export interface RoleRules {
  readonly roleGroups: DirectorySettings['roleGroups'];
  readonly requiredGroup: string | null;
  /** `IAM_DEFAULT_ROLE`, for people in none of the groups. */
  readonly defaultRole: Role;
}

export type Judgement =
  | { readonly kind: 'admitted'; readonly roles: readonly Role[] }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Whether a person may sign in, and with which roles: all roles with at least one group that they are in (CVAT
 * `populate_user`).
 */
export function judge({ person, groups }: Member, rules: RoleRules): Judgement {
  if (person.isDisabled) return { kind: 'refused', reason: 'the entry is disabled' };
  if (rules.requiredGroup !== null && !groups.has(rules.requiredGroup)) {
    return { kind: 'refused', reason: 'not a member of AUTH_LDAP_REQUIRE_GROUP' };
  }
  const roles = ROLES.filter((role) => rules.roleGroups[role].some((dn) => groups.has(dn)));
  return { kind: 'admitted', roles: roles.length > 0 ? roles : [rules.defaultRole] };
}
