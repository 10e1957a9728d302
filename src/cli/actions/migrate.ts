import { SECOND } from '../../kernel/clock.js';
import type { Config } from '../../platform/config/settings.js';
import { createDatabase } from '../../platform/db/database.js';
import { MIGRATIONS, migrate } from '../../platform/db/migrate.js';
import { explainRefusal } from '../../platform/db/start-failure.js';

/** Migrates the configured database. @returns the names of the migrations that were applied */
export async function migrateDatabase(config: Config): Promise<readonly string[]> {
  const db = await createDatabase({
    url: config.DATABASE_URL,
    dataDir: config.DATA_DIR,
    poolSize: 1,
    timeout: config.DATABASE_TIMEOUT * SECOND,
    applicationName: 'cvat-auth-server migrate',
  });
  try {
    return await migrate(db, MIGRATIONS);
  } catch (error) {
    throw explainRefusal(error);
  } finally {
    await db.close();
  }
}
