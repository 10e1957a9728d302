import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { saveSignals } from './save-signals-repository.js';

/** API tokens: the key for `Authorization: Token`, one per account, stored in DRF's own table and format. */

/** @returns the creation time of an account's token; undefined without one. Only the owner may see the key */
export async function findApiToken(db: Queryable, userId: number): Promise<Timestamp | undefined> {
  const row = await one<{ created: Timestamp }>(
    db,
    sql`select created from authtoken_token where user_id = ${userId}`,
  );
  return row?.created;
}

/**
 * Records a login, which in CVAT saves the user, and gives the account its API token: the existing one, or this new
 * one.
 *
 * @returns the key; undefined if another replica created one at the same time, which must then be read
 */
export async function recordLogin(
  db: Queryable,
  userId: number,
  newKey: string,
  now: Date,
): Promise<string | undefined> {
  const row = await one<{ key: string | null }>(
    db,
    sql`
      with login as (
        update auth_user set last_login = ${now} where id = ${userId} returning id, is_staff, is_superuser
      ),
      ${saveSignals(sql`login`)},
      made as (
        insert into authtoken_token (key, created, user_id)
        select ${newKey}, ${now}, id from login
        on conflict (user_id) do nothing
        returning key
      )
      select coalesce((select key from made), (select t.key from authtoken_token t where t.user_id = ${userId})) as key`,
  );
  return row?.key ?? undefined;
}

/** Gives an account its API token: the existing one, or this new one. @returns the key; undefined for no account */
export async function ensureApiToken(
  db: Queryable,
  userId: number,
  newKey: string,
  now: Date,
): Promise<string | undefined> {
  const found = await findApiTokenKey(db, userId);
  if (found !== undefined) return found;
  await execute(
    db,
    sql`
      insert into authtoken_token (key, created, user_id)
      select ${newKey}, ${now}, id from auth_user where id = ${userId}
      on conflict (user_id) do nothing`,
  );
  return findApiTokenKey(db, userId);
}

/** @returns the key, for a user who has just signed in */
export async function findApiTokenKey(db: Queryable, userId: number): Promise<string | undefined> {
  return (await one<{ key: string }>(db, sql`select key from authtoken_token where user_id = ${userId}`))
    ?.key;
}

/** Gives an account a new token in place of any existing one. @returns false if the account has been deleted */
export async function replaceApiToken(
  tx: Queryable,
  userId: number,
  key: string,
  now: Date,
): Promise<boolean> {
  // The key is the primary key of the table, so this is a new row. The lock serializes concurrent calls.
  if ((await one(tx, sql`select 1 from auth_user where id = ${userId} for update`)) === undefined)
    return false;
  await removeApiToken(tx, userId);
  await execute(
    tx,
    sql`insert into authtoken_token (key, created, user_id) values (${key}, ${now}, ${userId})`,
  );
  return true;
}

/** @returns whether there was one */
export const removeApiToken = async (db: Queryable, userId: number): Promise<boolean> =>
  (await execute(db, sql`delete from authtoken_token where user_id = ${userId}`)) > 0;
