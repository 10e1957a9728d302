import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';

/** An account as an operator sees it. */
export interface AccountSummary {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly groups: readonly string[];
  readonly isActive: boolean;
  readonly isSuperuser: boolean;
  readonly lastLogin: Timestamp | null;
  readonly dateJoined: Timestamp;
}

const select = (condition: Sql): Sql => sql`
  select u.id, u.username, u.email, u.is_active as "isActive", u.is_superuser as "isSuperuser",
    u.last_login as "lastLogin", u.date_joined as "dateJoined",
    array(
      select g.name from auth_user_groups ug join auth_group g on g.id = ug.group_id
      where ug.user_id = u.id order by g.id
    ) as groups
  from auth_user u
  where ${condition}
  order by u.id`;

export const listAccounts = (db: Queryable): Promise<AccountSummary[]> =>
  many<AccountSummary>(db, select(sql`true`));

export const findAccount = (db: Queryable, username: string): Promise<AccountSummary | undefined> =>
  one<AccountSummary>(db, select(sql`u.username = ${username}`));

export const setActive = (tx: Queryable, userId: number, isActive: boolean) =>
  execute(tx, sql`update auth_user set is_active = ${isActive} where id = ${userId}`);

export const setPasswordHash = (tx: Queryable, userId: number, hash: string) =>
  execute(tx, sql`update auth_user set password = ${hash} where id = ${userId}`);

/** Superuser, staff, group `admin`, analytics: what `createsuperuser` and CVAT's signals give. */
export async function promote(tx: Queryable, userId: number): Promise<void> {
  await execute(tx, sql`update auth_user set is_superuser = true, is_staff = true where id = ${userId}`);
  await execute(
    tx,
    sql`
      insert into auth_user_groups (user_id, group_id) select ${userId}, id from auth_group where name = 'admin'
      on conflict (user_id, group_id) do nothing`,
  );
  await execute(tx, sql`update engine_profile set has_analytics_access = true where user_id = ${userId}`);
}

/** Gives the sessions of an account another root: those that were opened on the old one are over. */
export const replaceSessionRoot = (tx: Queryable, userId: number, current: string, root: string) =>
  execute(
    tx,
    sql`
      insert into auth_server_password_lineage (user_id, current_binding, root_binding)
      values (${userId}, ${current}, ${root})
      on conflict (user_id) do update set current_binding = excluded.current_binding, root_binding = excluded.root_binding`,
  );
