import { many, one, type Queryable } from '../../platform/db/queryable.js';
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

/** @returns the unconfirmed rows of an address, for active accounts */
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
 * The address that an account receives mail at: the row of its `email` column, or its primary one if the column is
 * empty (allauth `send_email_confirmation`). If an administrator corrects the column, the link goes to the corrected
 * address.
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
