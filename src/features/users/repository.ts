import {
  compileJoinedFilter,
  integerLookup,
  type JoinedFilter,
  type ListRequest,
} from '../../authorization/list-filter.js';
import type { OrganizationScope } from '../../authorization/organization-scope.js';
import type { Account, OrganizationRole } from '../../kernel/account.js';
import { allOf } from '../../platform/db/conditions.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';
import { column } from '../../platform/lists/columns.js';
import { defineList } from '../../platform/lists/list-query.js';
import { type ListRows, runList } from '../../platform/lists/run-list.js';
import { ACCOUNT_COLUMNS, accountOf } from './account-repository.js';
import { saveSignals } from './save-signals-repository.js';

/** CVAT 2.62, `UserViewSet`. */
const SPEC = {
  columns: {
    id: column.integer(sql`u.id`),
    username: column.text(sql`u.username`),
    first_name: column.text(sql`u.first_name`),
    last_name: column.text(sql`u.last_name`),
    is_active: column.boolean(sql`u.is_active`),
    email: column.text(sql`u.email`),
  },
  search: ['username', 'first_name', 'last_name'],
  simple: ['username', 'first_name', 'last_name', 'is_active'],
  filter: ['username', 'first_name', 'last_name', 'id', 'is_active'],
  sort: ['username', 'first_name', 'last_name', 'id', 'is_active'],
  defaultSort: '-id',
  unique: sql`u.id`,
} as const;
export const USERS = defineList(SPEC);
/** For viewers who see addresses; the others would learn them by searching. */
export const USERS_WITH_ADDRESSES = defineList({ ...SPEC, search: [...SPEC.search, 'email'] });

const POLICY_FILTER: JoinedFilter = {
  columns: { id: integerLookup(sql`u.id`), memberships__organization: integerLookup(sql`m.organization_id`) },
  key: sql`u.id`,
  from: sql`auth_user u left join organizations_membership m on m.user_id = u.id`,
};

export interface UserListRequest extends ListRequest {
  readonly superusersAlone?: boolean;
  /** Accounts that registered and that nobody has approved yet. */
  readonly waitingAlone?: boolean;
}

const isWaiting = sql`
  (not u.is_active and exists (select from auth_server_pending_approvals w where w.user_id = u.id))`;

/** @returns those of some accounts that wait for approval */
export async function waitingAmong(db: Queryable, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await many<{ id: number }>(
    db,
    sql`select u.id from auth_user u where u.id = any(${ids}::integer[]) and ${isWaiting}`,
  );
  return new Set(rows.map(({ id }) => id));
}

export function listUsers(
  db: Queryable,
  { plan, visible, scope, superusersAlone = false, waitingAlone = false }: UserListRequest,
): Promise<ListRows<Account>> {
  const shown = isScope(visible, scope) ? sql`true` : compileJoinedFilter(visible, POLICY_FILTER);
  const flags = [superusersAlone ? sql`u.is_superuser` : sql`true`, waitingAlone ? isWaiting : sql`true`];
  const where = allOf([plan.where, shown, withinScope(scope), ...flags]);
  return runList<Account>(db, {
    ...plan,
    where,
    select: sql`u.id`,
    from: sql`auth_user u`,
    // Groups and profile need a look-up per row, so they are not read for rows that the offset skips.
    complete: (page) =>
      sql`
        select ${ACCOUNT_COLUMNS}, page.total from (${page}) page join auth_user u on u.id = page.id
        order by ${plan.orderBy}`,
  });
}

/** The policy's usual answer equals the context: there is no need to look it up twice. */
function isScope(visible: unknown, scope: OrganizationScope): boolean {
  if (scope.kind !== 'organization' || typeof visible !== 'object' || visible === null) return false;
  const [[lookup, value] = [], ...others] = Object.entries(visible);
  return others.length === 0 && lookup === 'memberships__organization' && value === scope.id;
}

