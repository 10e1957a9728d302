import {
  booleanLookup,
  compileJoinedFilter,
  integerLookup,
  type JoinedFilter,
} from '../../authorization/list-filter.js';
import type { OrganizationRole } from '../../kernel/account.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { allOf } from '../../platform/db/conditions.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';
import { column } from '../../platform/lists/columns.js';
import { defineList, type ListPlan } from '../../platform/lists/list-query.js';
import { type ListRows, runList } from '../../platform/lists/run-list.js';
import { parseJson, stringifyJson } from '../../platform/values/json.js';
import { type Person, type PersonColumns, personColumns, personOf } from '../users/index.js';

export interface Organization {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  /** Any JSON. */
  readonly contact: unknown;
  readonly owner: Person | null;
}

/** An organization, with one account's relation to it. */
export interface ViewedOrganization extends Organization {
  /** Null for an invitation that is not accepted yet: CVAT up to 2.64 finds no organization then. */
  readonly viewerRole: OrganizationRole | null;
}

type Row = Omit<Organization, 'owner' | 'contact'> & PersonColumns<'owner'> & { readonly contact: string };

const COLUMNS = sql`
  o.id, o.slug, o.name, o.description, o.created_date as "createdAt", o.updated_date as "updatedAt", o.contact::text,
  ${personColumns('w', 'owner')}`;

const TABLES = sql`organizations_organization o left join auth_user w on w.id = o.owner_id`;

const organizationOf = (row: Row): Organization => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  description: row.description,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  contact: parseJson(row.contact),
  owner: personOf(row, 'owner'),
});

/** CVAT 2.62, `OrganizationViewSet`. */
export const ORGANIZATIONS = defineList({
  columns: {
    id: column.integer(sql`o.id`),
    name: column.text(sql`o.name`),
    owner: column.text(sql`w.username`),
    slug: column.text(sql`o.slug`),
  },
  search: ['name', 'owner', 'slug'],
  simple: ['name', 'owner', 'slug'],
  filter: ['name', 'owner', 'slug', 'id'],
  sort: ['name', 'owner', 'slug', 'id'],
  defaultSort: '-id',
  unique: sql`o.id`,
});

const POLICY_FILTER: JoinedFilter = {
  columns: {
    id: integerLookup(sql`o.id`),
    members__user_id: integerLookup(sql`m.user_id`),
    members__is_active: booleanLookup(sql`m.is_active`),
    owner_id: integerLookup(sql`o.owner_id`),
  },
  key: sql`o.id`,
  from: sql`organizations_organization o left join organizations_membership m on m.organization_id = o.id`,
};

/** @param visible the policy's answer */
export async function listOrganizations(
  db: Queryable,
  plan: ListPlan,
  visible: unknown,
): Promise<ListRows<Organization>> {
  const where = allOf([plan.where, compileJoinedFilter(visible, POLICY_FILTER)]);
  const page = await runList<Row>(db, { ...plan, where, select: COLUMNS, from: TABLES });
  return { ...page, rows: page.rows.map(organizationOf) };
}

/** @param visible the policy's filter of the viewer's list: organizations outside of it are not found */
export async function findOrganization(
  db: Queryable,
  id: number,
  viewer: { readonly id: number; readonly visible: unknown },
): Promise<ViewedOrganization | undefined> {
  const row = await one<Row & Pick<ViewedOrganization, 'viewerRole'>>(
    db,
    sql`
      select ${COLUMNS}, v.role as "viewerRole"
      from ${TABLES}
      left join organizations_membership v on v.organization_id = o.id and v.user_id = ${viewer.id} and v.is_active
      where o.id = ${id} and ${compileJoinedFilter(viewer.visible, POLICY_FILTER)}`,
    { isRepeated: true },
  );
  return row && { ...organizationOf(row), viewerRole: row.viewerRole };
}

export async function getOrganization(db: Queryable, id: number): Promise<Organization | undefined> {
  const row = await one<Row>(db, sql`select ${COLUMNS} from ${TABLES} where o.id = ${id}`, {
    isRepeated: true,
  });
  return row && organizationOf(row);
}

export async function isSlugTaken(db: Queryable, slug: string, except: number | null): Promise<boolean> {
  const row = await one(
    db,
    sql`select 1 from organizations_organization where slug = ${slug} and id is distinct from ${except}::integer`,
  );
  return row !== undefined;
}

export interface NewOrganization {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly contact: unknown;
  readonly ownerId: number;
}

/** Only the record. @returns its id; undefined if the owner has been deleted */
export async function insertOrganization(
  tx: Queryable,
  organization: NewOrganization,
  now: Date,
): Promise<number | undefined> {
  const row = await one<{ id: number }>(
    tx,
    sql`
      insert into organizations_organization (slug, name, description, created_date, updated_date, contact, owner_id)
      select ${organization.slug}, ${organization.name}, ${organization.description}, ${now}::timestamptz,
        ${now}::timestamptz, ${stringifyJson(organization.contact)}::jsonb, owner.id
      from (select id from auth_user where id = ${organization.ownerId} for key share) as owner
      returning id`,
  );
  return row?.id;
}

export type OrganizationChanges = {
  readonly [K in 'slug' | 'name' | 'description' | 'contact']?: NewOrganization[K] | undefined;
};

/** Changes the given values, and always the date (Django `auto_now`). @returns whether the organization exists */
export async function updateOrganization(
  tx: Queryable,
  id: number,
  changes: OrganizationChanges,
  now: Date,
): Promise<boolean> {
  const contact = changes.contact === undefined ? null : stringifyJson(changes.contact);
  const touched = await execute(
    tx,
    sql`
      update organizations_organization set
        slug = coalesce(${changes.slug}, slug),
        name = coalesce(${changes.name}, name),
        description = coalesce(${changes.description}, description),
        contact = coalesce(${contact}::jsonb, contact),
        updated_date = ${now}
      where id = ${id}`,
  );
  return touched > 0;
}

/**
 * Locks an organization until the end of the transaction: `member` before adding rows to it, `owner` before removing
 * or transferring it.
 *
 * @returns whether it exists
 */
export async function lockOrganization(tx: Queryable, id: number, as: 'member' | 'owner'): Promise<boolean> {
  const strength = as === 'member' ? sql`for key share` : sql`for update`;
  return (
    (await one(tx, sql`select 1 from organizations_organization where id = ${id} ${strength}`)) !== undefined
  );
}

/** Changes the owner of record. */
export const replaceOwner = (tx: Queryable, id: number, ownerId: number, now: Date) =>
  execute(
    tx,
    sql`update organizations_organization set owner_id = ${ownerId}, updated_date = ${now} where id = ${id}`,
  );

/** Deletes the record. First lock it and end its memberships. */
export const removeOrganization = (tx: Queryable, id: number) =>
  execute(tx, sql`delete from organizations_organization where id = ${id}`);

/** Adds organizations unchanged. @param rows - a query with the columns of the table */
export const copyOrganizations = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`
      insert into organizations_organization (id, slug, name, description, created_date, updated_date, contact, owner_id)
      select id, slug, name, description, created_date, updated_date, contact, owner_id from (${rows}) as rows`,
  );
