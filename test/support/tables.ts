import { execute, many, one, type Queryable } from '../../src/platform/db/queryable.js';
import { raw, sql } from '../../src/platform/db/sql.js';

/** Whole tables: what changed in them, and those of CVAT that are none of this server's. */

/** @param from a table, and a condition if there is one: `auth_user where is_active` */
export async function countRows(db: Queryable, from: string): Promise<number> {
  const row = await one<{ n: number }>(db, sql`select count(*)::int as n from ${raw(from)}`);
  return row?.n ?? 0;
}

/** What the database holds: for each table, each row as text. */
export type Snapshot = ReadonlyMap<string, readonly string[]>;

export async function takeSnapshot(db: Queryable): Promise<Snapshot> {
  const tables = await many<{ name: string }>(
    db,
    sql`select tablename as name from pg_tables where schemaname = 'public' order by tablename`,
  );
  const snapshot = new Map<string, string[]>(tables.map(({ name }) => [name, []]));
  // One statement for all of them: tests take thousands of snapshots.
  const each = tables.map(({ name }) => `select '${name}' as name, t::text as row from "${name}" t`);
  const rows = await many<{ name: string; row: string }>(
    db,
    raw(`${each.join(' union all ')} order by 1, 2`),
  );
  for (const { name, row } of rows) snapshot.get(name)?.push(row);
  return snapshot;
}

/** @returns for each table what is another text once a row of it is another */
export const digestsOf = (db: Queryable, tables: readonly string[]) =>
  many<{ name: string; sum: string }>(
    db,
    raw(
      tables
        .map(
          (table) =>
            `select '${table}' as name, md5(coalesce(string_agg(t::text, '' order by t::text), '')) as sum from ${table} t`,
        )
        .join(' union all '),
    ),
  );

export const readSite = (db: Queryable) => one(db, sql`select id, domain, name from django_site`);

/** @returns the limits of a statement and of a silent client, as PostgreSQL writes them */
export const readLimits = (db: Queryable) =>
  one<{ statement: string; idle: string }>(
    db,
    sql`
      select current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`,
  );

/** @returns the names of the statements that are prepared on a connection */
export const preparedStatements = (db: Queryable) =>
  many<{ name: string }>(db, sql`select name from pg_prepared_statements`);

/** A statement that does not end in time. */
export const sleepLong = (db: Queryable) => execute(db, sql`select pg_sleep(30)`);

/** Tables of CVAT that name accounts and organizations; the last has names that have to be quoted. */
export async function createTablesOfCvat(db: Queryable): Promise<void> {
  await execute(
    db,
    sql`
      create table engine_task (id serial primary key,
        owner_id integer references auth_user (id) deferrable initially deferred,
        organization_id integer references organizations_organization (id) deferrable initially deferred)`,
  );
  await execute(
    db,
    sql`
      create table django_admin_log (id serial primary key,
        user_id integer not null references auth_user (id) deferrable initially deferred)`,
  );
  await execute(
    db,
    sql`
      create table "Odd Name" (id serial primary key,
        "The User" integer references auth_user (id) deferrable initially deferred)`,
  );
}

/** A row of somebody in each of them. */
export async function fillTablesOfCvat(db: Queryable, userId: number, organizationId: number): Promise<void> {
  await execute(
    db,
    sql`insert into engine_task (owner_id, organization_id) values (${userId}, ${organizationId})`,
  );
  await execute(db, sql`insert into django_admin_log (user_id) values (${userId})`);
  await execute(db, sql`insert into "Odd Name" ("The User") values (${userId})`);
}

/** A column that newer CVATs have. @returns what is in it for an account */
export async function withOriginColumn<T>(
  db: Queryable,
  work: (originOf: (userId: number) => Promise<string | undefined>) => Promise<T>,
): Promise<T> {
  await execute(db, sql`alter table auth_user add column created_via varchar(32) null`);
  try {
    return await work(
      async (userId) =>
        (await one<{ via: string }>(db, sql`select created_via as "via" from auth_user where id = ${userId}`))
          ?.via,
    );
  } finally {
    await execute(db, sql`alter table auth_user drop column created_via`);
  }
}
