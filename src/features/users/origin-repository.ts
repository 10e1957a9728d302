import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** How an account came about (CVAT 2.75, `UserCreationMethod`); administrators and the command line are none of them. */
export const ORIGINS = ['registration', 'social', 'sso', 'ldap', 'invitation'] as const;
export type Origin = (typeof ORIGINS)[number];

/** Records how an account came about: in the column of a CVAT that has one, and otherwise in a table of ours. */
export async function recordOrigin(tx: Queryable, userId: number, origin: Origin): Promise<void> {
  const column = sql`
    select 1 from pg_attribute
    where attrelid = 'auth_user'::regclass and attname = 'created_via' and not attisdropped`;
  await execute(
    tx,
    (await one(tx, column)) === undefined
      ? sql`
          insert into auth_server_profiles (user_id, created_via) values (${userId}, ${origin})
          on conflict (user_id) do update set created_via = excluded.created_via`
      : sql`update auth_user set created_via = ${origin} where id = ${userId}`,
  );
}
