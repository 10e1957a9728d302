import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import {
  breaksConnection,
  describeConflict,
  describeFailure,
  isConflict,
  isExhausted,
  LockBusy,
} from './failures.js';
import type { Queryable } from './queryable.js';

export interface TransactionOptions {
  /** Default: READ COMMITTED, as in Django. */
  readonly isolation?: keyof typeof BEGIN;
  /** How often `fn` may run in total if others cause a deadlock or a serialization failure. Default 5. */
  readonly attempts?: number;
  /** Milliseconds a statement may take, overriding the pool's limit; 0 for no limit. */
  readonly statementTimeout?: number;
}

/** Connections to the database. */
export interface DatabaseLoad {
  readonly open: number;
  /** Those of them that carry a statement or a transaction. */
  readonly used: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
  /** As many may be open. */
  readonly limit: number;
}

/** The database: statements one by one, or several in a transaction. */
export interface Database extends Queryable {
  readonly kind: 'postgresql' | 'embedded';
  /** For libraries that need a `pg.Pool` (connect-pg-simple). Its errors are not translated. */
  readonly pool: pg.Pool;
  /** For prepared statements that read a few rows by an index: concurrent ones share connections. */
  readonly lookups: Queryable;
  readonly load: () => DatabaseLoad;
  /**
   * Runs `fn` in a transaction, commits if it resolves and rolls back if it rejects. After a deadlock, a
   * serialization failure or `LockBusy`, `fn` runs again, so it must have no effect outside the transaction. It must only use `tx`:
   * waiting for the database itself inside it means waiting for a second connection, which the embedded database does
   * not have.
   */
  transaction<T>(fn: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Closes the connections once their work is done. A database that does not answer cannot delay it. */
  close(): Promise<void>;
}

/** What a connection keeps from one transaction to the next: behind a pooler nothing. */
export interface Session {
  /** Statements may be prepared under a name. */
  readonly keepsStatements: boolean;
  /** Statements that a transaction begins with because the connection has no limits of its own; each after a `;`. */
  readonly limits: string;
}

const OWN_SESSION: Session = { keepsStatements: true, limits: '' };

/** Why a statement got no connection: all were in use for too long, or the server refused it or did not answer. */
export const CONNECTION_FAILURES = ['all_in_use', 'unreachable'] as const;
export type ConnectionFailure = (typeof CONNECTION_FAILURES)[number];

export interface PoolDatabaseOptions {
  readonly kind: Database['kind'];
  /** Maximum milliseconds that `close` waits. */
  readonly closeTimeout: number;
  /**
   * Immediately refuses statements on the pool inside a transaction; adds a cost to every promise, so only for
   * development and tests.
   */
  readonly guardNesting: boolean;
  /** Default: a connection keeps everything. */
  readonly sessionOf?: (client: pg.PoolClient) => Session | undefined;
  readonly onConnectionFailure?: (reason: ConnectionFailure) => void;
  /** Closes resources that belong to the pool, after it. */
  readonly onClosed?: () => Promise<void>;
}

/** `pg` reads `query_timeout` per statement, but its types omit it. */
interface TimedQuery extends pg.QueryConfig {
  readonly query_timeout?: number;
}

/** The longest delay of timers; `pg` treats 0 as "not set" and would fall back to the pool's limit. */
const NO_LIMIT = 2 ** 31 - 1;

const BEGIN = {
  'read committed': 'begin',
  'repeatable read': 'begin isolation level repeatable read',
  serializable: 'begin isolation level serializable',
} as const;

const ATTEMPTS = 5;
/** Milliseconds; increases with each attempt. */
const CONFLICT_PAUSE = 20;
/** A lock that is busy is tried again after this many milliseconds, and so often: five seconds. */
const LOCK_PAUSE = 25;
const LOCK_ATTEMPTS = 200;

/** Turns a pool into a `Database`; every failure to reach the server becomes `ServiceUnavailable`. */
export function createPoolDatabase(pool: pg.Pool, options: PoolDatabaseOptions): Omit<Database, 'lookups'> {
  const guard = options.guardNesting ? createNestingGuard() : undefined;
  const lease = <T>(work: (lease: Lease) => Promise<T>) => withClient(pool, work, options);
  // pg-pool only listens while a client is idle; without a listener, a connection lost in between ends the process.
  pool.on('connect', (client) => client.on('error', ignore));
  // The next use of the pool reconnects, and reports the problem if it persists.
  pool.on('error', ignore);

  return {
    kind: options.kind,
    pool,
    load: () => ({
      open: pool.totalCount,
      used: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
      limit: pool.options.max,
    }),
    async query<R extends pg.QueryResultRow>(config: pg.QueryConfig) {
      guard?.check();
      // Not pool.query(): it closes the connection after every error, even after a refused duplicate. A single
      // statement is also a transaction: one that lost a deadlock has done nothing, and runs again.
      return despiteConflicts(ATTEMPTS, () => lease((client) => client.query<R>(config)));
    },
    async transaction(fn, transactionOptions = {}) {
      guard?.check();
      return despiteConflicts(transactionOptions.attempts ?? ATTEMPTS, () =>
        lease((client) => {
          const run = () => runTransaction(client, fn, transactionOptions);
          return guard === undefined ? run() : guard.enter(run);
        }),
      );
    },
    async close() {
      const cancel = new AbortController();
      const late = delay(options.closeTimeout, undefined, { signal: cancel.signal }).catch(ignore);
      await Promise.race([pool.end(), late]);
      cancel.abort();
      await options.onClosed?.();
    },
  };
}

const ignore = (): void => {};

/** A transaction that lost once may lose again under load: a short pause lets the others finish. */
async function despiteConflicts<T>(attempts: number, work: () => Promise<T>): Promise<T> {
  let [conflicts, busy] = [0, 0];
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof LockBusy) busy += 1;
      else if (isConflict(error)) conflicts += 1;
      else throw error;
      if (conflicts >= attempts || busy >= LOCK_ATTEMPTS) throw describeConflict(error);
      await delay(error instanceof LockBusy ? LOCK_PAUSE : (conflicts - 1) * CONFLICT_PAUSE);
    }
  }
}

