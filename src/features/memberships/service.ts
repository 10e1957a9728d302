import type { OrganizationScope } from '../../authorization/organization-scope.js';
import type { OrganizationRole } from '../../kernel/account.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { PermissionDenied, ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found, idOf } from '../../platform/http/objects.js';
import { planList } from '../../platform/lists/list-query.js';
import {
  findMembership,
  listMemberships,
  type Membership,
  membershipList,
  type ViewedMembership,
} from './repository.js';
import { changeRole, lockMembership, type MembershipsOf } from './write-repository.js';

const OWNER_STAYS = 'The owner keeps this role until the organization is transferred to another member.';
const NO_SECOND_OWNER =
  'An organization has one owner. To make another member the owner, transfer the organization.';

/** The owner of record, as opposed to users who got the role from CVAT before it was protected. */
const isOwner = ({ role, user, organization }: ViewedMembership): boolean =>
  role === 'owner' && user.id === organization.ownerId;

export interface MembershipServiceDeps {
  readonly db: Database;
  readonly release: CvatRelease;
  /** Removes memberships together with their invitations. */
  readonly endMemberships: (tx: Queryable, of: MembershipsOf) => Promise<void>;
}

/** Memberships, and the refusals beyond the policy, which allows administrators everything. */
export function createMembershipService({ db, release, endMemberships }: MembershipServiceDeps) {
  const listDefinition = membershipList(release);
  const list = (params: URLSearchParams, visible: unknown, scope: OrganizationScope) =>
    listMemberships(db, { plan: planList(listDefinition, params), visible, scope });

  /** @throws NotFound */
  const find = async (id: string | undefined, viewerId: number): Promise<ViewedMembership> =>
    found(await findMembership(db, idOf(id, 'Membership'), viewerId), 'Membership');

  /** @throws ValidationError; NotFound and PermissionDenied if it has changed since the policy decided */
  const setRole = async (
    membership: ViewedMembership,
    role: OrganizationRole | undefined,
  ): Promise<Membership> => {
    if (role === undefined || role === membership.role) return membership;
    if (isOwner(membership)) throw new ValidationError({ role: [OWNER_STAYS] });
    if (role === 'owner') throw new ValidationError({ role: [NO_SECOND_OWNER] });
    if (!(await db.transaction((tx) => changeRole(tx, membership, role)))) throw await whyNot(membership.id);
    return found(await findMembership(db, membership.id, membership.user.id), 'Membership');
  };

  /** @throws as `setRole` */
  const remove = async (membership: ViewedMembership): Promise<void> => {
    if (isOwner(membership)) throw new ValidationError([OWNER_STAYS]);
    const isDone = await db.transaction(async (tx) => {
      if (!(await lockMembership(tx, membership))) return false;
      await endMemberships(tx, { membershipId: membership.id });
      return true;
    });
    if (!isDone) throw await whyNot(membership.id);
  };

  /** Another request was faster: the membership is gone, or has another role, which the policy was not asked about. */
  const whyNot = async (id: number): Promise<PermissionDenied> => {
    found(await findMembership(db, id, 0), 'Membership');
    return new PermissionDenied();
  };

  return { listDefinition, list, find, setRole, remove };
}

export type MembershipService = ReturnType<typeof createMembershipService>;