/** The members of an organization, including invited ones; in the personal workspace, users without an organization. */
function withinScope(scope: OrganizationScope): Sql {
  if (scope.kind === 'everything') return sql`true`;
  if (scope.kind === 'sandbox')
    return sql`not exists (select from organizations_membership m where m.user_id = u.id)`;
  return sql`u.id in (select m.user_id from organizations_membership m where m.organization_id = ${scope.id})`;
}

/** An account, and its role in the organization of the request. */
export interface Target {
  readonly account: Account;
  /** Null for a user who is not a member, or without an organization. */
  readonly role: OrganizationRole | null;
}

export async function findTarget(
  db: Queryable,
  id: number,
  organizationId: number | null,
): Promise<Target | undefined> {
  const row = await one<Account & Pick<Target, 'role'>>(
    db,
    sql`
      select ${ACCOUNT_COLUMNS}, (
        select m.role from organizations_membership m where m.user_id = u.id and m.organization_id = ${organizationId}
      ) as role
      from auth_user u
      where u.id = ${id}`,
    { isRepeated: true },
  );
  return row && { account: accountOf(row), role: row.role };
}

export interface AccountChanges {
  readonly username?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  readonly isStaff?: boolean | undefined;
  readonly isSuperuser?: boolean | undefined;
  readonly isActive?: boolean | undefined;
}

/** The data that an update needs of the account it changes; locked until the end of the transaction. */
export interface LockedAccount {
  readonly password: string;
  readonly email: string;
  readonly isActive: boolean;
}

export const lockAccount = (tx: Queryable, id: number): Promise<LockedAccount | undefined> =>
  one<LockedAccount>(
    tx,
    sql`select password, email, is_active as "isActive" from auth_user where id = ${id} for update`,
  );

/** Updates the given columns, and leaves the others unchanged. */
export const updateAccount = (tx: Queryable, id: number, changes: AccountChanges) =>
  execute(
    tx,
    sql`
      with saved as (
        update auth_user set
          username = coalesce(${changes.username}, username),
          first_name = coalesce(${changes.firstName}, first_name),
          last_name = coalesce(${changes.lastName}, last_name),
          email = coalesce(${changes.email}, email),
          is_staff = coalesce(${changes.isStaff}, is_staff),
          is_superuser = coalesce(${changes.isSuperuser}, is_superuser),
          is_active = coalesce(${changes.isActive}, is_active)
        where id = ${id}
        returning id, is_staff, is_superuser
      ),
      ${saveSignals(sql`saved`)}
      select 1 from saved`,
  );

/** @returns the names that are not groups, in their order */
export async function missingGroups(db: Queryable, names: readonly string[]): Promise<readonly string[]> {
  const rows = await many<{ name: string }>(
    db,
    sql`select name from auth_group where name = any(${names}::text[])`,
  );
  const known = new Set(rows.map(({ name }) => name));
  return names.filter((name) => !known.has(name));
}

/** @returns the names of the groups that the account has newly joined */
export async function addGroups(
  tx: Queryable,
  userId: number,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await many<{ name: string }>(
    tx,
    sql`
      with added as (
        insert into auth_user_groups (user_id, group_id)
        select ${userId}, g.id from auth_group g where g.name = any(${names}::text[]) order by g.id
        on conflict (user_id, group_id) do nothing
        returning group_id
      )
      select g.name from added join auth_group g on g.id = added.group_id`,
  );
  return rows.map(({ name }) => name);
}

export const removeOtherGroups = (tx: Queryable, userId: number, names: readonly string[]) =>
  execute(
    tx,
    sql`
      delete from auth_user_groups ug
      using auth_group g
      where ug.user_id = ${userId} and g.id = ug.group_id and g.name <> all(${names}::text[])`,
  );

export const grantAnalytics = (tx: Queryable, userId: number) =>
  execute(
    tx,
    sql`
      insert into engine_profile (rating, user_id, has_analytics_access) values (0, ${userId}, true)
      on conflict (user_id) do update set has_analytics_access = true`,
  );
