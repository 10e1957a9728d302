import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { raw, type Sql, sql } from '../../platform/db/sql.js';
import { completeAccount, type NewAccount } from './new-account-repository.js';

/**
 * Placeholders: accounts that invitations create for people without one (CVAT 2.62, `InvitationWriteSerializer`: name
 * and address are those of the invitation). A person who registers the address gets the account, so this is the only
 * place that defines placeholders. CVAT only checks the password and the e-mail rows, and so gives away accounts that
 * an administrator created or changed.
 */

/**
 * The account has never been used and has no data: no usable password, no sign-in, no address that was confirmed or is
 * waiting for confirmation, no token, no staff rights, no membership.
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

/** An unclaimed account with a pending invitation. @param alias of `auth_user` */
export const isPlaceholder = (alias: string): Sql => sql`(
  ${isUnclaimed(alias)}
  and exists (
    select from organizations_membership m join organizations_invitation i on i.membership_id = m.id
    where m.user_id = ${raw(alias)}.id and not m.is_active
  )
)`;

/**
 * Locks an account until the end of the transaction, so that decisions about it stay valid.
 *
 * @returns whether it is a placeholder now
 */
async function lockPlaceholder(tx: Queryable, userId: number): Promise<boolean> {
  // In two statements: the second one sees the changes that the previous holders of the lock committed.
  await one(tx, sql`select 1 from auth_user where id = ${userId} for update`);
  const row = await one(tx, sql`select 1 from auth_user u where u.id = ${userId} and ${isPlaceholder('u')}`);
  return row !== undefined;
}

/**
 * Turns the placeholder of an invitation into the account of the invited person: same id, memberships kept.
 *
 * @returns false if it is no longer a placeholder; nothing was changed
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
