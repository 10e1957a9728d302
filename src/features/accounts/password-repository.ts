import type { ResetSubject } from '../../authentication/reset-token.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';
import { saveSignals } from '../users/index.js';

/** An account as the password flows see it. */
export interface PasswordHolder extends ResetSubject {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isActive: boolean;
  /** In the order in which they were made. */
  readonly addressIds: readonly number[];
}

const select = (condition: Sql): Sql => sql`
  select u.id, u.password, u.last_login as "lastLogin", u.email, u.username, u.first_name as "firstName",
    u.last_name as "lastName", u.is_active as "isActive",
    array(select e.email from account_emailaddress e where e.user_id = u.id) as addresses,
    array(select e.id from account_emailaddress e where e.user_id = u.id order by e.id) as "addressIds"
  from auth_user u
  where ${condition}
  order by u.id`;

export const findHolder = (db: Queryable, id: number): Promise<PasswordHolder | undefined> =>
  one<PasswordHolder>(db, select(sql`u.id = ${id}`));

/** @returns the active accounts that have the address, in their e-mail column or as a row of their own */
export const findHoldersByEmail = (db: Queryable, email: string): Promise<PasswordHolder[]> =>
  many<PasswordHolder>(
    db,
    select(sql`
      u.is_active and (
        lower(u.email) = lower(${email})
        or u.id in (select e.user_id from account_emailaddress e where lower(e.email) = lower(${email}))
      )`),
  );

/** allauth adds the address of an account to its rows while it makes a reset token. */
export const addMissingAddress = (tx: Queryable, userId: number) =>
  execute(
    tx,
    sql`
      insert into account_emailaddress (email, verified, "primary", user_id)
      select u.email, false, false, u.id from auth_user u
      where u.id = ${userId} and u.email <> ''
        and not exists (select 1 from account_emailaddress e where e.user_id = u.id and lower(e.email) = lower(u.email))
      on conflict (user_id, email) do nothing`,
  );

/** Replaces the password column if it still holds `from`: of two at once, one wins. @returns whether it did */
export async function replacePassword(
  tx: Queryable,
  userId: number,
  from: string,
  to: string,
): Promise<boolean> {
  return (
    (await execute(
      tx,
      sql`
        with saved as (
          update auth_user set password = ${to} where id = ${userId} and password = ${from}
          returning id, is_staff, is_superuser
        ),
        ${saveSignals(sql`saved`)}
        select 1 from saved`,
    )) > 0
  );
}
