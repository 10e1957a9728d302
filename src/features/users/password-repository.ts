import type { PasswordUpgrade } from '../../authentication/credentials.js';
import type { BindingSubject, Lineage } from '../../authentication/sessions/binding.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
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

/**
 * Locks the account, so that its password and its lineage stay as they are until the transaction ends.
 *
 * @returns what its sessions are bound to; undefined if it has been deleted
 */
export async function lockBinding(tx: Queryable, userId: number): Promise<BindingSubject | undefined> {
  // A statement of its own: one that waits for a lock sees the lineage as it was before it waited.
  await execute(tx, sql`select 1 from auth_user where id = ${userId} for update`);
  const row = await one<{
    password: string;
    current: string | null;
    root: string | null;
    kept: string | null;
  }>(
    tx,
    sql`
      select u.password, l.current_binding as current, l.root_binding as root, l.kept_session as kept
      from auth_user u
      left join auth_server_password_lineage l on l.user_id = u.id
      where u.id = ${userId}`,
  );
  if (row === undefined) return undefined;
  const { password, current, root, kept } = row;
  return { password, lineage: current === null || root === null ? null : { current, root, kept } };
}

/** Gives the account a new root for sessions, to which no open session is bound. */
export const replaceLineage = (tx: Queryable, userId: number, { current, root, kept }: Lineage) =>
  execute(
    tx,
    sql`
      insert into auth_server_password_lineage (user_id, current_binding, root_binding, kept_session)
      values (${userId}, ${current}, ${root}, ${kept})
      on conflict (user_id) do update set current_binding = excluded.current_binding,
        root_binding = excluded.root_binding, kept_session = excluded.kept_session`,
  );
