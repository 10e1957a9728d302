import type { PasswordUpgrade } from '../../authentication/credentials.js';
import { execute, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { saveSignals } from './save-signals-repository.js';

/**
 * Replaces the password column if it still holds `from`: of two concurrent calls, one wins. @returns whether it was
 * replaced
 */
export async function replacePassword(
  tx: Queryable,
  userId: number,
  from: string,
  to: string,
): Promise<boolean> {
  return (
    (await execute(
      tx,
      sql`
        with saved as (
          update auth_user set password = ${to} where id = ${userId} and password = ${from}
          returning id, is_staff, is_superuser
        ),
        ${saveSignals(sql`saved`)}
        select 1 from saved`,
    )) > 0
  );
}

/** Sets the password column unconditionally. */
export const storePassword = (tx: Queryable, userId: number, hash: string) =>
  execute(tx, sql`update auth_user set password = ${hash} where id = ${userId}`);

/**
 * Replaces a password hash with a better one of the same password, unless it has changed meanwhile, and keeps the
 * value that sessions are bound to: the root of the lineage stays the same through consecutive upgrades.
 */
export const upgradePassword = (
  db: Queryable,
  userId: number,
  { from, to, fromBinding, toBinding }: PasswordUpgrade,
) =>
  execute(
    db,
    sql`
      with upgraded as (
        update auth_user set password = ${to} where id = ${userId} and password = ${from} returning id
      )
      insert into auth_server_password_lineage as l (user_id, current_binding, root_binding)
      select id, ${toBinding}, ${fromBinding} from upgraded
      on conflict (user_id) do update set
        root_binding = case when l.current_binding = ${fromBinding} then l.root_binding else excluded.root_binding end,
        current_binding = excluded.current_binding`,
  );

/** Gives the account a new root for sessions, to which no open session is bound. */
export const replaceLineage = (
  tx: Queryable,
  userId: number,
  lineage: { readonly current: string; readonly root: string },
) =>
  execute(
    tx,
    sql`
      insert into auth_server_password_lineage (user_id, current_binding, root_binding)
      values (${userId}, ${lineage.current}, ${lineage.root})
      on conflict (user_id) do update set current_binding = excluded.current_binding, root_binding = excluded.root_binding`,
  );
