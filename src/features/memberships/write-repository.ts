import type { OrganizationRole } from '../../kernel/account.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';
import { isMembershipOfOwner, type Membership } from './repository.js';

export interface NewMembership {
  readonly organizationId: number;
  readonly userId: number;
  readonly role: OrganizationRole;
  /** Null for an invited person who has not answered. */
  readonly joinedAt: Date | null;
}

/** @returns the id of the new membership; undefined if the person already has one */
export async function insertMembership(
  tx: Queryable,
  { organizationId, userId, role, joinedAt }: NewMembership,
): Promise<number | undefined> {
  const row = await one<{ id: number }>(
    tx,
    sql`
      insert into organizations_membership (is_active, joined_date, role, organization_id, user_id)
      values (${joinedAt !== null}, ${joinedAt}::timestamptz, ${role}, ${organizationId}, ${userId})
      on conflict (user_id, organization_id) do nothing
      returning id`,
  );
  return row?.id;
}

export const activateMembership = (tx: Queryable, id: number, now: Date) =>
  execute(
    tx,
    sql`update organizations_membership set is_active = true, joined_date = ${now} where id = ${id}`,
  );

/**
 * Locks a membership until the transaction ends. The owner of the organization is read after that: by then, this
 * member can no longer become the owner.
 *
 * @returns whether it still has the role that the decision was based on, and is not the owner's
 */
export async function lockMembership(
  tx: Queryable,
  { id, role }: Pick<Membership, 'id' | 'role'>,
): Promise<boolean> {
  const locked = await one(
    tx,
    sql`select 1 from organizations_membership where id = ${id} and role = ${role} for update`,
  );
  return locked !== undefined && !(await isMembershipOfOwner(tx, id));
}

/** Changes a role. @returns false if it has changed since the decision, or is the owner's */
export async function changeRole(
  tx: Queryable,
  membership: Pick<Membership, 'id' | 'role'>,
  newRole: OrganizationRole,
): Promise<boolean> {
  if (!(await lockMembership(tx, membership))) return false;
  await execute(tx, sql`update organizations_membership set role = ${newRole} where id = ${membership.id}`);
  return true;
}

/**
 * Gives the owner's role to another member, and the member's role to the previous owner. Lock the organization first.
 *
 * @returns false if the successor is no longer an active member
 */
export async function swapOwnerRole(
  tx: Queryable,
  organizationId: number,
  successorId: number,
): Promise<boolean> {
  const member = await one<{ role: OrganizationRole }>(
    tx,
    sql`
      select role from organizations_membership
      where organization_id = ${organizationId} and user_id = ${successorId} and is_active
      for update`,
  );
  if (member === undefined) return false;
  const role = member.role === 'owner' ? 'maintainer' : member.role;
  await execute(
    tx,
    sql`
      update organizations_membership set role = ${role}
      where organization_id = ${organizationId} and role = 'owner' and user_id is distinct from ${successorId}`,
  );
  await execute(
    tx,
    sql`
      update organizations_membership set role = 'owner'
      where organization_id = ${organizationId} and user_id = ${successorId}`,
  );
  return true;
}

/** The memberships: a single one, all of an organization, or all of an account. */
export type MembershipsOf =
  | { readonly membershipId: number }
  | { readonly organizationId: number }
  | { readonly userId: number };

/** @returns a condition over the columns of `organizations_membership` */
export function membershipsOf(of: MembershipsOf): Sql {
  if ('membershipId' in of) return sql`id = ${of.membershipId}`;
  return 'userId' in of ? sql`user_id = ${of.userId}` : sql`organization_id = ${of.organizationId}`;
}

/** Removes memberships. An invitation requires its membership: remove invitations first, or use `endMemberships`. */
export const removeMemberships = (tx: Queryable, of: MembershipsOf) =>
  execute(tx, sql`delete from organizations_membership where ${membershipsOf(of)}`);

/** Adds memberships unchanged. @param rows - a query with the columns of the table */
export const copyMemberships = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`
      insert into organizations_membership (id, is_active, joined_date, role, organization_id, user_id)
      select id, is_active, joined_date, role, organization_id, user_id from (${rows}) as rows`,
  );
