import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { isPlaceholder } from '../users/index.js';

/** A user with the address, compared case-insensitively. */
export interface AddressOwner {
  readonly userId: number;
  /** Created by an invitation to the address: the person who registers it gets the account. */
  readonly isPlaceholder: boolean;
  readonly isVerified: boolean;
  readonly isActive: boolean;
}

export const findAddressOwners = (db: Queryable, email: string): Promise<AddressOwner[]> =>
  many<AddressOwner>(
    db,
    sql`
      select u.id as "userId", ${isPlaceholder('u')} as "isPlaceholder", u.is_active as "isActive",
        exists (
          select 1 from account_emailaddress e where e.user_id = u.id and e.verified and lower(e.email) = lower(${email})
        ) as "isVerified"
      from auth_user u
      where lower(u.email) = lower(${email})
        or u.id in (select e.user_id from account_emailaddress e where lower(e.email) = lower(${email}))
      order by u.id`,
  );

export async function isAnyoneWithoutAddress(db: Queryable): Promise<boolean> {
  const row = await one<{ exists: boolean }>(
    db,
    sql`select exists (select 1 from auth_user where lower(email) = '') as exists`,
  );
  return row?.exists ?? false;
}

/** From now on nobody can sign in to the account without a verified address. */
export const askForProof = (tx: Queryable, userId: number, now: Date) =>
  execute(
    tx,
    sql`
      insert into auth_server_address_proofs (user_id, asked_at) values (${userId}, ${now})
      on conflict (user_id) do nothing`,
  );

export const insertPendingApproval = (tx: Queryable, userId: number, now: Date) =>
  execute(
    tx,
    sql`
      insert into auth_server_pending_approvals (user_id, applied_at) values (${userId}, ${now})
      on conflict (user_id) do nothing`,
  );

/** @returns whether the account was waiting for approval; it no longer is */
export async function endPendingApproval(tx: Queryable, userId: number): Promise<boolean> {
  return (await execute(tx, sql`delete from auth_server_pending_approvals where user_id = ${userId}`)) > 0;
}

/** @returns the addresses of the active members of the group `admin` */
export async function listAdministratorAddresses(db: Queryable): Promise<readonly string[]> {
  const rows = await many<{ email: string }>(
    db,
    sql`
      select distinct u.email
      from auth_user u
      join auth_user_groups ug on ug.user_id = u.id
      join auth_group g on g.id = ug.group_id and g.name = 'admin'
      where u.is_active and u.email <> ''`,
  );
  return rows.map(({ email }) => email);
}
