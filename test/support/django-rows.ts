import { decodeDjangoData, encodeDjangoData } from '../../src/authentication/sessions/django-data.js';
import { execute, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** Rows of Django's table of sessions, as other programs leave them. */

export const hasSessionRow = async (db: Queryable, key: string): Promise<boolean> =>
  (await one(db, sql`select 1 from django_session where session_key = ${key}`)) !== undefined;

export const readSessionRow = async (db: Queryable, key: string): Promise<string> =>
  (
    await one<{ data: string }>(
      db,
      sql`select session_data as data from django_session where session_key = ${key}`,
    )
  )?.data ?? '';

export const writeSessionRow = (db: Queryable, key: string, data: string) =>
  execute(db, sql`update django_session set session_data = ${data} where session_key = ${key}`);

/** Changes a member of a session; its value is JSON. */
export async function changeSessionRow(
  db: Queryable,
  key: string,
  secretKey: string,
  change: Readonly<Record<string, string>>,
): Promise<void> {
  const data = decodeDjangoData(await readSessionRow(db, key), secretKey) ?? new Map();
  const changed = new Map([...data, ...Object.entries(change)]);
  await writeSessionRow(db, key, encodeDjangoData(changed, secretKey, Date.now()));
}

/** @returns milliseconds until the session ends */
export const remainingOf = async (db: Queryable, key: string): Promise<number> =>
  (
    await one<{ left: number }>(
      db,
      sql`
        select (extract(epoch from expire_date - now()) * 1000)::float8 as left
        from django_session where session_key = ${key}`,
    )
  )?.left ?? Number.NaN;

/** Lets a session end so many milliseconds from now. */
export const endSessionIn = (db: Queryable, key: string, milliseconds: number) =>
  execute(
    db,
    sql`
      update django_session set expire_date = now() + make_interval(secs => ${milliseconds / 1000})
      where session_key = ${key}`,
  );

/** Lets the server have seen a session so many milliseconds earlier. */
export const ageSessionRow = (db: Queryable, key: string, milliseconds: number) =>
  execute(
    db,
    sql`
      update auth_server_shared_sessions
      set first_seen_at = first_seen_at - make_interval(secs => ${milliseconds / 1000})
      where session_key = ${key}`,
  );

/** Makes so many more sessions like this one, which the server has not seen. */
export const multiplySessionRow = (db: Queryable, key: string, count: number) =>
  execute(
    db,
    sql`
      insert into django_session (session_key, session_data, expire_date)
      select left(session_key, 26) || lpad(n::text, 6, '0'), session_data, expire_date
      from django_session, generate_series(1, ${count}::int) n where session_key = ${key}`,
  );
