import { openCommandDatabase } from '../../composition/command-database.js';
import type { Config } from '../../platform/config/settings.js';
import { MIGRATIONS, migrate } from '../../platform/db/migrate.js';
import type { Database } from '../../platform/db/pool.js';
import { explainRefusal } from '../../platform/db/start-failure.js';

/**
 * Works on the configured database after migrating it, and closes it. The server itself is not started: it would create
 * its first administrator.
 *
 * @param work also gets the names of the migrations that were applied
 * @throws StartError if only an operator can make the database usable
 */
export async function withDatabase<T>(
  config: Config,
  work: (db: Database, applied: readonly string[]) => Promise<T>,
): Promise<T> {
  const db = await openCommandDatabase(config);
  try {
    return await work(db, await migrate(db, MIGRATIONS));
  } catch (error) {
    throw explainRefusal(error);
  } finally {
    await db.close();
  }
}
