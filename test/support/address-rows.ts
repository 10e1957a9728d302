import { execute, many, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** Addresses of accounts as allauth keeps them, beside the one of the account itself. */

export interface AddressRow {
  readonly email: string;
  readonly verified: boolean;
  readonly primary: boolean;
}

/** @returns in the order in which they were added */
export const addressesOf = (db: Queryable, userId: number) =>
  many<AddressRow>(
    db,
    sql`select email, verified, "primary" from account_emailaddress where user_id = ${userId} order by id`,
  );

/** @returns the rows of all accounts with this address, in any case */
export const addressesLike = (db: Queryable, email: string) =>
  many<AddressRow>(
    db,
    sql`select email, verified, "primary" from account_emailaddress where lower(email) = lower(${email})`,
  );

/** @returns the id of the row of the only address of an account */
export const addressIdOf = async (db: Queryable, userId: number): Promise<number | undefined> =>
  (await one<{ id: number }>(db, sql`select id from account_emailaddress where user_id = ${userId}`))?.id;

/** One more address, which is not the primary one. */
export const insertAddress = (db: Queryable, userId: number, email: string, verified = false) =>
  execute(
    db,
    sql`insert into account_emailaddress (email, verified, "primary", user_id) values (${email}, ${verified}, false, ${userId})`,
  );

/** Changes columns of all addresses of an account; those that are not named stay. */
export function changeAddresses(db: Queryable, userId: number, fields: Partial<AddressRow>) {
  const { email = null, verified = null, primary = null } = fields;
  return execute(
    db,
    sql`
      update account_emailaddress set email = coalesce(${email}, email), verified = coalesce(${verified}, verified),
        "primary" = coalesce(${primary}, "primary")
      where user_id = ${userId}`,
  );
}

export const deleteAddress = (db: Queryable, userId: number, email: string) =>
  execute(db, sql`delete from account_emailaddress where user_id = ${userId} and email = ${email}`);

export const deleteAddresses = (db: Queryable, userId: number) =>
  execute(db, sql`delete from account_emailaddress where user_id = ${userId}`);
