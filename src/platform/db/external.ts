import pg from 'pg';
import { ClosingClient, ConnectFailure } from './client.js';
import { readConnectionOptions } from './connection-options.js';
import { createLookups } from './lookups.js';
import { type ConnectionFailure, createPoolDatabase, type Database, type Session } from './pool.js';

export interface ExternalOptions {
  /** `postgres://user:password@host:5432/database`; its parameters override the settings here. */
  readonly url: string;
  readonly poolSize: number;
  /** Milliseconds to wait for a connection, and again for the answer to a statement. */
  readonly timeout: number;
  readonly applicationName: string;
  readonly guardNesting: boolean;
  /** Default: auto. */
  readonly preparedStatements?: PreparedStatements;
  /** Told of every statement that got no connection. Must not throw. */
  readonly onConnectionFailure?: (reason: ConnectionFailure) => void;
}

/** Whether statements are prepared under a name. `auto`: where each connection of the pool is one of the server. */
export type PreparedStatements = 'auto' | 'on' | 'off';

/**
 * How much later than the server the client gives up on a statement: the server's own error leaves the connection
 * usable.
 */
const GRACE = 500;

/** Milliseconds after which the transaction of a silent client ends, with its locks. */
const IDLE_IN_TRANSACTION = 60_000;

/**
 * Opens a pool of connections to a PostgreSQL server, or to a pooler in front of it. It connects with the first
 * statement, so the server may start later, stop and come back.
 *
 * @throws StartError if the URL names a file that can't be read
 */
export function createExternalDatabase(options: ExternalOptions): Database {
  const { statement_timeout, idle_in_transaction_session_timeout, ...connection } = readConnectionOptions(
    options.url,
  );
  const limits: Limits = {
    statement: Number(statement_timeout || options.timeout),
    idle: Number(idle_in_transaction_session_timeout || IDLE_IN_TRANSACTION),
  };
  const shared = options.poolSize >= SMALLEST_SHARING_POOL ? LOOKUP_CONNECTIONS : 0;
  const client = {
    application_name: options.applicationName,
    ...connection,
    connectionTimeoutMillis: options.timeout,
    query_timeout: options.timeout + GRACE,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  const sessions = new WeakMap<pg.ClientBase, Session>();
  const pool = new pg.Pool({
    ...client,
    Client: ClosingClient,
    onConnect: async (opened) => {
      sessions.set(opened, await openSession(opened, limits, options.preparedStatements));
    },
    max: options.poolSize - shared,
  });
  const database = createPoolDatabase(pool, {
    kind: 'postgresql',
    closeTimeout: options.timeout,
    guardNesting: options.guardNesting,
    sessionOf: (opened) => sessions.get(opened),
    ...(options.onConnectionFailure === undefined
      ? {}
      : { onConnectionFailure: options.onConnectionFailure }),
  });
  const lookups = createLookups({
    open: () => openPipelined(client, limits, options.preparedStatements),
    connections: shared,
    fallback: database,
    closeTimeout: options.timeout,
  });
  return {
    ...database,
    lookups,
    load: () => {
      const [pooled, looking] = [database.load(), lookups.load()];
      return {
        open: pooled.open + looking.open,
        used: pooled.used + looking.used,
        waiting: pooled.waiting,
        limit: options.poolSize,
      };
    },
    close: async () => {
      await Promise.all([lookups.close(), database.close()]);
    },
  };
}

/** Connections of the whole that are only for look-ups, if it has so many that transactions don't miss them. */
const LOOKUP_CONNECTIONS = 2;
const SMALLEST_SHARING_POOL = 5;

/** @returns a connection for {@link createLookups}. @throws ConnectFailure */
async function openPipelined(
  config: pg.ClientConfig,
  limits: Limits,
  prepared: PreparedStatements | undefined,
): Promise<pg.Client | undefined> {
  const client = new ClosingClient({ ...config, pipeline: true });
  await client.connect();
  try {
    const { isOwn, keepsStatements } = await openSession(client, limits, prepared);
    if (isOwn && keepsStatements) return client;
  } catch (error) {
    client.connection.stream.destroy();
    throw error;
  }
  await client.end();
  return undefined;
}

/** Milliseconds that a statement may take, and that a client may be silent in a transaction. */
interface Limits {
  readonly statement: number;
  readonly idle: number;
}

interface OpenedSession extends Session {
  /** Every statement of the connection runs in one session of the server. */
  readonly isOwn: boolean;
}

/**
 * Sets the limits of a new connection, and turns the compiler of statements off: none of ours runs long enough to gain
 * what compiling costs, but PostgreSQL expects so of tables without statistics, and then took a second for each look-up
 * of a caller. Not in its start-up message, where a pooler refuses them. A pooler also gives
 * out process numbers of its own: then the next transaction may run on another connection, which has neither the
 * limits nor the prepared statements of this one.
 */
async function openSession(
  client: pg.ClientBase,
  { statement, idle }: Limits,
  prepared: PreparedStatements = 'auto',
): Promise<OpenedSession> {
  const told = 'processID' in client ? client.processID : null;
  const { rows } = await client
    .query<{ isOwn: boolean | null }>({ text: OPEN_SESSION, values: [told, statement, idle] })
    .catch((error: Error) => {
      throw new ConnectFailure(error);
    });
  const isOwn = rows[0]?.isOwn === true;
  return {
    isOwn,
    keepsStatements: prepared === 'auto' ? isOwn : prepared === 'on',
    limits: isOwn
      ? ''
      : `; set local statement_timeout = ${statement}; set local idle_in_transaction_session_timeout = ${idle}; set local jit = off`,
  };
}

const OPEN_SESSION = `
  select own.is_own as "isOwn",
    set_config('statement_timeout',
      case when own.is_own then $2 else current_setting('statement_timeout') end, false),
    set_config('idle_in_transaction_session_timeout',
      case when own.is_own then $3 else current_setting('idle_in_transaction_session_timeout') end, false),
    set_config('jit', case when own.is_own then 'off' else current_setting('jit') end, false)
  from (select pg_backend_pid() = $1::integer as is_own) own
`;
