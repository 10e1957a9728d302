import type { OrganizationRole } from '../../kernel/account.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { isUnclaimed } from '../users/index.js';

/** Who may be meant by an address. */
export interface Candidate {
  readonly id: number;
  /** Nobody has the account yet: the person is asked by mail, and comes in by registering. */
  readonly isUnclaimed: boolean;
  readonly isVerified: boolean;
}

/** @returns the accounts with the address, in any case; they can not be removed until the transaction ends */
export const findCandidates = (tx: Queryable, email: string): Promise<Candidate[]> =>
  many<Candidate>(
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

/** @returns whether the account is there; if so it can not be removed until the transaction ends */
export async function keepAccount(tx: Queryable, id: number): Promise<boolean> {
  return (await one(tx, sql`select 1 from auth_user where id = ${id} for key share`)) !== undefined;
}

export interface NewInvitation {
  readonly key: string;
  readonly organizationId: number;
  readonly userId: number;
  readonly role: OrganizationRole;
  readonly ownerId: number;
  /** Null where a mail goes out and an answer is awaited; else the member has joined by it. */
  readonly joinedAt: Date | null;
}

/** The membership and the invitation to it. @returns false when the person has a membership already */
export async function insertInvitation(
  tx: Queryable,
  invitation: NewInvitation,
  now: Date,
): Promise<boolean> {
  const { joinedAt } = invitation;
  const made = await execute(
    tx,
    sql`
      with membership as (
        insert into organizations_membership (is_active, joined_date, role, organization_id, user_id)
        values (${joinedAt !== null}, ${joinedAt}::timestamptz, ${invitation.role}, ${invitation.organizationId},
          ${invitation.userId})
        on conflict (user_id, organization_id) do nothing
        returning id
      )
      insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
      select ${invitation.key}, ${now}::timestamptz, case when ${joinedAt === null} then ${now}::timestamptz end,
        membership.id, ${invitation.ownerId}::integer
      from membership`,
  );
  return made > 0;
}

/** An invitation as it is now; nobody else acts on it until the transaction ends. */
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

export const activateMembership = (tx: Queryable, membershipId: number, now: Date) =>
  execute(
    tx,
    sql`update organizations_membership set is_active = true, joined_date = ${now} where id = ${membershipId}`,
  );

export async function removeWithMembership(tx: Queryable, membershipId: number): Promise<void> {
  await execute(tx, sql`delete from organizations_invitation where membership_id = ${membershipId}`);
  await execute(tx, sql`delete from organizations_membership where id = ${membershipId}`);
}

export const noteSent = (tx: Queryable, key: string, now: Date) =>
  execute(tx, sql`update organizations_invitation set sent_date = ${now} where key = ${key}`);

/** The membership stays (CVAT). @returns whether the invitation was there */
export async function removeInvitation(tx: Queryable, key: string): Promise<boolean> {
  return (await execute(tx, sql`delete from organizations_invitation where key = ${key}`)) > 0;
}
