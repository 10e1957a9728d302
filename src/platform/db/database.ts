import { createEmbeddedDatabase } from './embedded/embedded.js';
import { createExternalDatabase, type PreparedStatements } from './external.js';
import type { ConnectionFailure, Database } from './pool.js';

export interface DatabaseOptions {
  /** `postgres://...`; undefined for the embedded database. */
  readonly url: string | undefined;
  /** Folder of the embedded database. */
  readonly dataDir: string;
  /** Maximum number of connections to PostgreSQL; the embedded database always has one. */
  readonly poolSize: number;
  /** Milliseconds to wait for a connection, and again for the answer to a statement. */
  readonly timeout: number;
  /** The name in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Default: auto. */
  readonly preparedStatements?: PreparedStatements;
  /** Refuses to use the database inside one of its own transactions. For development and tests. */
  readonly guardNesting?: boolean;
  /** Told of every statement that got no connection to PostgreSQL. Must not throw. */
  readonly onConnectionFailure?: (reason: ConnectionFailure) => void;
}

/**
 * Opens the configured database. An external one is not contacted yet: it may be down, now and later.
 *
 * @throws StartError if the embedded database cannot be opened
 */
export async function createDatabase({
  guardNesting = false,
  ...options
}: DatabaseOptions): Promise<Database> {
  const { url } = options;
  return url === undefined
    ? createEmbeddedDatabase({ ...options, guardNesting })
    : createExternalDatabase({ ...options, url, guardNesting });
}
