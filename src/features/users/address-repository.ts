import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/**
 * Lets the rows of an account's addresses follow a change of `auth_user.email`. The new address is as confirmed as the
 * one it replaces, unless somebody else has confirmed it, and gets a row of its own: a link that was mailed to the old
 * address must not confirm the new one. An account without a row gets one, so that it is no placeholder any more.
 *
 * Needs {@link lockNames}: two accounts would both find a confirmed address free.
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
