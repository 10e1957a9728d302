import {
  booleanLookup,
  compilePolicyFilter,
  type FilterColumns,
  integerLookup,
  type ListRequest,
  withinScope,
} from '../../authorization/list-filter.js';
import { ORGANIZATION_ROLES, type OrganizationContext, type OrganizationRole } from '../../kernel/account.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { allOf } from '../../platform/db/conditions.js';
import { one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { column } from '../../platform/lists/columns.js';
import { defineList, type ListDefinition } from '../../platform/lists/list-query.js';
import { type ListRows, runList } from '../../platform/lists/run-list.js';
import type { Person } from '../users/index.js';

export interface Membership {
  readonly id: number;
  readonly organizationId: number;
  readonly role: OrganizationRole;
  readonly isActive: boolean;
  readonly joinedAt: Timestamp | null;
  readonly invitationKey: string | null;
  readonly user: Person;
}

/** A membership and its organization, with one account's relation to it. */
export interface ViewedMembership extends Membership {
  readonly organization: OrganizationContext;
}

interface Row extends Omit<Membership, 'user'> {
  readonly userId: number;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
}

const COLUMNS = sql`
  m.id, m.organization_id as "organizationId", m.role, m.is_active as "isActive", m.joined_date as "joinedAt",
  i.key as "invitationKey", u.id as "userId", u.username, u.first_name as "firstName", u.last_name as "lastName"`;

/** A membership without a user, which CVAT's table allows, is not a member: clients could not read it. */
const TABLES = sql`
  organizations_membership m
  join auth_user u on u.id = m.user_id
  left join organizations_invitation i on i.membership_id = m.id`;

/** The same number of rows, without those lacking a user, and no look-up of people if no condition needs them. */
const COUNTED_TABLES = sql`organizations_membership m left join auth_user u on u.id = m.user_id`;

const membershipOf = (row: Row): Membership => ({
  id: row.id,
  organizationId: row.organizationId,
  role: row.role,
  isActive: row.isActive,
  joinedAt: row.joinedAt,
  invitationKey: row.invitationKey,
  user: { id: row.userId, username: row.username, firstName: row.firstName, lastName: row.lastName },
});

/** CVAT 2.62, `MembershipViewSet`. */
const SPEC = {
  columns: {
    id: column.integer(sql`m.id`),
    user: column.text(sql`u.username`),
    role: column.choice(sql`m.role`, ORGANIZATION_ROLES),
  },
  search: ['user', 'role'],
  simple: ['user', 'role'],
  filter: ['user', 'role', 'id'],
  sort: ['user', 'role', 'id'],
  defaultSort: '-id',
  unique: sql`m.id`,
} as const;

export const membershipList = ({ has }: CvatRelease): ListDefinition =>
  defineList(has('filtersByState') ? { ...SPEC, search: ['user'] } : SPEC);

const POLICY_COLUMNS: FilterColumns = {
  user: integerLookup(sql`m.user_id`),
  organization: integerLookup(sql`m.organization_id`),
  is_active: booleanLookup(sql`m.is_active`),
};

export async function listMemberships(
  db: Queryable,
  { plan, visible, scope }: ListRequest,
): Promise<ListRows<Membership>> {
  const where = allOf([
    plan.where,
    compilePolicyFilter(visible, POLICY_COLUMNS),
    withinScope(scope, sql`m.organization_id`),
    sql`m.user_id is not null`,
  ]);
  const page = await runList<Row>(db, {
    ...plan,
    where,
    select: COLUMNS,
    from: TABLES,
    counted: COUNTED_TABLES,
  });
  return { ...page, rows: page.rows.map(membershipOf) };
}

export async function findMembership(
  db: Queryable,
  id: number,
  viewerId: number,
): Promise<ViewedMembership | undefined> {
  const row = await one<Row & { slug: string; ownerId: number | null; viewerRole: OrganizationRole | null }>(
    db,
    sql`
      select ${COLUMNS}, o.slug, o.owner_id as "ownerId", v.role as "viewerRole"
      from ${TABLES}
      join organizations_organization o on o.id = m.organization_id
      left join organizations_membership v
        on v.organization_id = m.organization_id and v.user_id = ${viewerId} and v.is_active
      where m.id = ${id}`,
    { isRepeated: true },
  );
  if (row === undefined) return undefined;
  const organization = { id: row.organizationId, slug: row.slug, ownerId: row.ownerId, role: row.viewerRole };
  return { ...membershipOf(row), organization };
}

/** @returns whether a membership belongs to the owner of record and has the role. Lock it first. */
export async function isMembershipOfOwner(tx: Queryable, id: number): Promise<boolean> {
  const row = await one(
    tx,
    sql`
      select 1 from organizations_membership m
      join organizations_organization o on o.id = m.organization_id and o.owner_id = m.user_id
      where m.id = ${id} and m.role = 'owner'`,
  );
  return row !== undefined;
}
