import { createEmbeddedDatabase } from './embedded/embedded.js';
import { createExternalDatabase } from './external.js';
import type { Database } from './pool.js';

export interface DatabaseOptions {
  /** `postgres://...`; undefined for the embedded database. */
  readonly url: string | undefined;
  /** Folder of the embedded database. */
  readonly dataDir: string;
  /** Connections to PostgreSQL at most; the embedded database always has one. */
  readonly poolSize: number;
  /** Milliseconds to wait for a connection, and again for the answer to a statement. */
  readonly timeout: number;
  /** What PostgreSQL shows in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Refuses, at once, to use the database inside one of its own transactions. For development and tests. */
  readonly guardNesting?: boolean;
}

/**
 * Opens the database of the settings. An external one is not asked for anything yet: it may be down, then and
 * later.
 *
 * @throws StartError if the embedded database can't be opened
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
