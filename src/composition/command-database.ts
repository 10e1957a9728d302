import { SECOND } from '../kernel/clock.js';
import type { Config } from '../platform/config/settings.js';
import { createDatabase } from '../platform/db/database.js';
import type { Database } from '../platform/db/pool.js';

/** Opens the configured database for a command, with one connection. @throws StartError as `createDatabase` */
export const openCommandDatabase = (config: Config): Promise<Database> =>
  createDatabase({
    url: config.DATABASE_URL,
    dataDir: config.DATA_DIR,
    poolSize: 1,
    timeout: config.DATABASE_TIMEOUT * SECOND,
    applicationName: 'cvat-auth-server cli',
    preparedStatements: config.DATABASE_PREPARED_STATEMENTS,
  });
