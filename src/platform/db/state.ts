import { OK, type PartState } from '../../kernel/part-state.js';
import type { Queryable } from './queryable.js';
import { one } from './queryable.js';
import { sql } from './sql.js';
import { refusalInWords } from './start-failure.js';

/** @returns whether the database answers, takes writes, and lets this role use its tables; never throws */
export async function readDatabaseState(db: Queryable): Promise<PartState> {
  try {
    const row = await one<{ isReadOnly: boolean; isOurs: boolean }>(
      db,
      // Before the migrations there is no table yet.
      sql`
        select current_setting('transaction_read_only') = 'on' as "isReadOnly",
          coalesce(has_table_privilege(to_regclass('auth_user'), 'select')
            and has_table_privilege(to_regclass('auth_user'), 'insert')
            and has_table_privilege(to_regclass('auth_user'), 'update')
            and has_table_privilege(to_regclass('auth_user'), 'delete'), true) as "isOurs"`,
    );
    if (row?.isOurs === false)
      return { isReady: false, text: 'refuses access to the table auth_user (42501)' };
    return row?.isReadOnly === true ? { isReady: true, text: 'read-only' } : OK;
  } catch (error) {
    return { isReady: false, text: refusalInWords(error) ?? 'does not answer' };
  }
}
