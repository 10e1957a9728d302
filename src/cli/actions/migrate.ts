import type { Config } from '../../platform/config/settings.js';
import { withDatabase } from './database.js';

/** Migrates the configured database. @returns the names of the migrations that were applied */
export const migrateDatabase = (config: Config): Promise<readonly string[]> =>
  withDatabase(config, async (_db, applied) => applied);
