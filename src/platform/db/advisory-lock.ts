import { LockBusy } from './failures.js';
import { execute, one, type Queryable } from './queryable.js';
import { sql } from './sql.js';

/**
 * Takes a lock that all replicas share until the end of the transaction. If another transaction has it, this one runs
 * again later, and keeps no connection meanwhile.
 *
 * @param key of the lock
 * @throws LockBusy
 */
export async function takeLock(tx: Queryable, key: number): Promise<void> {
  const row = await one<{ isTaken: boolean }>(
    tx,
    sql`select pg_try_advisory_xact_lock(${key}::bigint) as "isTaken"`,
  );
  if (row?.isTaken !== true) throw new LockBusy('Another transaction has the lock.');
}

/** The same for a transaction that can't run again: it waits with its connection. */
export async function awaitLock(tx: Queryable, key: number): Promise<void> {
  await execute(tx, sql`select pg_advisory_xact_lock(${key}::bigint)`);
}
