import path from 'node:path';
import pg from 'pg';
import { createPoolDatabase, type Database } from '../pool.js';
import type { Engine } from './engine.js';
import { makeDataFolder, prepareFolder, SEED, unwritable } from './folder.js';
import { createLastingEngine } from './lasting-engine.js';
import { acquireLock } from './lock.js';
import { startMaintenance } from './maintenance.js';
import { createBackendStream } from './stream.js';

export interface EmbeddedOptions {
  /** The database is in `postgres` below this folder, next to its lock. */
  readonly dataDir: string;
  /** Milliseconds to wait in the queue, and again for the answer to a statement. */
  readonly timeout: number;
  readonly guardNesting: boolean;
  /** Archive of a prepared database folder. Default: the one from the build. */
  readonly seed?: string;
}

/**
 * Opens the embedded database, for one process at a time. The first start creates the folder.
 *
 * @throws StartError if the folder cannot be written, is in use by another process, or contains no database that opens
 */
export async function createEmbeddedDatabase(options: EmbeddedOptions): Promise<Database> {
  const folder = await makeDataFolder(options.dataDir);
  const lock = await acquireLock(path.join(folder, 'postgres.lock'), folder).catch((error) => {
    throw unwritable(folder, error);
  });
  try {
    const dir = path.join(folder, 'postgres');
    await prepareFolder(dir, options.seed ?? SEED);
    const engine = await createLastingEngine(dir);
    const database = createEngineDatabase(engine, options);
    const maintenance = startMaintenance(database);
    return {
      ...database,
      async close() {
        await maintenance.stop();
        await database.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw unwritable(folder, error);
  }
}

/** Puts a pool of `pg` in front of an engine: one connection, because the engine has one session. */
export function createEngineDatabase(
  engine: Engine,
  { timeout, guardNesting }: Pick<EmbeddedOptions, 'timeout' | 'guardNesting'>,
): Database {
  const pool = new pg.Pool({
    max: 1,
    stream: () => createBackendStream(engine),
    user: 'postgres',
    database: 'postgres',
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
  });
  const database = createPoolDatabase(pool, {
    kind: 'embedded',
    closeTimeout: timeout,
    guardNesting,
    onClosed: () => engine.close(),
  });
  return { ...database, lookups: database };
}
