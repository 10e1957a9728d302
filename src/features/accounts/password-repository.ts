import type { ResetSubject } from '../../authentication/reset-token.js';
import { many, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';

/** An account, as the password flows need it. */
export interface PasswordHolder extends ResetSubject {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isActive: boolean;
  /** In the order of their creation. */
  readonly addressIds: readonly number[];
  /** Identity providers at which the person has an identity, as the database calls them. */
  readonly providers: readonly string[];
}

const select = (condition: Sql): Sql => sql`
  select u.id, u.password, u.last_login as "lastLogin", u.email, u.username, u.first_name as "firstName",
    u.last_name as "lastName", u.is_active as "isActive",
    array(select e.email from account_emailaddress e where e.user_id = u.id) as addresses,
    array(select e.id from account_emailaddress e where e.user_id = u.id order by e.id) as "addressIds",
    array(select s.provider from socialaccount_socialaccount s where s.user_id = u.id) as providers
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
