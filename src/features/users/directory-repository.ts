import { execute, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** The account data that a directory or an identity provider controls. */

export const replaceUsername = (tx: Queryable, userId: number, username: string) =>
  execute(tx, sql`update auth_user set username = ${username} where id = ${userId}`);

export interface Attributes {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly isAdmin: boolean;
}

/** Only writes differences: most logins change nothing. */
export async function replaceAttributes(tx: Queryable, userId: number, wanted: Attributes): Promise<void> {
  const { firstName, lastName, email, isAdmin } = wanted;
  await execute(
    tx,
    sql`
      update auth_user set first_name = ${firstName}, last_name = ${lastName}, email = ${email},
        is_staff = ${isAdmin}, is_superuser = ${isAdmin}
      where id = ${userId} and (first_name, last_name, email, is_staff, is_superuser)
        is distinct from (${firstName}, ${lastName}, ${email}, ${isAdmin}, ${isAdmin})`,
  );
  await execute(tx, sql`delete from account_emailaddress where user_id = ${userId} and email <> ${email}`);
  if (email === '') return;
  // Unverified: some directories let people edit their own address, and other systems trust a verified one.
  await execute(
    tx,
    sql`
      insert into account_emailaddress (email, verified, "primary", user_id) values (${email}, false, true, ${userId})
      on conflict (user_id, email) do nothing`,
  );
}

/** Revokes the rights that only the admin group gave. */
export const endAnalytics = (tx: Queryable, userId: number) =>
  execute(tx, sql`update engine_profile set has_analytics_access = false where user_id = ${userId}`);

/** Superusers with a local password, whose groups no directory controls. @returns how many joined */
export const addLocalAdmins = (db: Queryable) =>
  execute(
    db,
    sql`
      insert into auth_user_groups (user_id, group_id)
      select u.id, g.id from auth_user u join auth_group g on g.name = 'admin'
      where u.is_superuser and u.password not like '!%'
        and not exists (select 1 from auth_server_directory_accounts d where d.user_id = u.id)
      on conflict (user_id, group_id) do nothing`,
  );

/** Makes an account an administrator for Django too, or ends that. */
export const setStaff = (tx: Queryable, userId: number, isStaff: boolean) =>
  execute(
    tx,
    sql`update auth_user set is_staff = ${isStaff}, is_superuser = ${isStaff} where id = ${userId}`,
  );

/** Takes an account out of groups. */
export const removeGroups = (tx: Queryable, userId: number, names: readonly string[]) =>
  execute(
    tx,
    sql`
      delete from auth_user_groups ug
      using auth_group g
      where ug.user_id = ${userId} and g.id = ug.group_id and g.name = any(${names}::text[])`,
  );

/** Django's `update_last_login`. */
export const noteLastLogin = (db: Queryable, userId: number, now: Date) =>
  execute(db, sql`update auth_user set last_login = ${now} where id = ${userId}`);
