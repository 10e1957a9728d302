import { type Clock, MINUTE, SECOND } from '../../kernel/clock.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import type { Connection } from './connection.js';
import { type Deadline, within } from './deadline.js';
import type { DirectoryServer } from './dial.js';
import { DirectoryFailure } from './failure.js';

/** Directories, and firewalls before them, drop connections that nobody uses: better not to find out with a login. */
const LONGEST_IDLE = MINUTE;
/** How long a server that failed is tried last. */
const REST = 30 * SECOND;
const MAXIMUM_WAITING = 500;

/** The order in which servers are tried: as they are written, but those that just failed last. */
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

export interface PoolOptions {
  readonly servers: ReturnType<typeof createServerOrder>;
  readonly open: (server: DirectoryServer, deadline: Deadline) => Promise<Connection>;
  /** Connections in use at once. */
  readonly size: number;
  readonly clock: Clock;
}

export type Work<T> = (connection: Connection, deadline: Deadline) => Promise<T>;

/** Connections that are used by one piece of work at a time, kept for the next one, and never more than `size`. */
export function createPool({ servers, open, size, clock }: PoolOptions) {
  const idle: { readonly connection: Connection; readonly since: number }[] = [];
  const turns = createTurns(size);
  let isClosed = false;

  /**
   * Runs work on a connection to the first server that answers. Work must have no effect that matters twice: it runs
   * again on another server, or on a new connection when a kept one turns out to be dead.
   *
   * @throws DirectoryFailure of the last server; ServiceUnavailable when too many wait; whatever the work throws
   */
  const use = async <T>(work: Work<T>, deadline: Deadline): Promise<T> => {
    const leave = await turns.enter(deadline);
    try {
      return await onAnyServer(work, deadline);
    } finally {
      leave();
    }
  };

  const onAnyServer = async <T>(work: Work<T>, deadline: Deadline): Promise<T> => {
    const candidates = servers.list();
    let failure: unknown;
    for (const [index, server] of candidates.entries()) {
      const share = deadline.part(deadline.remaining() / (candidates.length - index));
      try {
        const result = await onServer(server, work, share);
        servers.answered(server);
        return result;
      } catch (error) {
        if (!(error instanceof DirectoryFailure)) throw error;
        servers.failed(server);
        failure = error;
      }
    }
    throw failure;
  };

  const onServer = async <T>(server: DirectoryServer, work: Work<T>, deadline: Deadline): Promise<T> => {
    const kept = takeIdle(server);
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
      if (connection.isOpen() && !isClosed) idle.push({ connection, since: clock.now() });
      else connection.close();
      return result;
    } catch (error) {
      connection.close();
      throw error;
    }
  };

  const takeIdle = (server: DirectoryServer): Connection | undefined => {
    for (const { connection } of idle.filter((kept) => !isFresh(kept))) connection.close();
    idle.splice(0, idle.length, ...idle.filter(isFresh));
    const at = idle.findLastIndex(({ connection }) => connection.server === server);
    return at < 0 ? undefined : idle.splice(at, 1)[0]?.connection;
  };

  const isFresh = ({
    connection,
    since,
  }: {
    readonly connection: Connection;
    readonly since: number;
  }): boolean => connection.isOpen() && Math.abs(clock.now() - since) < LONGEST_IDLE;

  return {
    use,
    close: (): void => {
      isClosed = true;
      for (const { connection } of idle.splice(0)) connection.close();
    },
  };
}

/** Lets `size` in at once; the others wait in line, until their time is up. */
function createTurns(size: number) {
  const waiting: (() => void)[] = [];
  let free = size;

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return {
    /** @returns what to call when the turn is over */
    enter: async (deadline: Deadline): Promise<() => void> => {
      if (free > 0) {
        free -= 1;
        return leave;
      }
      if (waiting.length >= MAXIMUM_WAITING) throw busy();
      let start: () => void = leave;
      const turn = new Promise<void>((resolve) => {
        start = resolve;
        waiting.push(start);
      });
      const stepOut = (): void => void waiting.splice(waiting.indexOf(start), 1);
      await within(deadline, turn, stepOut).catch((cause: unknown) => {
        throw busy(cause);
      });
      return leave;
    },
  };
}

const busy = (cause?: unknown): ServiceUnavailable =>
  new ServiceUnavailable(
    'directory_busy',
    'Too many people sign in at the moment. Try again in a few seconds.',
    {
      cause,
    },
  );