/** A connection taken from the pool, with errors translated. */
interface Lease {
  query<R extends pg.QueryResultRow>(config: TimedQuery): Promise<pg.QueryResult<R>>;
  /** Whether the connection must not be used again. */
  isBroken(): boolean;
  /** Statements that a transaction begins with. */
  readonly limits: string;
}

async function withClient<T>(
  pool: pg.Pool,
  work: (lease: Lease) => Promise<T>,
  { sessionOf, onConnectionFailure }: PoolDatabaseOptions,
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    onConnectionFailure?.(isExhausted(error) ? 'all_in_use' : 'unreachable');
    return fail(error);
  });
  const { keepsStatements, limits } = sessionOf?.(client) ?? OWN_SESSION;
  let broken = false;
  const lose = () => {
    broken = true;
  };
  client.once('error', lose);
  try {
    return await work({
      limits,
      isBroken: () => broken,
      query: <R extends pg.QueryResultRow>(config: TimedQuery) =>
        client.query<R>(keepsStatements ? config : withoutName(config)).catch((error: unknown) => {
          broken ||= breaksConnection(error);
          return fail(error);
        }),
    });
  } finally {
    client.off('error', lose);
    client.release(broken);
  }
}

const withoutName = ({ name, ...config }: TimedQuery): TimedQuery => config;

function fail(error: unknown): never {
  throw describeFailure(error);
}

async function runTransaction<T>(
  client: Lease,
  fn: (tx: Queryable) => Promise<T>,
  { isolation = 'read committed', statementTimeout }: TransactionOptions,
): Promise<T> {
  let open = true;
  const limit = statementTimeout === undefined ? {} : { query_timeout: statementTimeout || NO_LIMIT };
  const run = <R extends pg.QueryResultRow>(config: pg.QueryConfig) =>
    client.query<R>({ ...config, ...limit });
  const tx: Queryable = {
    async query<R extends pg.QueryResultRow>(config: pg.QueryConfig) {
      if (!open) throw new TypeError('This transaction has ended: await every statement inside it.');
      return run<R>(config);
    },
  };
  try {
    await run({ text: BEGIN[isolation] + client.limits });
    if (statementTimeout !== undefined)
      await run({ text: `set local statement_timeout = ${statementTimeout}` });
    const result = await fn(tx);
    open = false;
    await commit(run);
    return result;
  } catch (error) {
    open = false;
    if (!client.isBroken()) await run({ text: 'rollback' }).catch(ignore);
    throw error;
  }
}

/** @throws Error if PostgreSQL rolled back: that is its answer to COMMIT in a failed transaction, without an error */
async function commit(run: Queryable['query']): Promise<void> {
  const { command } = await run({ text: 'commit' });
  if (command !== 'COMMIT')
    throw new Error('A statement failed and its error was not passed on: rolled back.');
}

/** A transaction that the running code is inside of, and the one around it, of another database. */
interface Surrounding {
  readonly guard: object;
  open: boolean;
  readonly outer: Surrounding | undefined;
}

/** One for all databases: each that is in use adds a cost to every promise of the process. */
const surroundings = new AsyncLocalStorage<Surrounding>();

/** Detects a statement on the pool during an open transaction, which would wait for a second connection. */
function createNestingGuard() {
  const guard = {};
  return {
    check(): void {
      for (let around = surroundings.getStore(); around !== undefined; around = around.outer) {
        if (around.guard === guard && around.open)
          throw new TypeError(
            'The database was used inside one of its transactions: use the client it passes on.',
          );
      }
    },
    async enter<T>(work: () => Promise<T>): Promise<T> {
      const here: Surrounding = { guard, open: true, outer: surroundings.getStore() };
      try {
        return await surroundings.run(here, work);
      } finally {
        here.open = false;
      }
    },
  };
}
