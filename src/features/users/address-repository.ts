import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/**
 * Updates the rows of an account's addresses after a change of `auth_user.email`. The new address is as confirmed as
 * the one it replaces, unless another user has confirmed it, and gets its own row: a link mailed to the old address
 * must not confirm the new one. An account without a row gets one, so that it is no longer a placeholder.
 *
 * Requires {@link lockNames}: otherwise two accounts could both find a confirmed address free.
 *
 * @param to empty for none
 */
export async function moveAddress(tx: Queryable, userId: number, from: string, to: string): Promise<void> {
  const row = await one<{ isVerified: boolean; isFirst: boolean }>(
    tx,
    sql`
      with gone as (
        delete from account_emailaddress
        where user_id = ${userId} and lower(email) in (lower(${from}), lower(${to}))
        returning email, verified
      )
      select
        coalesce(bool_or(verified) filter (where lower(email) = lower(${from})), false)
          and not exists (
            select from account_emailaddress o
            where o.user_id <> ${userId} and o.verified and lower(o.email) = lower(${to})
          ) as "isVerified",
        not exists (
          select from account_emailaddress p
          where p.user_id = ${userId} and p."primary" and lower(p.email) not in (lower(${from}), lower(${to}))
        ) as "isFirst"
      from gone`,
  );
  if (to === '' || row === undefined) return;
  await execute(
    tx,
    sql`
      insert into account_emailaddress (email, verified, "primary", user_id)
      values (${to}, ${row.isVerified}, ${row.isFirst}, ${userId})`,
  );
}

/** allauth adds the address of an account to its rows when it creates a reset token. */
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

/**
 * Marks an address as verified, unless another user has verified it (case-insensitively), and makes it the account's
 * primary address if it has none. Requires the lock of the registration: otherwise two spellings of one address could
 * both find it free.
 *
 * @returns whether this call verified it
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

/** Replaces an account's address with a verified, primary one. @returns false if the old one has changed meanwhile */
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
