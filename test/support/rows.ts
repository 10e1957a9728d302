import pg from 'pg';
import { hashAccessToken } from '../../src/authentication/access-tokens.js';
import { awaitNames } from '../../src/features/users/index.js';
import { execute, many, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** Rows that tests write themselves: states of an account that no endpoint of the tested piece brings about. */

export async function idOf(row: Promise<{ id: number } | undefined>): Promise<number> {
  const found = await row;
  if (found === undefined) throw new Error('The insert returned no row.');
  return found.id;
}

export const setPassword = (db: Queryable, userId: number, encoded: string) =>
  execute(db, sql`update auth_user set password = ${encoded} where id = ${userId}`);

export const setActive = (db: Queryable, userId: number, isActive: boolean) =>
  execute(db, sql`update auth_user set is_active = ${isActive} where id = ${userId}`);

export const setUsername = (db: Queryable, userId: number, username: string) =>
  execute(db, sql`update auth_user set username = ${username} where id = ${userId}`);

/** Takes the lock under which names are claimed. @returns a function that lets it go */
export async function holdNames(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  await awaitNames(client);
  return () => client.end();
}

export interface UserFields {
  readonly username?: string;
  readonly firstName?: string;
  readonly email?: string;
  readonly isSuperuser?: boolean;
  readonly isStaff?: boolean;
  readonly lastLogin?: Date;
}

/** Changes columns of an account; those that are not named stay. */
export function changeUser(db: Queryable, userId: number, fields: UserFields) {
  const { username = null, firstName = null, email = null, lastLogin = null } = fields;
  const { isSuperuser = null, isStaff = null } = fields;
  return execute(
    db,
    sql`
      update auth_user set username = coalesce(${username}, username), first_name = coalesce(${firstName}, first_name),
        email = coalesce(${email}, email), last_login = coalesce(${lastLogin}, last_login),
        is_superuser = coalesce(${isSuperuser}, is_superuser), is_staff = coalesce(${isStaff}, is_staff)
      where id = ${userId}`,
  );
}

export const deactivateSuperusers = (db: Queryable) =>
  execute(db, sql`update auth_user set is_active = false where is_superuser`);

/** Gives an address to every account that has none: no other may be without one by chance. */
export const giveAddresses = (db: Queryable) =>
  execute(db, sql`update auth_user set email = username || '@example.org' where email = ''`);

/** An account as another program may have made it. @returns its id */
export function insertUser(
  db: Queryable,
  user: UserFields & { readonly username: string; readonly password: string },
): Promise<number> {
  const { username, password, email = '', isSuperuser = false, isStaff = false } = user;
  return idOf(
    one<{ id: number }>(
      db,
      sql`
        insert into auth_user
          (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
        values (${password}, ${isSuperuser}, ${username}, '', '', ${email}, ${isStaff}, true, now()) returning id`,
    ),
  );
}

/** Removes everybody with everything of theirs; ids begin at 1 again. */
export const removeEverybody = (db: Queryable) =>
  execute(db, sql`truncate auth_user restart identity cascade`);

/** @returns who has this name, in any case */
export async function usersNamed(db: Queryable, username: string): Promise<readonly string[]> {
  const rows = await many<{ username: string }>(
    db,
    sql`select username from auth_user where lower(username) = lower(${username})`,
  );
  return rows.map((row) => row.username);
}

/** @returns who is in a group, in the order of their names */
export async function usersInGroup(db: Queryable, group: string): Promise<readonly string[]> {
  const rows = await many<{ username: string }>(
    db,
    sql`
      select u.username from auth_user u
      join auth_user_groups ug on ug.user_id = u.id join auth_group g on g.id = ug.group_id
      where g.name = ${group} order by u.username`,
  );
  return rows.map((row) => row.username);
}

/** @returns the accounts with this address, in any case, and what there is of each */
export const accountsWithAddress = (db: Queryable, email: string) =>
  many<{
    id: number;
    username: string;
    email: string;
    password: string;
    rows: number;
    groups: string[];
    hasProfile: boolean;
  }>(
    db,
    sql`
      select u.id, u.username, u.email, u.password,
        (select count(*)::int from account_emailaddress e where e.user_id = u.id) as rows,
        array(select g.name from auth_user_groups ug join auth_group g on g.id = ug.group_id where ug.user_id = u.id) as groups,
        exists (select 1 from engine_profile p where p.user_id = u.id) as "hasProfile"
      from auth_user u where lower(u.email) = lower(${email})`,
  );

/** @returns what one has to know or be to get at an account */
export const readAccess = (db: Queryable, userId: number) =>
  one<{ username: string; password: string; isSuperuser: boolean }>(
    db,
    sql`select username, password, is_superuser as "isSuperuser" from auth_user where id = ${userId}`,
  );

/** An API token. */
export const insertToken = (db: Queryable, userId: number, key: string, created = new Date()) =>
  execute(
    db,
    sql`insert into authtoken_token (key, created, user_id) values (${key}, ${created}, ${userId})`,
  );

export const hasToken = async (db: Queryable, userId: number): Promise<boolean> =>
  (await one(db, sql`select from authtoken_token where user_id = ${userId}`)) !== undefined;

export const readProfile = (db: Queryable, userId: number) =>
  one<{ analytics: boolean }>(
    db,
    sql`select has_analytics_access as analytics from engine_profile where user_id = ${userId}`,
  );

export const deleteProfile = (db: Queryable, userId: number) =>
  execute(db, sql`delete from engine_profile where user_id = ${userId}`);

/** Of which older hashes of its password sessions may know. */
export const forgetPasswordLineage = (db: Queryable, userId: number) =>
  execute(db, sql`delete from auth_server_password_lineage where user_id = ${userId}`);

/** Where a directory found an account. */
export const directoryAccountOf = (db: Queryable, userId: number) =>
  one<{ createdVia: string; identity: string; password: string }>(
    db,
    sql`
      select d.created_via as "createdVia", d.identity, u.password
      from auth_server_directory_accounts d join auth_user u on u.id = d.user_id where d.user_id = ${userId}`,
  );

/** Confirms, or unconfirms, all addresses of an account. */
export const setVerified = (db: Queryable, userId: number, verified: boolean) =>
  execute(db, sql`update account_emailaddress set verified = ${verified} where user_id = ${userId}`);

/** Gives an account exactly these roles. */
export async function setGroups(db: Queryable, userId: number, groups: readonly string[]): Promise<void> {
  await execute(db, sql`delete from auth_user_groups where user_id = ${userId}`);
  for (const name of groups) {
    await execute(
      db,
      sql`insert into auth_user_groups (user_id, group_id) select ${userId}, id from auth_group where name = ${name}`,
    );
  }
}

/** @returns columns of `auth_user` that no answer shows */
export async function readUser(db: Queryable, username: string) {
  const row = await one<{
    id: number;
    password: string;
    lastLogin: string | null;
    isActive: boolean;
    email: string;
  }>(
    db,
    sql`select id, password, last_login as "lastLogin", is_active as "isActive", email from auth_user where username = ${username}`,
  );
  if (row === undefined) throw new Error(`There is no ${username}.`);
  return row;
}

export interface AccessTokenRow {
  readonly ownerId: number;
  /** The secret: `<8 characters>.<32 characters>`. */
  readonly key: string;
  /** What the table keeps of it; by default the current form. */
  readonly hashedKey?: string;
  readonly readOnly?: boolean;
  readonly revoked?: boolean;
  readonly created?: Date;
  readonly expires?: Date | null;
  readonly lastUsed?: Date | null;
}

/** @returns the id of the token */
export function insertAccessToken(db: Queryable, token: AccessTokenRow): Promise<number> {
  const {
    ownerId,
    key,
    readOnly = false,
    revoked = false,
    created = new Date(),
    expires = null,
    lastUsed = null,
  } = token;
  const hashedKey = token.hashedKey ?? hashAccessToken(key);
  return idOf(
    one<{ id: number }>(
      db,
      sql`
        insert into access_tokens_accesstoken
          (prefix, hashed_key, created, name, revoked, expiry_date, updated_date, last_used_date, read_only, owner_id)
        values (${key.slice(0, key.indexOf('.'))}, ${hashedKey}, ${created}, 'test', ${revoked}, ${expires}, ${created},
          ${lastUsed}, ${readOnly}, ${ownerId})
        returning id`,
    ),
  );
}

export async function readAccessToken(db: Queryable, id: number) {
  const row = await one<{ hashedKey: string; lastUsed: string | null; updated: string }>(
    db,
    sql`
      select hashed_key as "hashedKey", last_used_date as "lastUsed", updated_date as "updated"
      from access_tokens_accesstoken where id = ${id}`,
  );
  if (row === undefined) throw new Error(`There is no access token ${id}.`);
  return row;
}

export const setAccessTokenName = (db: Queryable, ids: readonly number[], name: string) =>
  execute(db, sql`update access_tokens_accesstoken set name = ${name} where id = any(${ids}::int[])`);

/** Binds a personal access token to an organization. */
export const bindAccessToken = (db: Queryable, tokenId: number, organizationId: number) =>
  execute(
    db,
    sql`insert into auth_server_access_tokens (token_id, organization_id, is_bound) values (${tokenId}, ${organizationId}, true)`,
  );

export const revokeAccessToken = (db: Queryable, id: number) =>
  execute(db, sql`update access_tokens_accesstoken set revoked = true where id = ${id}`);

/** Takes the table of API tokens away while something is tried: the server can not explain that. */
export async function withoutApiTokens<T>(db: Queryable, work: () => Promise<T>): Promise<T> {
  await execute(db, sql`alter table authtoken_token rename to authtoken_gone`);
  try {
    return await work();
  } finally {
    await execute(db, sql`alter table authtoken_gone rename to authtoken_token`);
  }
}

/** @returns the ids of all personal access tokens that are stored, in their order */
export async function accessTokenIds(db: Queryable): Promise<readonly number[]> {
  const rows = await many<{ id: number }>(db, sql`select id from access_tokens_accesstoken order by id`);
  return rows.map(({ id }) => id);
}

/** @param pattern - of names, for `like`. @returns the password columns, in the order of the ids */
export async function passwordsOf(db: Queryable, pattern: string): Promise<readonly string[]> {
  const rows = await many<{ password: string }>(
    db,
    sql`select password from auth_user where username like ${pattern} order by id`,
  );
  return rows.map(({ password }) => password);
}

/** Makes every attempt to give an address an account fail, as a broken disk would. @returns a function that ends it */
export async function breakAccountsOf(db: Queryable, email: string): Promise<() => Promise<unknown>> {
  await db.query({
    text: `create function break_accounts() returns trigger language plpgsql as
      $$ begin raise exception 'broken' using errcode = 'io_error'; end $$`,
  });
  await db.query({
    text: `create trigger break_accounts before insert on auth_user for each row
      when (new.email = '${email.replaceAll("'", "''")}') execute function break_accounts()`,
  });
  return () => db.query({ text: 'drop function break_accounts cascade' });
}

/** Links an account to an identity at a provider, as allauth's row has it. */
export const insertIdentity = (
  db: Queryable,
  { provider, uid, userId, data }: { provider: string; uid: string; userId: number; data: object },
) =>
  execute(
    db,
    sql`
      insert into socialaccount_socialaccount (provider, uid, last_login, date_joined, extra_data, user_id)
      values (${provider}, ${uid}, now(), now(), ${JSON.stringify(data)}, ${userId})`,
  );
