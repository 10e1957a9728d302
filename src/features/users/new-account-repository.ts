import { awaitLock, takeLock } from '../../platform/db/advisory-lock.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { type Origin, recordOrigin } from './origin-repository.js';
import { addGroups } from './repository.js';

export interface NewAccount {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Value of the password column. */
  readonly password: string;
  readonly isStaff: boolean;
  readonly isSuperuser: boolean;
  readonly isActive: boolean;
  readonly groups: readonly string[];
  /** Null for a placeholder: CVAT recognizes it by an address that only exists in its column. */
  readonly emailVerified: boolean | null;
  /** Null for one that an administrator or the command line made. */
  readonly origin: Origin | null;
}

/** Key of the advisory lock for claiming names and addresses: otherwise two transactions could both find them free. */
const NAMES_LOCK = 0x63766174;

/** Lets no other transaction claim a name, on any replica, until the end of this one. @throws LockBusy */
export const lockNames = (tx: Queryable) => takeLock(tx, NAMES_LOCK);

/** The same for a transaction that can't run again. */
export const awaitNames = (tx: Queryable) => awaitLock(tx, NAMES_LOCK);

/**
 * @returns whether an account other than `except` has the name, case-insensitively: users with such names could not
 *   sign in
 */
export async function isUsernameTaken(
  db: Queryable,
  username: string,
  except: number | null = null,
): Promise<boolean> {
  const row = await one(
    db,
    sql`select 1 from auth_user where lower(username) = lower(${username}) and id is distinct from ${except}::integer limit 1`,
  );
  return row !== undefined;
}

/** @returns whether any user has the address, case-insensitively */
export async function isEmailTaken(db: Queryable, email: string): Promise<boolean> {
  const row = await one<{ taken: boolean }>(
    db,
    sql`
      select exists (select 1 from auth_user where lower(email) = lower(${email}))
        or exists (select 1 from account_emailaddress where lower(email) = lower(${email})) as taken`,
  );
  return row?.taken ?? false;
}

/** An account with its profile, groups and address, as CVAT's signals and allauth add them. @returns its id */
export async function insertAccount(tx: Queryable, account: NewAccount, now: Date): Promise<number> {
  const row = await one<{ id: number }>(
    tx,
    sql`
      insert into auth_user
        (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      values
        (${account.password}, ${account.isSuperuser}, ${account.username}, ${account.firstName}, ${account.lastName},
         ${account.email}, ${account.isStaff}, ${account.isActive}, ${now})
      returning id`,
  );
  if (row === undefined) throw new TypeError('An insert that returns nothing.');
  await completeAccount(tx, row.id, account);
  return row.id;
}

/** Adds the profile, groups and address that an account does not have yet, and how it came about. */
export async function completeAccount(tx: Queryable, userId: number, account: NewAccount): Promise<void> {
  const hasAnalytics = account.isSuperuser || account.groups.includes('admin');
  await execute(
    tx,
    sql`
      insert into engine_profile (rating, user_id, has_analytics_access) values (0, ${userId}, ${hasAnalytics})
      on conflict (user_id) do nothing`,
  );
  await addGroups(tx, userId, account.groups);
  if (account.origin !== null) await recordOrigin(tx, userId, account.origin);
  if (account.emailVerified === null || account.email === '') return;
  await execute(
    tx,
    sql`
      insert into account_emailaddress (email, verified, "primary", user_id)
      values (${account.email}, ${account.emailVerified}, true, ${userId})
      on conflict (user_id, email) do nothing`,
  );
}
