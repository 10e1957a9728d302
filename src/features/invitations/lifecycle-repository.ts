import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';
import { type MembershipsOf, membershipsOf, removeMemberships } from '../memberships/index.js';
import { isUnclaimed } from '../users/index.js';

/** An account that an address may refer to. */
export interface InvitableAccount {
  readonly id: number;
  /** The account has never been used: the person is invited by mail, and signs up by registering. */
  readonly isUnclaimed: boolean;
  readonly isVerified: boolean;
}

/** @returns the accounts with the address, case-insensitively; they cannot be deleted until the transaction ends */
export const findInvitableAccounts = (tx: Queryable, email: string): Promise<InvitableAccount[]> =>
  many<InvitableAccount>(
    tx,
    sql`
      select u.id, ${isUnclaimed('u')} as "isUnclaimed",
        exists (
          select 1 from account_emailaddress e where e.user_id = u.id and e.verified and lower(e.email) = lower(${email})
        ) as "isVerified"
      from auth_user u
      where lower(u.email) = lower(${email})
      order by u.id
      for key share of u`,
  );

/** @returns whether the account exists; if so, it cannot be deleted until the transaction ends */
export async function keepAccount(tx: Queryable, id: number): Promise<boolean> {
  return (await one(tx, sql`select 1 from auth_user where id = ${id} for key share`)) !== undefined;
}

export interface NewInvitation {
  readonly key: string;
  readonly membershipId: number;
  readonly ownerId: number;
  /** When it was mailed; null if no mail is sent. */
  readonly sentAt: Date | null;
}

export const insertInvitation = (tx: Queryable, invitation: NewInvitation, now: Date) =>
  execute(
    tx,
    sql`
      insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
      values (${invitation.key}, ${now}, ${invitation.sentAt}, ${invitation.membershipId}, ${invitation.ownerId})`,
  );

/** The current state of an invitation; no other request can change it until the transaction ends. */
export interface LockedInvitation {
  readonly membershipId: number;
  readonly isAccepted: boolean;
  readonly sentAt: Timestamp | null;
  readonly email: string;
}

export const lockInvitation = (tx: Queryable, key: string): Promise<LockedInvitation | undefined> =>
  one<LockedInvitation>(
    tx,
    sql`
      select m.id as "membershipId", m.is_active as "isAccepted", i.sent_date as "sentAt", u.email
      from organizations_membership m
      join organizations_invitation i on i.membership_id = m.id
      join auth_user u on u.id = m.user_id
      where i.key = ${key}
      for update of m, i`,
  );

/** Removes memberships together with their invitations. */
export async function endMemberships(tx: Queryable, of: MembershipsOf): Promise<void> {
  const memberships = sql`select id from organizations_membership where ${membershipsOf(of)}`;
  await execute(tx, sql`delete from organizations_invitation where membership_id in (${memberships})`);
  await removeMemberships(tx, of);
}

export const noteSent = (tx: Queryable, key: string, now: Date) =>
  execute(tx, sql`update organizations_invitation set sent_date = ${now} where key = ${key}`);

/** The membership stays (CVAT). @returns whether the invitation was there */
export async function removeInvitation(tx: Queryable, key: string): Promise<boolean> {
  return (await execute(tx, sql`delete from organizations_invitation where key = ${key}`)) > 0;
}

/**
 * @param since invitations mailed earlier have expired; one that was never mailed does not expire (`isExpired`)
 * @returns whether an organization has a pending invitation to this address
 */
export async function hasPendingInvitation(db: Queryable, email: string, since: Date): Promise<boolean> {
  const row = await one(
    db,
    sql`
      select 1
      from auth_user u
      join organizations_membership m on m.user_id = u.id and not m.is_active
      join organizations_invitation i on i.membership_id = m.id
      where lower(u.email) = lower(${email}) and (i.sent_date is null or i.sent_date > ${since})
      limit 1`,
  );
  return row !== undefined;
}

/** Adds invitations unchanged. @param rows - a query with the columns of the table */
export const copyInvitations = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`
      insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
      select key, created_date, sent_date, membership_id, owner_id from (${rows}) as rows`,
  );
