import { ROLES, type Role } from '../../kernel/account.js';
import type { GroupRules } from '../../platform/config/auth-config.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { endMemberships } from '../invitations/index.js';
import { changeRole, insertMembership } from '../memberships/index.js';
import { addGroups, endAnalytics, grantAnalytics, removeGroups, setStaff } from '../users/index.js';
import {
  findOrganizations,
  type GivenMembership,
  listGivenMemberships,
  listGivenRoles,
  noteGivenMembership,
  storeGivenRoles,
} from './repository.js';

export interface GrantsOf {
  readonly userId: number;
  readonly provider: string;
  readonly groups: readonly string[];
  readonly rules: GroupRules;
  /** `IAM_DEFAULT_ROLE`, for people in none of the groups. */
  readonly defaultRole: Role;
  readonly now: Date;
}

/** @returns whether the rules admit a person with these groups */
export const isAdmitted = ({ required }: GroupRules, groups: readonly string[]): boolean =>
  required === null || required.some((group) => groups.includes(group));

/**
 * Gives an account what its groups at the provider give, and takes back what they gave before. Roles and memberships
 * from elsewhere stay as they are.
 *
 * @returns the roles that are new
 */
export async function bringGrantsUpToDate(tx: Queryable, of: GrantsOf): Promise<readonly Role[]> {
  const joined = of.rules.roles === null ? [] : await replaceRoles(tx, of, of.rules.roles);
  if (Object.keys(of.rules.organizations).length > 0) await replaceMemberships(tx, of);
  return joined;
}

const NO_ROLES: Readonly<Record<Role, readonly string[]>> = { admin: [], user: [], worker: [] };

/** Takes back all that a provider gave to an account, also if it is not configured any more. */
export async function takeBack(
  tx: Queryable,
  of: Pick<GrantsOf, 'userId' | 'provider' | 'defaultRole' | 'now'>,
): Promise<void> {
  const without = { ...of, groups: [], rules: { roles: NO_ROLES, required: null, organizations: {} } };
  const given = await listGivenRoles(tx, of.userId, of.provider);
  if (given.length > 0) await replaceRoles(tx, without, NO_ROLES);
  await replaceMemberships(tx, without);
}

async function replaceRoles(
  tx: Queryable,
  { userId, provider, groups, defaultRole }: GrantsOf,
  byRole: Readonly<Record<Role, readonly string[]>>,
): Promise<readonly Role[]> {
  const matched = ROLES.filter((role) => byRole[role].some((group) => groups.includes(group)));
  const wanted = matched.length > 0 ? matched : [defaultRole];
  const given = await listGivenRoles(tx, userId, provider);
  const lost = given.filter((role) => !wanted.includes(role));
  if (lost.length > 0) await removeGroups(tx, userId, lost);
  if (lost.includes('admin')) {
    await setStaff(tx, userId, false);
    await endAnalytics(tx, userId);
  }
  const added = await addGroups(tx, userId, wanted);
  const joined = wanted.filter((role) => added.includes(role));
  if (joined.includes('admin')) {
    await setStaff(tx, userId, true);
    await grantAnalytics(tx, userId);
  }
  const nowGiven = wanted.filter((role) => joined.includes(role) || given.includes(role));
  await storeGivenRoles(tx, userId, provider, nowGiven);
  return joined;
}

async function replaceMemberships(tx: Queryable, of: GrantsOf): Promise<void> {
  const { userId, provider, rules } = of;
  const wanted = wantedRoles(of);
  const given = await listGivenMemberships(tx, userId, provider);
  for (const { membershipId, slug } of given)
    if (!wanted.has(slug)) await endMemberships(tx, { membershipId });
  const organizations = await findOrganizations(
    tx,
    Object.values(rules.organizations).map(({ slug }) => slug),
  );
  for (const [slug, role] of wanted) {
    const known = given.find((membership) => membership.slug === slug);
    const organizationId = organizations.get(slug);
    if (known !== undefined) await keepRole(tx, known, role);
    else if (organizationId !== undefined) {
      const added = await insertMembership(tx, { organizationId, userId, role, joinedAt: of.now });
      if (added !== undefined) await noteGivenMembership(tx, added, provider);
    }
  }
}

type GivenRole = GroupRules['organizations'][string]['role'];

const RANKS: readonly GivenRole[] = ['worker', 'supervisor', 'maintainer'];

/** Of several groups for one organization, the highest role counts. */
function wantedRoles({ groups, rules }: GrantsOf): ReadonlyMap<string, GivenRole> {
  const wanted = new Map<string, GivenRole>();
  for (const [group, { slug, role }] of Object.entries(rules.organizations)) {
    const other = wanted.get(slug);
    const isHigher = other === undefined || RANKS.indexOf(role) > RANKS.indexOf(other);
    if (groups.includes(group) && isHigher) wanted.set(slug, role);
  }
  return wanted;
}

/** The role of an owner, who got the organization meanwhile, stays. */
async function keepRole(
  tx: Queryable,
  { membershipId, role }: GivenMembership,
  wanted: GivenRole,
): Promise<void> {
  if (role !== wanted && role !== 'owner') await changeRole(tx, { id: membershipId, role }, wanted);
}
