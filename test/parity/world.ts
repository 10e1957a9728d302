import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../src/platform/db/pool.js';
import { many, one } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/**
 * The world that every case starts from, and how it is put back: a copy of every table, and a trigger on each that
 * notes in a sequence that something wrote to it. So the database itself says what changed, whatever was asked of the
 * server, and only rows that differ are written again.
 */
const KEEP = `
  create schema golden;

  create table golden.kept as
    select c.oid::regclass as name, format('golden.%I', c.relname) as copy, format('golden.%I', c.relname || '_mark') as mark
    from pg_class c
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace;

  create function golden.note() returns trigger language plpgsql as $$
  begin
    perform nextval(tg_argv[0]::regclass);
    return null;
  end $$;

  do $$
  declare t record;
  begin
    for t in select * from golden.kept loop
      execute format('create table %s as table %s', t.copy, t.name);
      execute format('create sequence %s', t.mark);
      execute format('create trigger golden_note after insert or update or delete or truncate on %s
        for each statement execute function golden.note(%L)', t.name, t.mark);
    end loop;
  end $$;

  create table golden.counters as
    select c.oid as id, pg_sequence_last_value(c.oid) as value
    from pg_class c
    where c.relkind = 'S' and c.relnamespace = 'public'::regnamespace;

  create function golden.differences() returns setof text language plpgsql as $$
  declare t record;
  begin
    for t in select * from golden.kept loop
      return query execute format(
        $q$select 'more: %1$s ' || r from (select a::text from %1$s a except all select w::text from %2$s w) as d(r)
           union all
           select 'less: %1$s ' || r from (select w::text from %2$s w except all select a::text from %1$s a) as d(r)$q$,
        t.name, t.copy);
    end loop;
  end $$;

  create function golden.put_back() returns boolean language plpgsql as $$
  declare t record; changed boolean := false;
  begin
    perform set_config('session_replication_role', 'replica', true);
    for t in select * from golden.kept where pg_sequence_last_value(mark::regclass) is not null loop
      execute format('delete from %s a where a::text not in (select w::text from %s w)', t.name, t.copy);
      execute format('insert into %1$s select * from %2$s w where w::text not in (select a::text from %1$s a)',
        t.name, t.copy);
      perform setval(t.mark::regclass, 1, false);
      changed := true;
    end loop;
    perform setval(id::regclass, coalesce(value, 1), value is not null)
      from golden.counters where pg_sequence_last_value(id) is distinct from value;
    return changed;
  end $$;
`;

/**
 * Writes the world into a migrated database.
 *
 * @param world SQL
 */
export async function createWorld(db: Database, world: string): Promise<void> {
  await db.query({ text: world });
}

/** Remembers the database as it is now; its role must be a superuser. */
export async function keepWorld(db: Database): Promise<void> {
  await db.query({ text: KEEP });
}

/**
 * Waits for what the server writes beside its answers, and puts back. Looking at every turn of the event loop would take
 * the time of the other lanes.
 *
 * @param db of the server: its pool knows what is under way
 * @returns whether there was something to put back
 */
export async function putBackWorld(db: Database): Promise<boolean> {
  const { pool } = db;
  while (pool.idleCount < pool.totalCount || pool.waitingCount > 0) await delay(1);
  const row = await one<{ changed: boolean }>(db, sql`select golden.put_back() as changed`, {
    name: 'golden_put_back',
  });
  return row?.changed === true;
}

/** @returns the rows that are not as they were kept, whatever the triggers noted */
export const differencesFromWorld = async (db: Database): Promise<readonly string[]> =>
  (await many<{ text: string }>(db, sql`select text from golden.differences() as text`)).map(
    ({ text }) => text,
  );
