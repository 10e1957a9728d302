import { type FilterColumns, integerLookup } from '../../authorization/list-filter.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';
import { column } from '../../platform/lists/columns.js';
import { defineList, type ListDefinition } from '../../platform/lists/list-query.js';
import { type ListQuery, runList } from '../../platform/lists/run-list.js';

export interface AccessToken {
  readonly id: number;
  readonly name: string;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  readonly expiresAt: Timestamp | null;
  readonly lastUsedAt: Timestamp | null;
  readonly readOnly: boolean;
  readonly ownerId: number;
  readonly ownerUsername: string;
  readonly ownerFirstName: string;
  readonly ownerLastName: string;
  readonly isBound: boolean;
  /** For a bound token; null if that organization has been deleted. */
  readonly organizationId: number | null;
  readonly lastUsedIp: string | null;
}

const COLUMNS = sql`
  a.id, a.name, a.created as "createdAt", a.updated_date as "updatedAt", a.expiry_date as "expiresAt",
  a.last_used_date as "lastUsedAt", a.read_only as "readOnly", a.owner_id as "ownerId",
  u.username as "ownerUsername", u.first_name as "ownerFirstName", u.last_name as "ownerLastName",
  coalesce(x.is_bound, false) as "isBound", x.organization_id as "organizationId", x.last_used_ip as "lastUsedIp"`;

const TABLES = sql`
  access_tokens_accesstoken a
  join auth_user u on u.id = a.owner_id
  left join auth_server_access_tokens x on x.token_id = a.id`;

/** The lookups that the policy's filter may use. */
export const FILTER_COLUMNS: FilterColumns = {
  owner_id: integerLookup(sql`a.owner_id`),
  organization: integerLookup(sql`x.organization_id`),
};

/** CVAT 2.62, `AccessTokensViewSet`. */
const SPEC = {
  columns: {
    id: column.integer(sql`a.id`),
    name: column.text(sql`a.name`),
    created_date: column.timestamp(sql`a.created`),
    updated_date: column.timestamp(sql`a.updated_date`),
    expiry_date: column.timestamp(sql`a.expiry_date`),
    last_used_date: column.timestamp(sql`a.last_used_date`),
    read_only: column.boolean(sql`a.read_only`),
  },
  search: ['name'],
  simple: ['name'],
  filter: ['name', 'id', 'created_date', 'updated_date', 'expiry_date', 'last_used_date', 'read_only'],
  sort: ['name', 'id', 'created_date', 'updated_date', 'expiry_date', 'last_used_date', 'read_only'],
  defaultSort: '-id',
  unique: sql`a.id`,
} as const;

export const tokenList = ({ has }: CvatRelease): ListDefinition =>
  defineList(has('filtersByState') ? { ...SPEC, simple: ['name', 'read_only'] } : SPEC);

/** The times that decide whether a token is usable, for one request. */
export interface UsableAt {
  readonly now: Date;
  /** The last use, or the creation, must not be earlier. */
  readonly notUsedSince: Date;
}

/** Not revoked, expired or stale. */
export const usable = ({ now, notUsedSince }: UsableAt): Sql => sql`
  (not a.revoked and (a.expiry_date is null or a.expiry_date >= ${now}::timestamptz)
    and coalesce(a.last_used_date, a.created) >= ${notUsedSince}::timestamptz)`;

export const listTokens = (db: Queryable, query: Omit<ListQuery, 'select' | 'from'>) =>
  runList<AccessToken>(db, { ...query, select: COLUMNS, from: TABLES });

/** @param at null for any token, usable or not */
export const findToken = (db: Queryable, id: number, at: UsableAt | null): Promise<AccessToken | undefined> =>
  one<AccessToken>(
    db,
    sql`select ${COLUMNS} from ${TABLES} where a.id = ${id} and ${at === null ? sql`true` : usable(at)}`,
  );

/** Keeps other requests of the owner from creating tokens until the end of the transaction. */
export const lockOwner = (tx: Queryable, ownerId: number): Promise<object | undefined> =>
  one(tx, sql`select id from auth_user where id = ${ownerId} for no key update`);

export async function countUsable(tx: Queryable, ownerId: number, at: UsableAt): Promise<number> {
  const row = await one<{ count: number }>(
    tx,
    sql`select count(*)::integer as count from access_tokens_accesstoken a where a.owner_id = ${ownerId} and ${usable(at)}`,
  );
  return row?.count ?? 0;
}

