import { execute, many, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** Sessions of a server without Redis. connect-pg-simple writes them; only `seen_at` is written here. */

export interface SessionRow {
  readonly key: string;
  /** The record, which may be any JSON. */
  readonly record: unknown;
  /** Milliseconds since the epoch. */
  readonly seenAt: number | null;
  /** Milliseconds until it ends. */
  readonly remaining: number;
}

/** A session that has ended stays ended: nothing is inserted. */
export const noteSessionUse = (db: Queryable, key: string, seenAt: Date) =>
  execute(db, sql`update auth_server_sessions set seen_at = ${seenAt} where sid = ${key}`);

/** @returns the sessions of an account that have not expired, those used last first */
export const listSessionRows = (db: Queryable, userId: number, limit: number): Promise<SessionRow[]> =>
  many<SessionRow>(
    db,
    sql`
      select sid as key, sess as record,
        (extract(epoch from seen_at) * 1000)::float8 as "seenAt",
        (extract(epoch from expire - now()) * 1000)::float8 as remaining
      from auth_server_sessions
      where sess ->> '_auth_user_id' = ${String(userId)} and expire > now()
      order by seen_at desc nulls last
      limit ${limit}`,
  );
