import { LONGEST_ENCODED } from '../../authentication/sessions/django-data.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** Sessions in Django's table, which CVAT reads and writes too. Whether one has expired is the database's to say. */

export interface DjangoRow {
  readonly key: string;
  /** The column `session_data`; empty if it is too long for a session. */
  readonly data: string;
}

export interface SeenDjangoRow extends DjangoRow {
  /** Milliseconds since the epoch; null for a session that is new here. */
  readonly firstSeenAt: number | null;
}

export interface ListedDjangoRow extends SeenDjangoRow {
  readonly seenAt: number;
  /** Milliseconds until it ends. */
  readonly remaining: number;
}

const DATA = sql`case when octet_length(s.session_data) <= ${LONGEST_ENCODED} then s.session_data else '' end as data`;
const FIRST_SEEN = sql`(extract(epoch from k.first_seen_at) * 1000)::float8 as "firstSeenAt"`;

/** @param db for look-ups: every request in a session asks this */
export const findDjangoSession = (db: Queryable, key: string): Promise<SeenDjangoRow | undefined> =>
  one<SeenDjangoRow>(
    db,
    sql`
      select s.session_key as key, ${DATA}, ${FIRST_SEEN}
      from django_session s
      left join auth_server_shared_sessions k on k.session_key = s.session_key
      where s.session_key = ${key} and s.expire_date > now()`,
    { name: 'find_django_session' },
  );

/** Locks a session until the transaction ends: Django's writes to it wait, and then find that it has another key. */
export const lockDjangoSession = (tx: Queryable, key: string): Promise<DjangoRow | undefined> =>
  one<DjangoRow>(
    tx,
    sql`
      select s.session_key as key, ${DATA} from django_session s
      where s.session_key = ${key} and s.expire_date > now()
      for update`,
  );

/** @param ageSeconds until it expires */
export const insertDjangoSession = (db: Queryable, { key, data }: DjangoRow, ageSeconds: number) =>
  execute(
    db,
    sql`
      insert into django_session (session_key, session_data, expire_date)
      values (${key}, ${data}, now() + make_interval(secs => ${ageSeconds}))`,
  );

/** Extends a session if it is there and has not expired. @returns whether it was */
export const extendDjangoSession = async (db: Queryable, key: string, ageSeconds: number): Promise<boolean> =>
  (await execute(
    db,
    sql`
      update django_session set expire_date = now() + make_interval(secs => ${ageSeconds})
      where session_key = ${key} and expire_date > now()`,
  )) > 0;

export const removeDjangoSessions = (db: Queryable, keys: readonly string[]) =>
  execute(db, sql`delete from django_session where session_key = any (${keys})`);

/** Django's `clearsessions`, a batch at a time. @returns how many were removed */
export const removeExpiredDjangoSessions = (db: Queryable, limit: number): Promise<number> =>
  execute(
    db,
    sql`
      delete from django_session where session_key in (
        select session_key from django_session where expire_date < now()
        order by expire_date limit ${limit} for update skip locked
      )`,
  );

/** Says whose a session is, if it is there. @param seenAt when a request used it */
export const noteDjangoSession = (db: Queryable, userId: number, key: string, seenAt: Date) =>
  execute(
    db,
    sql`
      with found as (select session_key from django_session where session_key = ${key} for key share)
      insert into auth_server_shared_sessions (session_key, user_id, first_seen_at, seen_at)
      select session_key, ${userId}, ${seenAt}, ${seenAt} from found
      on conflict (session_key) do update set user_id = excluded.user_id, seen_at = excluded.seen_at`,
  );

/** A session goes on under another key: it counts from when this server first saw it. */
export const inheritFirstSight = (tx: Queryable, from: string, key: string) =>
  execute(
    tx,
    sql`
      insert into auth_server_shared_sessions (session_key, user_id, first_seen_at, seen_at)
      select ${key}, user_id, first_seen_at, seen_at from auth_server_shared_sessions where session_key = ${from}`,
  );

/** @returns the sessions of an account that this server has seen and that have not expired, those used last first */
export const listDjangoSessions = (
  db: Queryable,
  userId: number,
  limit: number,
): Promise<ListedDjangoRow[]> =>
  many<ListedDjangoRow>(
    db,
    sql`
      select s.session_key as key, ${DATA}, ${FIRST_SEEN},
        (extract(epoch from k.seen_at) * 1000)::float8 as "seenAt",
        (extract(epoch from s.expire_date - now()) * 1000)::float8 as remaining
      from auth_server_shared_sessions k
      join django_session s on s.session_key = k.session_key
      where k.user_id = ${userId} and s.expire_date > now()
      order by k.seen_at desc
      limit ${limit}`,
  );

/**
 * @param after key of the last session of the batch before
 * @returns a batch of all sessions, in the order of their keys; without the data of those that are of another account
 */
export const listSessionsFor = (
  db: Queryable,
  userId: number,
  after: string,
  limit: number,
): Promise<DjangoRow[]> =>
  many<DjangoRow>(
    db,
    sql`
      select s.session_key as key,
        case when coalesce(k.user_id, ${userId}) = ${userId} then s.data else '' end as data
      from (
        select s.session_key, ${DATA} from django_session s
        where s.session_key > ${after} and s.expire_date > now()
        order by s.session_key
        limit ${limit}
      ) s
      left join auth_server_shared_sessions k on k.session_key = s.session_key
      order by s.session_key`,
  );

/** @returns the newest sessions of Django, to see whose key signed them */
export const listNewestSessions = (db: Queryable, limit: number): Promise<DjangoRow[]> =>
  many<DjangoRow>(
    db,
    sql`
      select s.session_key as key, ${DATA} from django_session s
      where s.expire_date > now() order by s.expire_date desc limit ${limit}`,
  );
