import { execute, many, one, type Queryable } from '../../src/platform/db/queryable.js';
import { raw, sql } from '../../src/platform/db/sql.js';
import { idOf } from './rows.js';

/** Rows of organizations, and of who is in them or asked to be. */

/** @returns the id of an organization in which only its owner is a member */
export async function insertOrganization(db: Queryable, slug: string, ownerId: number): Promise<number> {
  const id = await idOf(
    one<{ id: number }>(
      db,
      sql`
        insert into organizations_organization (slug, name, description, created_date, updated_date, contact, owner_id)
        values (${slug}, ${slug}, '', now(), now(), '{}', ${ownerId}) returning id`,
    ),
  );
  await insertMembership(db, { organizationId: id, userId: ownerId, role: 'owner' });
  return id;
}

export function insertMembership(
  db: Queryable,
  member: {
    readonly organizationId: number;
    readonly userId: number;
    readonly role: string;
    readonly isActive?: boolean;
  },
): Promise<number> {
  const { organizationId, userId, role, isActive = true } = member;
  return idOf(
    one<{ id: number }>(
      db,
      sql`
        insert into organizations_membership (is_active, joined_date, role, organization_id, user_id)
        values (${isActive}, now(), ${role}, ${organizationId}, ${userId}) returning id`,
    ),
  );
}

export interface MembershipRow {
  readonly id: number;
  readonly userId: number;
  readonly isActive: boolean;
  readonly role: string;
  readonly joinedAt: string | null;
  /** Of its invitation. */
  readonly key: string | null;
  readonly sentAt: string | null;
}

const MEMBERSHIP = sql`
  select m.id, m.user_id as "userId", m.is_active as "isActive", m.role, m.joined_date as "joinedAt", i.key,
    i.sent_date as "sentAt"
  from organizations_membership m left join organizations_invitation i on i.membership_id = m.id`;

export const readMembership = (db: Queryable, id: number) =>
  one<MembershipRow>(db, sql`${MEMBERSHIP} where m.id = ${id}`);

export const membershipsIn = (db: Queryable, organizationId: number) =>
  many<MembershipRow>(db, sql`${MEMBERSHIP} where m.organization_id = ${organizationId}`);

/** @returns the first membership of an account */
export const membershipOf = (db: Queryable, userId: number) =>
  one<MembershipRow>(db, sql`${MEMBERSHIP} where m.user_id = ${userId} order by m.id`);

/** @returns the membership that an invitation is about */
export const invitedMembership = (db: Queryable, key: string) =>
  one<MembershipRow>(db, sql`${MEMBERSHIP} where i.key = ${key}`);

export const suspendMember = (db: Queryable, organizationId: number, userId: number) =>
  execute(
    db,
    sql`update organizations_membership set is_active = false where organization_id = ${organizationId} and user_id = ${userId}`,
  );

/** Removes a membership with its invitation. */
export async function removeMember(db: Queryable, organizationId: number, userId: number): Promise<void> {
  const membership = sql`organization_id = ${organizationId} and user_id = ${userId}`;
  await execute(
    db,
    sql`delete from organizations_invitation where membership_id in (select id from organizations_membership where ${membership})`,
  );
  await execute(db, sql`delete from organizations_membership where ${membership}`);
}

/** Who waits has not joined yet. */
export const forgetJoins = (db: Queryable) =>
  execute(db, sql`update organizations_membership set joined_date = null where not is_active`);

export interface InvitationRow {
  readonly key: string;
  readonly membershipId: number;
  readonly ownerId: number | null;
  readonly created: Date;
  readonly sent: Date | null;
}

export const insertInvitationRow = (
  db: Queryable,
  { key, membershipId, ownerId, created, sent }: InvitationRow,
) =>
  execute(
    db,
    sql`
      insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
      values (${key}, ${created}, ${sent}, ${membershipId}, ${ownerId})`,
  );

export const setInvitationDate = (db: Queryable, key: string, created: Date) =>
  execute(db, sql`update organizations_invitation set created_date = ${created} where key = ${key}`);

/** An offer to take an organization over. */
export const insertTransfer = (
  db: Queryable,
  transfer: {
    readonly organizationId: number;
    readonly ownerId: number;
    readonly successorId: number;
    readonly created?: Date;
  },
) =>
  execute(
    db,
    sql`
      insert into auth_server_organization_transfers (organization_id, owner_id, successor_id, created_at)
      values (${transfer.organizationId}, ${transfer.ownerId}, ${transfer.successorId}, ${transfer.created ?? new Date()})`,
  );

/** @returns null for an organization of nobody, undefined for none */
export async function ownerOf(db: Queryable, organizationId: number): Promise<number | null | undefined> {
  const row = await one<{ ownerId: number | null }>(
    db,
    sql`select owner_id as "ownerId" from organizations_organization where id = ${organizationId}`,
  );
  return row?.ownerId;
}

/** @returns how many active members in the role of the owner are the owner */
export async function countOwners(db: Queryable, organizationId: number): Promise<number> {
  const ownerId = await ownerOf(db, organizationId);
  const members = await membershipsIn(db, organizationId);
  return members.filter(({ role, isActive, userId }) => role === 'owner' && isActive && userId === ownerId)
    .length;
}

/** Makes somebody the owner by the record alone, as a database of CVAT may have it. */
export const setOwnerOnly = (db: Queryable, organizationId: number, userId: number) =>
  withoutRules(db, 'organizations_organization', () =>
    execute(db, sql`update organizations_organization set owner_id = ${userId} where id = ${organizationId}`),
  );

/** Makes somebody an owner by their role alone, as a database of CVAT may have it. */
export const setOwnerRoleOnly = (db: Queryable, membershipId: number) =>
  withoutRules(db, 'organizations_membership', () =>
    execute(db, sql`update organizations_membership set role = 'owner' where id = ${membershipId}`),
  );

async function withoutRules(db: Queryable, table: string, work: () => Promise<unknown>): Promise<void> {
  await execute(db, sql`alter table ${raw(table)} disable trigger all`);
  await work();
  await execute(db, sql`alter table ${raw(table)} enable trigger all`);
}

export const activateMembership = (db: Queryable, id: number) =>
  execute(db, sql`update organizations_membership set is_active = true where id = ${id}`);

export async function removeMembership(db: Queryable, id: number): Promise<void> {
  await execute(db, sql`delete from organizations_invitation where membership_id = ${id}`);
  await execute(db, sql`delete from organizations_membership where id = ${id}`);
}

/** Requires a second factor of the members, whatever the server offers. */
export const requireFactorsIn = (db: Queryable, organizationId: number) =>
  execute(
    db,
    sql`insert into auth_server_factor_requirements (organization_id, created_at) values (${organizationId}, now())`,
  );
