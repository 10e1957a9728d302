import { execute, many, type Queryable } from '../../platform/db/queryable.js';
import { raw, sql } from '../../platform/db/sql.js';

/** A column of another table that holds ids of accounts. Both names are quoted by PostgreSQL. */
interface Reference {
  readonly table: string;
  readonly column: string;
  readonly nullable: boolean;
}

/** Found in the catalog, because a database that CVAT uses too has many more of them than ours. */
const listReferences = (tx: Queryable): Promise<Reference[]> =>
  many<Reference>(
    tx,
    sql`
      select c.conrelid::regclass::text as "table", quote_ident(a.attname) as "column", not a.attnotnull as nullable
      from pg_constraint c
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      where c.contype = 'f' and c.confrelid = 'auth_user'::regclass and c.confdeltype in ('a', 'r') and c.conparentid = 0
      order by 1, 2`,
  );

/**
 * Removes an account with all that is its own. What only names it, such as an organization that it owns, stays and
 * names nobody: Django's `CASCADE` and `SET_NULL`, of which the database itself knows nothing. Lock the account and end
 * its memberships first.
 */
export async function removeAccount(tx: Queryable, userId: number): Promise<void> {
  const addresses = sql`select id from account_emailaddress where user_id = ${userId}`;
  await execute(tx, sql`delete from account_emailconfirmation where email_address_id in (${addresses})`);
  for (const { table, column, nullable } of await listReferences(tx)) {
    const statement = nullable
      ? sql`update ${raw(table)} set ${raw(column)} = null where ${raw(column)} = ${userId}`
      : sql`delete from ${raw(table)} where ${raw(column)} = ${userId}`;
    await execute(tx, statement);
  }
  await execute(tx, sql`delete from auth_user where id = ${userId}`);
}
