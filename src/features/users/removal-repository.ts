import { execute, many, type Queryable } from '../../platform/db/queryable.js';
import { raw, type Sql, sql } from '../../platform/db/sql.js';

type ReferredTable = 'auth_user' | 'socialaccount_socialaccount';

/** A column of another table that contains ids of rows. PostgreSQL has quoted both names. */
interface Reference {
  readonly table: string;
  readonly column: string;
  readonly nullable: boolean;
}

/** Read from the catalog, because a database shared with CVAT has many more of them than ours. */
const listReferences = (tx: Queryable, table: ReferredTable): Promise<Reference[]> =>
  many<Reference>(
    tx,
    sql`
      select c.conrelid::regclass::text as "table", quote_ident(a.attname) as "column", not a.attnotnull as nullable
      from pg_constraint c
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      where c.contype = 'f' and c.confrelid = ${table}::regclass and c.confdeltype in ('a', 'r') and c.conparentid = 0
      order by 1, 2`,
  );

/**
 * Prepares the deletion of rows: those that belong to them are deleted, and those that only refer to them stay without
 * the reference. Django's `CASCADE` and `SET_NULL`, which the database itself does not know.
 *
 * @param ids one column
 */
export async function releaseReferences(tx: Queryable, to: ReferredTable, ids: Sql): Promise<void> {
  for (const { table, column, nullable } of await listReferences(tx, to)) {
    const statement = nullable
      ? sql`update ${raw(table)} set ${raw(column)} = null where ${raw(column)} in (${ids})`
      : sql`delete from ${raw(table)} where ${raw(column)} in (${ids})`;
    await execute(tx, statement);
  }
}

/**
 * Deletes an account with all its own data. Rows that only refer to it, such as an organization that it owns, stay.
 * Lock the account and end its memberships first.
 */
export async function removeAccount(tx: Queryable, userId: number): Promise<void> {
  const addresses = sql`select id from account_emailaddress where user_id = ${userId}`;
  await execute(tx, sql`delete from account_emailconfirmation where email_address_id in (${addresses})`);
  const links = sql`select id from socialaccount_socialaccount where user_id = ${userId}`;
  await releaseReferences(tx, 'socialaccount_socialaccount', links);
  await releaseReferences(tx, 'auth_user', sql`${userId}`);
  await execute(tx, sql`delete from auth_user where id = ${userId}`);
}