export interface NewToken {
  readonly prefix: string;
  readonly hashedKey: string;
  readonly name: string;
  readonly expiresAt: string | null;
  readonly readOnly: boolean;
  readonly ownerId: number;
  readonly organizationId: number | null;
}

/** @returns the new id, or undefined if the prefix is already taken */
export async function insertToken(tx: Queryable, token: NewToken, now: Date): Promise<number | undefined> {
  const row = await one<{ id: number }>(
    tx,
    sql`
      insert into access_tokens_accesstoken
        (prefix, hashed_key, created, name, revoked, expiry_date, updated_date, read_only, owner_id)
      values
        (${token.prefix}, ${token.hashedKey}, ${now}, ${token.name}, false, ${token.expiresAt}::timestamptz, ${now},
         ${token.readOnly}, ${token.ownerId})
      on conflict (prefix) do nothing
      returning id`,
  );
  if (row === undefined || token.organizationId === null) return row?.id;
  await execute(
    tx,
    sql`
      insert into auth_server_access_tokens (token_id, organization_id, is_bound)
      values (${row.id}, ${token.organizationId}, true)`,
  );
  return row.id;
}

export interface TokenChange {
  readonly name: string | undefined;
  /** Null removes the expiry. */
  readonly expiresAt: string | null | undefined;
  readonly readOnly: boolean | undefined;
}

/** @returns 0 if the token has been revoked meanwhile, else 1 */
export const updateToken = (
  db: Queryable,
  id: number,
  { name, expiresAt, readOnly }: TokenChange,
  now: Date,
) =>
  execute(
    db,
    sql`
      update access_tokens_accesstoken set
        name = coalesce(${name ?? null}::text, name),
        expiry_date = case when ${expiresAt !== undefined} then ${expiresAt ?? null}::timestamptz else expiry_date end,
        read_only = coalesce(${readOnly ?? null}::boolean, read_only),
        updated_date = ${now}
      where id = ${id} and not revoked`,
  );

export const revokeToken = (db: Queryable, id: number, now: Date) =>
  execute(
    db,
    sql`update access_tokens_accesstoken set revoked = true, updated_date = ${now} where id = ${id}`,
  );

export const revokeAllTokens = (tx: Queryable, ownerId: number, now: Date) =>
  execute(
    tx,
    sql`
      update access_tokens_accesstoken set revoked = true, updated_date = ${now}
      where owner_id = ${ownerId} and not revoked`,
  );

/**
 * Prevents the deletion of the organization until the end of the transaction.
 *
 * @returns whether the user may bind a token to it: it exists and they are an active member; otherwise the token would
 *   be valid for nothing
 */
export async function belongsTo(tx: Queryable, userId: number, organizationId: number): Promise<boolean> {
  const row = await one(
    tx,
    sql`
      select 1 from organizations_organization o
      join organizations_membership m on m.organization_id = o.id and m.user_id = ${userId} and m.is_active
      where o.id = ${organizationId}
      for key share of o`,
  );
  return row !== undefined;
}

/** Key of the advisory lock for the clean-up: one replica at a time. */
const CLEANUP_LOCK = 0x70617463;

/**
 * Deletes tokens that have been unusable since before `before`, a batch at a time.
 *
 * @param staleBefore tokens with a last use before this time were already stale then
 * @returns how many were deleted; also 0 while another replica is doing this
 */
export function purgeUnusable(
  tx: Queryable,
  before: Date,
  staleBefore: Date,
  batch: number,
): Promise<number> {
  return execute(
    tx,
    sql`
      delete from access_tokens_accesstoken where id in (
        select a.id from access_tokens_accesstoken a
        where (select pg_try_advisory_xact_lock(${CLEANUP_LOCK})) and (
          (a.revoked and a.updated_date < ${before})
          or a.expiry_date < ${before}
          or coalesce(a.last_used_date, a.created) < ${staleBefore}
        )
        order by a.id
        limit ${batch}
      )`,
  );
}

/** Adds tokens unchanged. @param rows - a query with the columns of the table */
export const copyTokens = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`
      insert into access_tokens_accesstoken (id, prefix, hashed_key, created, name, revoked, expiry_date, updated_date,
        last_used_date, read_only, owner_id)
      select id, prefix, hashed_key, created, name, revoked, expiry_date, updated_date, last_used_date, read_only, owner_id
      from (${rows}) as rows`,
  );
