import { takeLock } from '../../platform/db/advisory-lock.js';
import { one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** Key of the advisory lock for revoking administrators' rights. */
const ADMINISTRATORS_LOCK = 0x61646d6e;

/** Number of active accounts that can administer the server, by the source of that right. */
export interface Administrators {
  /** Django's flag: such users see accounts in full, and the server looks for one at its start. */
  readonly superusers: number;
  /** Members of the group `admin`, to whom the rules allow everything. */
  readonly members: number;
}

/** Lets no other transaction revoke such a right, on any replica, until the end of this one. @throws LockBusy */
export const lockAdministrators = (tx: Queryable) => takeLock(tx, ADMINISTRATORS_LOCK);

export async function countAdministrators(db: Queryable): Promise<Administrators> {
  const row = await one<Administrators & Record<string, unknown>>(
    db,
    sql`
      select
        (select count(*) from auth_user u where u.is_active and u.is_superuser)::integer as superusers,
        (
          select count(*)
          from auth_group g
          join auth_user_groups ug on ug.group_id = g.id
          join auth_user u on u.id = ug.user_id
          where g.name = 'admin' and u.is_active
        )::integer as members`,
  );
  return row ?? { superusers: 0, members: 0 };
}
