import { hashAccessToken } from '../../src/authentication/access-tokens.js';
import { execute, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** Rows that tests write themselves: states of an account that no endpoint of the tested piece brings about. */

async function idOf(row: Promise<{ id: number } | undefined>): Promise<number> {
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

/** @returns the id of an organization in which only its owner is a member */
export async function insertOrganization(db: Queryable, slug: string, ownerId: number): Promise<number> {
  const id = await idOf(
    one<{ id: number }>(
      db,
      sql`
        insert into organizations_organization (slug, name, description, created_date, updated_date, contact, owner_id)
        values (${slug}, ${slug}, '', now(), now(), '{}', ${ownerId}) returning id`,
    ),
  );
  await insertMembership(db, { organizationId: id, userId: ownerId, role: 'owner' });
  return id;
}

export function insertMembership(
  db: Queryable,
  member: {
    readonly organizationId: number;
    readonly userId: number;
    readonly role: string;
    readonly isActive?: boolean;
  },
): Promise<number> {
  const { organizationId, userId, role, isActive = true } = member;
  return idOf(
    one<{ id: number }>(
      db,
      sql`
        insert into organizations_membership (is_active, joined_date, role, organization_id, user_id)
        values (${isActive}, now(), ${role}, ${organizationId}, ${userId}) returning id`,
    ),
  );
}
