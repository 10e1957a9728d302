import pg from 'pg';
import { ServiceUnavailable } from '../../kernel/errors.js';
import { ConnectFailure } from './client.js';

/**
 * Classes of SQLSTATE that no request causes: lost connections; a refused login; a missing database; no connection,
 * memory or disk left; an operator who intervenes; errors of the system.
 */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '3D', '53', '57', '58']);

/** States that mean the same: a silent client in a transaction, a standby after failover, tables of another role. */
const UNAVAILABLE_STATES = new Set(['25P03', '25006', '42501']);

/** Codes of Node.js for an unreachable server. ENOENT means that a unix socket does not exist. */
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/** The message of `pg-pool` if no connection became free in time, and for no other failure. */
const EXHAUSTED = 'timeout exceeded when trying to connect';

/** The message of `pg` if a statement got no answer in time, and for no other failure. */
const READ_TIMEOUT = 'Query read timeout';

/** How the messages of `pg` and `pg-pool` for lost or slow connections start: these errors have no code. */
const DRIVER_MESSAGES = [
  'timeout expired',
  EXHAUSTED,
  'Connection terminated',
  READ_TIMEOUT,
  'Client has encountered a connection error',
  'Client was closed',
  'Cannot use a pool after calling end',
];

/**
 * Prepared statements that a connection pooler has dropped, or given to another client, or that no longer match the
 * tables. A new connection prepares them again.
 */
const STALE_STATEMENTS = new Set(['0A000', '26000', '42P05']);

/** Ordinary errors that a new connection may avoid; 25006 is a standby in place of the primary. */
const STALE_STATES = new Set(['25006', ...STALE_STATEMENTS]);

const FOREIGN_KEY_STATE = '23503';

/**
 * Transactions that PostgreSQL aborted because of others (serialization failure, deadlock, and a row that was removed
 * before the transaction could refer to it), or of stale statements.
 */
const CONFLICT_STATES = new Set(['40001', '40P01', FOREIGN_KEY_STATE, ...STALE_STATEMENTS]);

const codeOf = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** @returns whether the transaction may succeed if it is run again from its start */
export const isConflict = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code !== undefined && CONFLICT_STATES.has(error.code);

/**
 * @returns `ServiceUnavailable` with the code `database_conflict` for a persistent conflict, with its cause; the error
 *   itself where rows refer to one that was to be deleted, which does not pass
 */
export const describeConflict = (cause: unknown): unknown =>
  foreignKeyViolation(cause) === undefined
    ? new ServiceUnavailable(
        'database_conflict',
        'Others are changing the same data at this moment. Try again in a few seconds.',
        { cause, retryAfterSeconds: 1 },
      )
    : cause;

/**
 * Another transaction holds a lock. The one that throws this is rolled back and runs again later: a transaction that
 * waits for the lock would keep its connection from others.
 */
export class LockBusy extends Error {
  override readonly name = 'LockBusy';
}

/**
 * @returns whether the connection is unusable after this error. An ordinary error of a statement leaves it intact; any
 *   other error leaves it in an unknown state.
 */
export function breaksConnection(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true;
  if (error.severity === 'FATAL' || error.severity === 'PANIC') return true;
  return error.code !== undefined && STALE_STATES.has(error.code);
}

function isUnavailable(error: Error): boolean {
  if (error instanceof ConnectFailure) return true;
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError) {
    return code !== undefined && (UNAVAILABLE_CLASSES.has(code.slice(0, 2)) || UNAVAILABLE_STATES.has(code));
  }
  return (
    (code !== undefined && NETWORK_CODES.has(code)) ||
    DRIVER_MESSAGES.some((start) => error.message.startsWith(start))
  );
}

/**
 * @returns `ServiceUnavailable` with the code `database_unreachable` for a database that is unreachable or too slow,
 *   with its cause; any other error unchanged
 */
export function describeFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !isUnavailable(error)) return error;
  return new ServiceUnavailable(
    'database_unreachable',
    'The database does not answer. Try again in a few seconds.',
    {
      cause: error,
    },
  );
}

/** @returns whether a statement got no answer in time. The server may still be at work on it. */
export const isReadTimeout = (error: unknown): boolean =>
  error instanceof Error && error.message === READ_TIMEOUT;

/** @returns whether no connection of the pool became free in time */
export const isExhausted = (error: unknown): boolean => error instanceof Error && error.message === EXHAUSTED;

/**
 * @returns the name of the unique constraint or unique index that refused the row; undefined for any other
 *   error
 */
export const uniqueViolation = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined;

/**
 * @returns the name of the table whose row refers to one that is missing or was to be deleted; undefined for any other
 *   error
 */
export const foreignKeyViolation = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && error.code === FOREIGN_KEY_STATE ? error.table : undefined;
