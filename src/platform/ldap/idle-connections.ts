import { type Clock, MINUTE } from '../../kernel/clock.js';
import type { Connection } from './connection.js';
import type { DirectoryServer } from './dial.js';

/** Directories, and firewalls in front of them, drop idle connections: a login should not be the first to notice. */
const LONGEST_IDLE = MINUTE;

interface Idle {
  readonly connection: Connection;
  readonly since: number;
}

/** Idle connections, kept for the next task. */
export function createIdleConnections(clock: Clock) {
  const idle: Idle[] = [];
  let isClosed = false;

  const isFresh = ({ connection, since }: Idle): boolean =>
    connection.isOpen() && Math.abs(clock.now() - since) < LONGEST_IDLE;

  return {
    /** @returns the most recently used connection to a server; it then belongs to the caller alone */
    take: (server: DirectoryServer): Connection | undefined => {
      for (const { connection } of idle.filter((kept) => !isFresh(kept))) connection.close();
      idle.splice(0, idle.length, ...idle.filter(isFresh));
      const at = idle.findLastIndex(({ connection }) => connection.server === server);
      return at < 0 ? undefined : idle.splice(at, 1)[0]?.connection;
    },

    /** Closes a connection that is no longer useful. */
    put: (connection: Connection): void => {
      if (connection.isOpen() && !isClosed) idle.push({ connection, since: clock.now() });
      else connection.close();
    },

    /** Closes all of them, and those that are returned later. */
    close: (): void => {
      isClosed = true;
      for (const { connection } of idle.splice(0)) connection.close();
    },
  };
}
