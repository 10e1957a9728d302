import { type Clock, MINUTE } from '../../kernel/clock.js';
import type { Connection } from './connection.js';
import type { DirectoryServer } from './dial.js';

/** Directories, and firewalls before them, drop connections that nobody uses: better not to find out with a login. */
const LONGEST_IDLE = MINUTE;

interface Idle {
  readonly connection: Connection;
  readonly since: number;
}

/** Connections that nobody uses at the moment, kept for the next piece of work. */
export function createIdleConnections(clock: Clock) {
  const idle: Idle[] = [];
  let isClosed = false;

  const isFresh = ({ connection, since }: Idle): boolean =>
    connection.isOpen() && Math.abs(clock.now() - since) < LONGEST_IDLE;

  return {
    /** @returns the connection to a server that was used last, which is nobody else's from now on */
    take: (server: DirectoryServer): Connection | undefined => {
      for (const { connection } of idle.filter((kept) => !isFresh(kept))) connection.close();
      idle.splice(0, idle.length, ...idle.filter(isFresh));
      const at = idle.findLastIndex(({ connection }) => connection.server === server);
      return at < 0 ? undefined : idle.splice(at, 1)[0]?.connection;
    },

    /** Closes a connection that is of no more use. */
    put: (connection: Connection): void => {
      if (connection.isOpen() && !isClosed) idle.push({ connection, since: clock.now() });
      else connection.close();
    },

    /** Closes all of them, and those that are put back later. */
    close: (): void => {
      isClosed = true;
      for (const { connection } of idle.splice(0)) connection.close();
    },
  };
}
