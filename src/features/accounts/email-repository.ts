import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

export interface EmailAddress {
  readonly id: number;
  readonly userId: number;
  readonly username: string;
  readonly email: string;
  readonly verified: boolean;
}

export const findEmailAddress = (db: Queryable, id: number): Promise<EmailAddress | undefined> =>
  one<EmailAddress>(
    db,
    sql`
      select e.id, e.user_id as "userId", u.username, e.email, e.verified
      from account_emailaddress e join auth_user u on u.id = e.user_id
      where e.id = ${id}`,
  );

/** @returns the rows of an address that wait for confirmation, of active accounts */
export const findUnverified = (db: Queryable, email: string): Promise<EmailAddress[]> =>
  many<EmailAddress>(
    db,
    sql`
      select e.id, e.user_id as "userId", u.username, e.email, e.verified
      from account_emailaddress e join auth_user u on u.id = e.user_id
      where lower(e.email) = lower(${email}) and not e.verified and u.is_active
      order by e.id`,
  );

/**
 * The address that an account gets its mail at: the row of its `email` column, or its primary one if the column is
 * empty (allauth `send_email_confirmation`). An administrator who corrects the column corrects where the link goes.
 */
export const findOwnAddress = (db: Queryable, userId: number): Promise<EmailAddress | undefined> =>
  one<EmailAddress>(
    db,
    sql`
      select e.id, e.user_id as "userId", u.username, e.email, e.verified
      from account_emailaddress e join auth_user u on u.id = e.user_id
      where e.user_id = ${userId}
      order by lower(e.email) = lower(u.email) desc, e."primary" desc, e.id
      limit 1`,
  );

/**
 * Marks an address as verified, unless somebody else's already is (case-insensitively), and makes it the account's
 * primary one if it has none. Needs the lock of the registration: two spellings of one address would both find it free.
 *
 * @returns whether it is verified now by this call
 */
export async function verifyAddress(tx: Queryable, id: number): Promise<boolean> {
  const row = await one<{ userId: number; email: string }>(
    tx,
    sql`
      update account_emailaddress e set verified = true
      where e.id = ${id} and not e.verified
        and not exists (
          select 1 from account_emailaddress o
          where o.id <> e.id and o.verified and lower(o.email) = lower(e.email)
        )
      returning e.user_id as "userId", e.email`,
  );
  if (row === undefined) return false;
  const madePrimary = await execute(
    tx,
    sql`
      update account_emailaddress set "primary" = true
      where id = ${id} and not exists (
        select 1 from account_emailaddress p where p.user_id = ${row.userId} and p."primary"
      )`,
  );
  if (madePrimary > 0)
    await execute(tx, sql`update auth_user set email = ${row.email} where id = ${row.userId}`);
  return true;
}

/** Gives an account another address, verified and primary, in place of the one it had. @returns false if that changed meanwhile */
export async function replaceAddress(
  tx: Queryable,
  userId: number,
  from: string,
  to: string,
): Promise<boolean> {
  const changed = await execute(
    tx,
    sql`update auth_user set email = ${to} where id = ${userId} and email = ${from}`,
  );
  if (changed === 0) return false;
  await execute(
    tx,
    sql`
      delete from account_emailaddress
      where user_id = ${userId} and lower(email) in (lower(${from}), lower(${to}))`,
  );
  await execute(
    tx,
    sql`update account_emailaddress set "primary" = false where user_id = ${userId} and "primary"`,
  );
  await execute(
    tx,
    sql`insert into account_emailaddress (email, verified, "primary", user_id) values (${to}, true, true, ${userId})`,
  );
  return true;
}
