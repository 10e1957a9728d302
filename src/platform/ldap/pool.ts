import { type Clock, SECOND } from '../../kernel/clock.js';
import type { Connection } from './connection.js';
import type { Deadline } from './deadline.js';
import type { DirectoryServer } from './dial.js';
import { DirectoryFailure } from './failure.js';
import { createIdleConnections } from './idle-connections.js';
import { createTurns } from './turns.js';

/** How long a failed server is tried last. */
const REST = 30 * SECOND;

/** The order in which servers are tried: as configured, but recently failed ones last. */
export function createServerOrder(servers: readonly DirectoryServer[], clock: Clock) {
  const failedAt = new Map<DirectoryServer, number>();
  const isResting = (server: DirectoryServer): boolean => {
    const age = clock.now() - (failedAt.get(server) ?? Number.NEGATIVE_INFINITY);
    return age >= 0 && age < REST;
  };
  return {
    list: (): readonly DirectoryServer[] => [
      ...servers.filter((server) => !isResting(server)),
      ...servers.filter(isResting),
    ],
    failed: (server: DirectoryServer): void => void failedAt.set(server, clock.now()),
    answered: (server: DirectoryServer): void => void failedAt.delete(server),
  };
}

type ServerOrder = ReturnType<typeof createServerOrder>;

export interface PoolOptions {
  readonly servers: ServerOrder;
  readonly open: (server: DirectoryServer, deadline: Deadline) => Promise<Connection>;
  /** Maximum number of connections in use. */
  readonly size: number;
  readonly clock: Clock;
}

export type Work<T> = (connection: Connection, deadline: Deadline) => Promise<T>;

/** Connections that serve one task at a time and are kept for the next one, at most `size` of them. */
export function createPool({ servers, open, size, clock }: PoolOptions) {
  const idle = createIdleConnections(clock);
  const turns = createTurns(size);

  /**
   * Runs work on a connection to the first server that answers. The work must be safe to repeat: it runs again on
   * another server, or on a new connection if a kept one turns out to be dead.
   *
   * @throws DirectoryFailure of the last server; ServiceUnavailable if too many are waiting; the errors of the work
   */
  const use = async <T>(work: Work<T>, deadline: Deadline): Promise<T> => {
    const leave = await turns.enter(deadline);
    try {
      return await onAnyServer(servers, deadline, (server, share) => onServer(server, work, share));
    } finally {
      leave();
    }
  };

  const onServer = async <T>(server: DirectoryServer, work: Work<T>, deadline: Deadline): Promise<T> => {
    const kept = idle.take(server);
    if (kept !== undefined) {
      try {
        return await onConnection(kept, work, deadline);
      } catch (error) {
        if (!(error instanceof DirectoryFailure && error.kind === 'lost')) throw error;
      }
    }
    return onConnection(await open(server, deadline), work, deadline);
  };

  const onConnection = async <T>(connection: Connection, work: Work<T>, deadline: Deadline): Promise<T> => {
    try {
      const result = await work(connection, deadline);
      idle.put(connection);
      return result;
    } catch (error) {
      connection.close();
      throw error;
    }
  };

  return { use, close: idle.close };
}

/** Each server gets its share of the remaining time. */
async function onAnyServer<T>(
  servers: ServerOrder,
  deadline: Deadline,
  attempt: (server: DirectoryServer, share: Deadline) => Promise<T>,
): Promise<T> {
  const candidates = servers.list();
  let failure: unknown;
  for (const [index, server] of candidates.entries()) {
    const share = deadline.part(deadline.remaining() / (candidates.length - index));
    try {
      const result = await attempt(server, share);
      servers.answered(server);
      return result;
    } catch (error) {
      if (!(error instanceof DirectoryFailure)) throw error;
      servers.failed(server);
      failure = error;
    }
  }
  throw failure;
}
