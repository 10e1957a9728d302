import pg from 'pg';
import { createPoolDatabase, type Database } from './pool.js';

export interface ExternalOptions {
  /** `postgres://user:password@host:5432/database`; its parameters override the settings here. */
  readonly url: string;
  readonly poolSize: number;
  /** Milliseconds to wait for a connection, and again for the answer to a statement. */
  readonly timeout: number;
  readonly applicationName: string;
  readonly guardNesting: boolean;
}

/**
 * How much later than the server the client gives up on a statement: the server's own error leaves the connection
 * usable.
 */
const GRACE = 500;

/** Ends the transaction of a silent client, with its locks. */
const IDLE_IN_TRANSACTION = 60_000;

/**
 * Opens a pool of connections to a PostgreSQL server. It connects with the first statement, so the server may start
 * later, stop and come back.
 */
export function createExternalDatabase(options: ExternalOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.timeout,
    statement_timeout: options.timeout,
    query_timeout: options.timeout + GRACE,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  return createPoolDatabase(pool, {
    kind: 'postgresql',
    closeTimeout: options.timeout,
    guardNesting: options.guardNesting,
  });
}
