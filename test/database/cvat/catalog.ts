import type pg from 'pg';
import { many, type Queryable } from '../../../src/platform/db/queryable.js';
import { raw, type Sql, sql } from '../../../src/platform/db/sql.js';

/** The tables of CVAT that this server works with. */
const CVAT_TABLES = [
  'access_tokens_accesstoken',
  'account_emailaddress',
  'account_emailconfirmation',
  'auth_group',
  'auth_user',
  'auth_user_groups',
  'auth_user_user_permissions',
  'authtoken_token',
  'django_session',
  'django_site',
  'engine_profile',
  'organizations_invitation',
  'organizations_membership',
  'organizations_organization',
] as const;

const texts = async (db: Queryable, query: Sql): Promise<string[]> =>
  (await many<{ text: string }>(db, query)).map(({ text }) => text).sort();

/**
 * @returns the columns, constraints and indexes of CVAT's tables, without ours, as PostgreSQL describes them
 */
export async function describeCvatTables(db: Queryable) {
  return {
    columns: await texts(
      db,
      sql`select format('%s.%s %s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                        case when a.attnotnull then ' not null' else '' end) as text
          from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relname = any (${CVAT_TABLES}) and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`,
    ),
    constraints: await texts(
      db,
      sql`select format('%s.%s %s', r.relname, c.conname, pg_get_constraintdef(c.oid)) as text
          from pg_constraint c join pg_class r on r.oid = c.conrelid
          where r.relname = any (${CVAT_TABLES}) and c.contype in ('p', 'u', 'f', 'c')`,
    ),
    indexes: await texts(
      db,
      sql`select indexdef as text from pg_indexes
          where tablename = any (${CVAT_TABLES}) and indexname not like 'auth_server_%'`,
    ),
  };
}

/** @returns every row of every table but ours, as text */
export async function readAllRows(db: Queryable): Promise<Record<string, readonly string[]>> {
  const tables = await many<{ name: string }>(
    db,
    sql`select relname as name from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like 'auth_server_%'
        order by relname`,
  );
  const rows: Record<string, readonly string[]> = {};
  for (const { name } of tables)
    rows[name] = await texts(db, sql`select t::text as text from ${raw(name)} t`);
  return rows;
}

/** @returns the names of constraints and indexes, as CVAT 2.62 has them */
export async function listNames(db: Queryable): Promise<string[]> {
  const found = await db.query<pg.QueryResultRow & { name: string }>({
    text: `select conname as name from pg_constraint union select indexname from pg_indexes where schemaname = 'public'`,
  });
  return found.rows.map(({ name }) => name);
}
