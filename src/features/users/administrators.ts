import { ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { countAdministrators, lockAdministrators } from './administrators-repository.js';

const LAST_SUPERUSER = 'This is the last active superuser. Make another account a superuser first.';
const LAST_ADMIN =
  'This is the last active member of the group admin. Put another account into the group first.';

/**
 * Runs work that may revoke rights, in a transaction. If two administrators revoke each other's rights at once, they
 * take turns.
 *
 * @throws ValidationError if nobody would be left to administer the server
 */
export const keepingAdministrators = <T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    await lockAdministrators(tx);
    const before = await countAdministrators(tx);
    const result = await work(tx);
    const after = await countAdministrators(tx);
    if (before.superusers > 0 && after.superusers === 0) throw new ValidationError([LAST_SUPERUSER]);
    if (before.members > 0 && after.members === 0) throw new ValidationError([LAST_ADMIN]);
    return result;
  });
