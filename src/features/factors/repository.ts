import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** An authenticator app, or one that is being set up. */
export interface TotpRow {
  /** Encrypted. */
  readonly secret: Buffer;
  readonly isConfirmed: boolean;
  readonly lastStep: number | null;
}

export const findTotp = (db: Queryable, userId: number): Promise<TotpRow | undefined> =>
  one<TotpRow>(
    db,
    sql`
      select secret, confirmed_at is not null as "isConfirmed", last_step::integer as "lastStep"
      from auth_server_factors_totp where user_id = ${userId}`,
  );

/** Stores a secret in place of one that is not confirmed. @returns false if one is confirmed */
export const beginTotp = async (tx: Queryable, userId: number, secret: Buffer, now: Date): Promise<boolean> =>
  (await execute(
    tx,
    sql`
      insert into auth_server_factors_totp as f (user_id, secret, created_at) values (${userId}, ${secret}, ${now})
      on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at, last_step = null
      where f.confirmed_at is null`,
  )) > 0;

/** @param step of the code that confirms, which counts no more. @returns false if it was confirmed before */
export const confirmTotp = async (tx: Queryable, userId: number, step: number, now: Date): Promise<boolean> =>
  (await execute(
    tx,
    sql`
      update auth_server_factors_totp set confirmed_at = ${now}, last_step = ${step}
      where user_id = ${userId} and confirmed_at is null`,
  )) > 0;

/** Uses a step up. @returns false if it, or a later one, was used up meanwhile */
export const spendStep = async (tx: Queryable, userId: number, step: number): Promise<boolean> =>
  (await execute(
    tx,
    sql`
      update auth_server_factors_totp set last_step = ${step}
      where user_id = ${userId} and confirmed_at is not null and (last_step is null or last_step < ${step})`,
  )) > 0;

/** Uses a recovery code up. @returns false if there is no such code, or it was used before */
export const spendRecoveryCode = async (
  tx: Queryable,
  userId: number,
  hash: Buffer,
  now: Date,
): Promise<boolean> =>
  (await execute(
    tx,
    sql`
      update auth_server_recovery_codes set used_at = ${now}
      where user_id = ${userId} and code_hash = ${hash} and used_at is null`,
  )) > 0;

export async function replaceRecoveryCodes(
  tx: Queryable,
  userId: number,
  hashes: readonly Buffer[],
  now: Date,
): Promise<void> {
  await execute(tx, sql`delete from auth_server_recovery_codes where user_id = ${userId}`);
  await execute(
    tx,
    sql`
      insert into auth_server_recovery_codes (user_id, code_hash, created_at)
      select ${userId}, code_hash, ${now} from unnest(${hashes}::bytea[]) as code_hash`,
  );
}

/** Removes the app. */
export const deleteTotp = (tx: Queryable, userId: number) =>
  execute(tx, sql`delete from auth_server_factors_totp where user_id = ${userId}`);

/** Removes the recovery codes, which stand in for factors, of an account that has none. @returns whether it has none */
export async function endCodesOfNothing(tx: Queryable, userId: number): Promise<boolean> {
  if (await hasAnyFactor(tx, userId)) return false;
  await execute(tx, sql`delete from auth_server_recovery_codes where user_id = ${userId}`);
  return true;
}

/** @returns whether the account has an app that is confirmed, or a key */
export async function hasAnyFactor(tx: Queryable, userId: number): Promise<boolean> {
  const row = await one<{ has: boolean }>(
    tx,
    sql`
      select exists (select 1 from auth_server_factors_totp where user_id = ${userId} and confirmed_at is not null)
        or exists (select 1 from auth_server_factors_webauthn where user_id = ${userId}) as has`,
  );
  return row?.has === true;
}

/** Removes everything, even an app that is not confirmed. @returns whether a factor was in force */
export async function removeFactors(tx: Queryable, userId: number): Promise<boolean> {
  const row = await one<{ counted: boolean }>(
    tx,
    sql`
      with totp as (
        delete from auth_server_factors_totp where user_id = ${userId} returning confirmed_at
      ), keys as (
        delete from auth_server_factors_webauthn where user_id = ${userId} returning id
      ), codes as (
        delete from auth_server_recovery_codes where user_id = ${userId}
      )
      select exists (select 1 from totp where confirmed_at is not null) or exists (select 1 from keys) as counted`,
  );
  return row?.counted === true;
}

/** What an account has. */
export interface Factors {
  /** Since when there is an authenticator app; null without a confirmed one. */
  readonly totpSince: Timestamp | null;
  readonly recoveryCodes: number;
  readonly keys: readonly SecurityKey[];
}

/** A security key or passkey. */
export interface SecurityKey {
  readonly id: number;
  readonly name: string;
  readonly createdAt: Timestamp;
  readonly lastUsedAt: Timestamp | null;
}

export async function findFactors(db: Queryable, userId: number): Promise<Factors> {
  const row = await one<Omit<Factors, 'keys'>>(
    db,
    sql`
      select
        (select confirmed_at from auth_server_factors_totp where user_id = ${userId}) as "totpSince",
        (select count(*)::integer from auth_server_recovery_codes
          where user_id = ${userId} and used_at is null) as "recoveryCodes"`,
  );
  const keys = await many<SecurityKey>(
    db,
    sql`
      select id, name, created_at as "createdAt", last_used_at as "lastUsedAt"
      from auth_server_factors_webauthn where user_id = ${userId} order by id`,
  );
  return { totpSince: row?.totpSince ?? null, recoveryCodes: row?.recoveryCodes ?? 0, keys };
}
