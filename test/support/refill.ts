import type { Queryable } from '../../src/platform/db/queryable.js';

/** What the tables of a database hold, to be put back: by far faster than making it again through the API. */

/** Runs a statement without parameters. */
export type Run = (text: string) => Promise<{ readonly rows: readonly Record<string, unknown>[] }>;

/**
 * Truncating makes new files, which takes a while and leaves nothing of many rows; deleting is faster for few.
 */
export type Emptying = 'truncate' | 'delete';

/**
 * @returns statements that empty all tables, and fill them and their sequences with what they hold now. They have to be
 *   sent as one: then they are one transaction
 */
export async function writeRefill(run: Run, emptying: Emptying): Promise<string> {
  const names = await textsOf(
    run,
    `select quote_ident(relname) as text from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  const inserts: string[] = [];
  for (const name of names) inserts.push(...(await writeInsert(run, name)));
  const sequences = await textsOf(
    run,
    `select format('select setval(%L, %s, %L)', sequencename, coalesce(last_value, start_value),
      last_value is not null) as text from pg_sequences where schemaname = 'public' order by 1`,
  );
  return [
    // Neither triggers nor references: what is written was valid before.
    'set local session_replication_role = replica',
    ...(emptying === 'truncate'
      ? [`truncate ${names.join(', ')}`]
      : names.map((name) => `delete from ${name}`)),
    ...inserts,
    ...sequences,
  ].join(';\n');
}

async function textsOf(run: Run, query: string): Promise<string[]> {
  const { rows } = await run(query);
  return rows.map(({ text }) => text).filter((text) => typeof text === 'string');
}

async function writeInsert(run: Run, name: string): Promise<string[]> {
  const texts = await textsOf(run, `select quote_literal(jsonb_agg(to_jsonb(t))) as text from ${name} t`);
  return texts.map(
    (text) =>
      `insert into ${name} overriding system value select * from jsonb_populate_recordset(null::${name}, ${text})`,
  );
}

/**
 * Remembers what all tables hold, some of which happened at `now`.
 *
 * @returns a function that puts all of it back, as if that had happened at another time
 */
export async function rememberTables(db: Queryable, now: Date): Promise<(now: Date) => Promise<void>> {
  const run: Run = (text) => db.query({ text });
  const text = await writeRefill(run, 'delete');
  const written = await asWritten(db, now);
  return async (other) => {
    await run(text.replaceAll(written, await asWritten(db, other)));
  };
}

/** @returns the time as PostgreSQL writes it into JSON */
async function asWritten(db: Queryable, time: Date): Promise<string> {
  const { rows } = await db.query<{ text: string }>({
    text: `select to_jsonb($1::timestamptz)::text as text`,
    values: [time],
  });
  return rows[0]?.text ?? '';
}
