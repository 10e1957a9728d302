import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { raw, type Sql, sql } from '../../platform/db/sql.js';
import { completeAccount, type NewAccount } from './new-account-repository.js';

/**
 * Placeholders: the accounts that invitations make for people who have none (CVAT 2.62, `InvitationWriteSerializer`:
 * name and address are those of the invitation). Whoever registers the address gets the account, so this is the only
 * place that says what one is. CVAT goes by the password and the e-mail rows alone, and so gives away accounts that an
 * administrator made or changed.
 */

/**
 * Nobody has ever had the account, and it holds nothing: no usable password, no sign-in, no address that anybody
 * confirmed or was asked to confirm, no token, no right of staff, no membership.
 *
 * @param alias of `auth_user`
 */
export const isUnclaimed = (alias: string): Sql => {
  const u = raw(alias);
  return sql`(
    ${u}.last_login is null and ${u}.password like '!%' and not ${u}.is_staff and not ${u}.is_superuser
    and lower(${u}.username) = lower(${u}.email)
    and not exists (select from account_emailaddress e where e.user_id = ${u}.id)
    and not exists (select from authtoken_token t where t.user_id = ${u}.id)
    and not exists (select from access_tokens_accesstoken a where a.owner_id = ${u}.id)
    and not exists (
      select from auth_user_groups ug join auth_group g on g.id = ug.group_id
      where ug.user_id = ${u}.id and g.name = 'admin'
    )
    and not exists (select from organizations_membership m where m.user_id = ${u}.id and m.is_active)
  )`;
};

/** An unclaimed account for which an invitation waits. @param alias of `auth_user` */
export const isPlaceholder = (alias: string): Sql => sql`(
  ${isUnclaimed(alias)}
  and exists (
    select from organizations_membership m join organizations_invitation i on i.membership_id = m.id
    where m.user_id = ${raw(alias)}.id and not m.is_active
  )
)`;

/**
 * Holds an account until the end of the transaction, so that what is decided of it stays true.
 *
 * @returns whether it is a placeholder now
 */
async function lockPlaceholder(tx: Queryable, userId: number): Promise<boolean> {
  // In two statements: the second one sees what those committed who had the lock before.
  await one(tx, sql`select 1 from auth_user where id = ${userId} for update`);
  const row = await one(tx, sql`select 1 from auth_user u where u.id = ${userId} and ${isPlaceholder('u')}`);
  return row !== undefined;
}

/**
 * Makes the placeholder of an invitation the account of the person it was made for: same id, memberships kept.
 *
 * @returns false when it is none any more, and nothing was changed
 */
export async function claimPlaceholder(tx: Queryable, userId: number, account: NewAccount): Promise<boolean> {
  if (!(await lockPlaceholder(tx, userId))) return false;
  await execute(
    tx,
    sql`
      update auth_user set password = ${account.password}, username = ${account.username}, email = ${account.email},
        first_name = ${account.firstName}, last_name = ${account.lastName}, is_active = ${account.isActive}
      where id = ${userId}`,
  );
  await completeAccount(tx, userId, account);
  return true;
}
