import {
  compilePolicyFilter,
  type FilterColumns,
  integerLookup,
  type ListRequest,
  withinScope,
} from '../../authorization/list-filter.js';
import type { OrganizationContext, OrganizationRole } from '../../kernel/account.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { allOf } from '../../platform/db/conditions.js';
import { one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { column } from '../../platform/lists/columns.js';
import { defineList, type ListDefinition } from '../../platform/lists/list-query.js';
import { type ListRows, runList } from '../../platform/lists/run-list.js';
import { type Person, type PersonColumns, personColumns, personOf } from '../users/index.js';

export interface Invitation {
  readonly key: string;
  readonly createdAt: Timestamp;
  /** Time of the latest mail; null for an invitation that was never mailed. */
  readonly sentAt: Timestamp | null;
  readonly role: OrganizationRole;
  readonly organization: { readonly id: number; readonly slug: string };
  /** The inviter; null if that account has been deleted. */
  readonly owner: Person | null;
  readonly user: Person;
  readonly isAccepted: boolean;
}

/** An invitation and its organization, with one account's relation to it. */
export interface ViewedInvitation extends Invitation {
  readonly context: OrganizationContext;
}

type Row = Pick<Invitation, 'key' | 'createdAt' | 'sentAt' | 'role' | 'isAccepted'> & {
  readonly organizationId: number;
  readonly slug: string;
} & PersonColumns<'owner'> &
  PersonColumns<'user'>;

const COLUMNS = sql`
  i.key, i.created_date as "createdAt", i.sent_date as "sentAt", m.role, m.is_active as "isAccepted", o.id as "organizationId", o.slug,
  ${personColumns('w', 'owner')}, ${personColumns('u', 'user')}`;

const TABLES = sql`
  organizations_invitation i
  join organizations_membership m on m.id = i.membership_id
  join organizations_organization o on o.id = m.organization_id
  join auth_user u on u.id = m.user_id
  left join auth_user w on w.id = i.owner_id`;

/** The same number of rows, thanks to the foreign keys, and no look-ups that no condition needs. */
const COUNTED_TABLES = sql`
  organizations_invitation i
  left join organizations_membership m on m.id = i.membership_id
  left join auth_user w on w.id = i.owner_id`;

function invitationOf(row: Row): Invitation {
  const user = personOf(row, 'user');
  if (user === null) throw new TypeError('The query joins the invited person.');
  const { key, createdAt, sentAt, role, isAccepted, organizationId, slug } = row;
  return {
    key,
    createdAt,
    sentAt,
    role,
    isAccepted,
    organization: { id: organizationId, slug },
    owner: personOf(row, 'owner'),
    user,
  };
}

/** CVAT 2.62, `InvitationViewSet`. */
const SPEC = {
  columns: {
    owner: column.text(sql`w.username`),
    user_id: column.integer(sql`m.user_id`),
    accepted: column.boolean(sql`m.is_active`),
    created_date: column.timestamp(sql`i.created_date`),
  },
  search: ['owner'],
  simple: ['owner'],
  filter: ['owner', 'user_id', 'accepted'],
  sort: ['owner', 'created_date'],
  defaultSort: '-created_date',
  unique: sql`i.key`,
} as const;

export const invitationList = ({ has }: CvatRelease): ListDefinition =>
  defineList(
    has('filtersByState')
      ? { ...SPEC, simple: ['owner', 'user_id', 'accepted'], sort: [...SPEC.sort, 'user_id', 'accepted'] }
      : SPEC,
  );

const POLICY_COLUMNS: FilterColumns = {
  owner: integerLookup(sql`i.owner_id`),
  membership__user: integerLookup(sql`m.user_id`),
  membership__organization: integerLookup(sql`m.organization_id`),
};

export async function listInvitations(
  db: Queryable,
  { plan, visible, scope }: ListRequest,
): Promise<ListRows<Invitation>> {
  const where = allOf([
    plan.where,
    compilePolicyFilter(visible, POLICY_COLUMNS),
    withinScope(scope, sql`m.organization_id`),
  ]);
  const page = await runList<Row>(db, {
    ...plan,
    where,
    select: COLUMNS,
    from: TABLES,
    counted: COUNTED_TABLES,
  });
  return { ...page, rows: page.rows.map(invitationOf) };
}

/** @param visible the policy's filter of the viewer's list: invitations outside of it are not found */
export async function findInvitation(
  db: Queryable,
  key: string,
  viewer: { readonly id: number; readonly visible: unknown },
): Promise<ViewedInvitation | undefined> {
  const row = await one<Row & { ownerOfOrganization: number | null; viewerRole: OrganizationRole | null }>(
    db,
    sql`
      select ${COLUMNS}, o.owner_id as "ownerOfOrganization", v.role as "viewerRole"
      from ${TABLES}
      left join organizations_membership v on v.organization_id = o.id and v.user_id = ${viewer.id} and v.is_active
      where i.key = ${key} and ${compilePolicyFilter(viewer.visible, POLICY_COLUMNS)}`,
    { isRepeated: true },
  );
  if (row === undefined) return undefined;
  const invitation = invitationOf(row);
  return {
    ...invitation,
    context: { ...invitation.organization, ownerId: row.ownerOfOrganization, role: row.viewerRole },
  };
}

export async function getInvitation(db: Queryable, key: string): Promise<Invitation | undefined> {
  const row = await one<Row>(db, sql`select ${COLUMNS} from ${TABLES} where i.key = ${key}`);
  return row && invitationOf(row);
}
