import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

export interface LinkedAccount {
  readonly userId: number;
  readonly username: string;
  readonly password: string;
  readonly isActive: boolean;
  readonly isSuperuser: boolean;
}

/** An account with the same name as a person in the directory. */
export interface Namesake extends LinkedAccount {
  readonly email: string;
  /** The person in the directory that it already belongs to. */
  readonly identity: string | null;
  /** False for an account that an invitation or an administrator created for the owner of its address. */
  readonly hasSignedIn: boolean;
}

/** Locks the account until the end of the transaction, so that logins of one person run one after the other. */
export const findByIdentity = (tx: Queryable, identity: string): Promise<LinkedAccount | undefined> =>
  one<LinkedAccount>(
    tx,
    sql`
      select u.id as "userId", u.username, u.password, u.is_active as "isActive",
        u.is_superuser as "isSuperuser"
      from auth_server_directory_accounts d join auth_user u on u.id = d.user_id
      where d.identity = ${identity}
      for update of d`,
  );

export const listNamesakes = (tx: Queryable, username: string): Promise<Namesake[]> =>
  many<Namesake>(
    tx,
    sql`
      select u.id as "userId", u.username, u.password, u.is_active as "isActive",
        u.is_superuser as "isSuperuser", u.email, d.identity,
        u.last_login is not null as "hasSignedIn"
      from auth_user u left join auth_server_directory_accounts d on d.user_id = u.id
      where lower(u.username) = lower(${username})
      order by u.id`,
  );

/** @param recheckAt null for never */
export const link = (tx: Queryable, userId: number, identity: string, recheckAt: Date | null) =>
  execute(
    tx,
    sql`
      insert into auth_server_directory_accounts (user_id, identity, recheck_at)
      values (${userId}, ${identity}, ${recheckAt})
      on conflict (user_id) do update set identity = excluded.identity, recheck_at = excluded.recheck_at`,
  );

/** A due account, in the state before it was claimed. */
export interface DueAccount {
  readonly userId: number;
  readonly username: string;
  readonly identity: string;
  readonly dueAt: Timestamp;
}

/**
 * Claims accounts to check. Other processes skip them until `leasedUntil`; if this process dies, they are due again
 * then.
 */
export const claimDue = (db: Queryable, now: Date, leasedUntil: Date, limit: number): Promise<DueAccount[]> =>
  many<DueAccount>(
    db,
    sql`
      with due as (
        select d.user_id, u.username, d.recheck_at
        from auth_server_directory_accounts d join auth_user u on u.id = d.user_id
        where d.recheck_at <= ${now}
        order by d.recheck_at
        limit ${limit}
        for update of d skip locked
      )
      update auth_server_directory_accounts d set recheck_at = ${leasedUntil}
      from due where due.user_id = d.user_id
      returning d.user_id as "userId", due.username, d.identity, due.recheck_at as "dueAt"`,
  );

/** Other managed accounts, most recent sign-in first. */
export const listOthers = (
  db: Queryable,
  userIds: readonly number[],
  limit: number,
): Promise<{ readonly identity: string; readonly username: string }[]> =>
  many<{ readonly identity: string; readonly username: string }>(
    db,
    sql`
      select d.identity, u.username
      from auth_server_directory_accounts d join auth_user u on u.id = d.user_id
      where d.recheck_at is not null and not d.user_id = any(${userIds}::integer[])
      order by u.last_login desc nulls last, u.id
      limit ${limit}`,
  );

/** @param recheckAt null for never again */
export const setRecheck = (db: Queryable, userIds: readonly number[], recheckAt: Date | null) =>
  execute(
    db,
    sql`update auth_server_directory_accounts set recheck_at = ${recheckAt} where user_id = any(${userIds}::integer[])`,
  );

/** @returns the person in the directory to whom the account belongs */
export const findAcquaintance = (
  db: Queryable,
  userId: number,
): Promise<{ readonly identity: string; readonly username: string } | undefined> =>
  one<{ readonly identity: string; readonly username: string }>(
    db,
    sql`
      select d.identity, u.username
      from auth_server_directory_accounts d join auth_user u on u.id = d.user_id
      where d.user_id = ${userId}`,
  );

/** @returns the password column of an account */
export const findPassword = async (db: Queryable, userId: number): Promise<string | undefined> =>
  (await one<{ password: string }>(db, sql`select password from auth_user where id = ${userId}`))?.password;

/** @returns whether the account belongs to a person in the directory */
export const isLinked = async (db: Queryable, userId: number): Promise<boolean> =>
  (await one(db, sql`select 1 from auth_server_directory_accounts where user_id = ${userId}`)) !== undefined;
