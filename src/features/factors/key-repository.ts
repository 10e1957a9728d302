import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import type { SecurityKey } from './repository.js';

/** A key that answers. */
export interface StoredKey {
  readonly id: number;
  readonly userId: number;
  readonly credentialId: Buffer;
  readonly publicKey: Buffer;
  /** The name of its account towards authenticators. */
  readonly handle: Buffer;
}

export const findKey = (db: Queryable, credentialId: Buffer): Promise<StoredKey | undefined> =>
  one<StoredKey>(
    db,
    sql`
      select k.id, k.user_id as "userId", k.credential_id as "credentialId", k.public_key as "publicKey", h.handle
      from auth_server_factors_webauthn k join auth_server_webauthn_handles h on h.user_id = k.user_id
      where k.credential_id = ${credentialId}`,
  );

/** How browsers look for a key. */
export interface KeyDescriptor {
  readonly credentialId: Buffer;
  readonly transports: string[];
}

export const listDescriptors = (db: Queryable, userId: number): Promise<KeyDescriptor[]> =>
  many<KeyDescriptor>(
    db,
    sql`
      select credential_id as "credentialId", transports
      from auth_server_factors_webauthn where user_id = ${userId} order by id`,
  );

/** @param candidate the name of the account, if it has none yet. @returns its name towards authenticators */
export async function handleOf(tx: Queryable, userId: number, candidate: Buffer): Promise<Buffer> {
  await execute(
    tx,
    sql`
      insert into auth_server_webauthn_handles (user_id, handle) values (${userId}, ${candidate})
      on conflict (user_id) do nothing`,
  );
  const row = await one<{ handle: Buffer }>(
    tx,
    sql`select handle from auth_server_webauthn_handles where user_id = ${userId}`,
  );
  return row?.handle ?? candidate;
}

export interface KeyRow {
  readonly userId: number;
  readonly credentialId: Buffer;
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly isBackedUp: boolean;
  readonly name: string;
}

const COLUMNS = sql`id, name, created_at as "createdAt", last_used_at as "lastUsedAt"`;

/** @returns undefined if the key belongs to an account already */
export const insertKey = (tx: Queryable, key: KeyRow, now: Date): Promise<SecurityKey | undefined> =>
  one<SecurityKey>(
    tx,
    sql`
      insert into auth_server_factors_webauthn
        (user_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
      values
        (${key.userId}, ${key.credentialId}, ${key.publicKey}, ${key.counter}::bigint, ${key.transports}::text[],
         ${key.isBackedUp}, ${key.name}, ${now})
      on conflict (credential_id) do nothing
      returning ${COLUMNS}`,
  );

/** @returns undefined if the account has no such key */
export const renameKey = (
  db: Queryable,
  { userId, id }: { readonly userId: number; readonly id: number },
  name: string,
): Promise<SecurityKey | undefined> =>
  one<SecurityKey>(
    db,
    sql`
      update auth_server_factors_webauthn set name = ${name}
      where id = ${id} and user_id = ${userId} returning ${COLUMNS}`,
  );

/** @returns false if the account has no such key */
export const deleteKey = async (tx: Queryable, userId: number, id: number): Promise<boolean> =>
  (await execute(
    tx,
    sql`delete from auth_server_factors_webauthn where id = ${id} and user_id = ${userId}`,
  )) > 0;

export interface KeyUse {
  readonly id: number;
  readonly counter: number;
  readonly isBackedUp: boolean;
}

/**
 * Notes a use. Many authenticators do not count: their counter stays 0 (WebAuthn level 3, 6.1.1).
 *
 * @returns false if the counter has not grown, which is so for one of two copies of a key
 */
export const noteKeyUse = async (
  tx: Queryable,
  { id, counter, isBackedUp }: KeyUse,
  now: Date,
): Promise<boolean> =>
  (await execute(
    tx,
    sql`
      update auth_server_factors_webauthn
      set counter = ${counter}::bigint, backed_up = ${isBackedUp}, last_used_at = ${now}
      where id = ${id} and (counter < ${counter}::bigint or (counter = 0 and ${counter}::bigint = 0))`,
  )) > 0;

/**
 * Uses a challenge up. Of several transactions at once, one succeeds.
 *
 * @param since earlier ones are too old to count, and are forgotten
 * @returns false if it was used before
 */
export async function spendChallenge(
  tx: Queryable,
  hash: Buffer,
  { now, since }: { readonly now: Date; readonly since: Date },
): Promise<boolean> {
  await execute(tx, sql`delete from auth_server_webauthn_spent where spent_at < ${since}`);
  const count = await execute(
    tx,
    sql`
      insert into auth_server_webauthn_spent (challenge_hash, spent_at) values (${hash}, ${now})
      on conflict (challenge_hash) do nothing`,
  );
  return count > 0;
}
