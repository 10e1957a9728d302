import { recoveryHash } from '../../src/features/factors/recovery-codes.js';
import { execute, many, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** Rows of second factors. */

export interface NewTotp {
  readonly userId: number;
  /** Encrypted. */
  readonly secret: Buffer;
  readonly created: Date;
  readonly isConfirmed: boolean;
}

export const insertTotp = (db: Queryable, { userId, secret, created, isConfirmed }: NewTotp) =>
  execute(
    db,
    sql`
      insert into auth_server_factors_totp (user_id, secret, created_at, confirmed_at)
      values (${userId}, ${secret}, ${created}, ${isConfirmed ? created : null})`,
  );

export async function insertRecoveryCode(
  db: Queryable,
  { userId, code, created }: { readonly userId: number; readonly code: string; readonly created: Date },
): Promise<void> {
  const hash = recoveryHash(userId, code);
  await execute(
    db,
    sql`insert into auth_server_recovery_codes (user_id, code_hash, created_at) values (${userId}, ${hash}, ${created})`,
  );
}

export const insertKey = (db: Queryable, userId: number, name: string) =>
  execute(
    db,
    sql`
      insert into auth_server_factors_webauthn (user_id, credential_id, public_key, name, created_at)
      values (${userId}, ${Buffer.from(`${userId} ${name}`)}, ${Buffer.from('key')}, ${name}, now())`,
  );

/** @returns what is stored of the app of an account */
export const totpOf = (db: Queryable, userId: number) =>
  one<{ secret: Buffer; isConfirmed: boolean; lastStep: number | null }>(
    db,
    sql`
      select secret, confirmed_at is not null as "isConfirmed", last_step::integer as "lastStep"
      from auth_server_factors_totp where user_id = ${userId}`,
  );

export const recoveryHashesOf = async (db: Queryable, userId: number): Promise<readonly Buffer[]> =>
  (
    await many<{ hash: Buffer }>(
      db,
      sql`select code_hash as hash from auth_server_recovery_codes where user_id = ${userId}`,
    )
  ).map(({ hash }) => hash);

/** Gives the app of one account to another, as somebody might who writes to the database. */
export const moveTotp = (db: Queryable, from: number, to: number) =>
  execute(db, sql`update auth_server_factors_totp set user_id = ${to} where user_id = ${from}`);

/** @returns how many rows of second factors an account has, in all tables */
export async function countFactorRows(db: Queryable, userId: number): Promise<number> {
  const row = await one<{ n: number }>(
    db,
    sql`
      select ((select count(*) from auth_server_factors_totp where user_id = ${userId})
        + (select count(*) from auth_server_factors_webauthn where user_id = ${userId})
        + (select count(*) from auth_server_recovery_codes where user_id = ${userId}))::integer as n`,
  );
  return row?.n ?? 0;
}
