import type { Socket } from 'node:net';
import type { Exchange } from './exchange.js';

/** How an exchange ended. */
export interface Ending {
  /** What was answered, or would have been; null when the server closed before it knew. */
  readonly status: number | null;
  /** The client was gone before the end of its answer. */
  readonly aborted: boolean;
}

/**
 * Tells how each exchange ended, once. An answer that is written says so itself; of a client that hangs up only its
 * connection tells, because the answer to a request that waits behind another one has no connection yet. What is being
 * done for it goes on, and its end is waited for.
 */
export function createEndings() {
  const byConnection = new WeakMap<Socket, Set<() => void>>();
  /** Exchanges without a client that are not done yet. */
  const abandoned = new Set<() => void>();

  const openOn = (socket: Socket): Set<() => void> => {
    const known = byConnection.get(socket);
    if (known !== undefined) return known;
    const open = new Set<() => void>();
    byConnection.set(socket, open);
    socket.once('close', () => {
      for (const lose of open) lose();
    });
    return open;
  };

  const watch = (exchange: Exchange, onEnd: (ending: Ending) => void): void => {
    const { req, res } = exchange;
    const open = openOn(req.socket);
    const end = (ending: Ending): void => {
      abandoned.delete(giveUp);
      if (open.delete(lose)) onEnd(ending);
    };
    const giveUp = (): void => end({ status: null, aborted: true });
    const lose = (): void => {
      if (res.headersSent) end({ status: res.statusCode, aborted: true });
      else abandoned.add(giveUp);
    };
    open.add(lose);
    res.once('finish', () => end({ status: res.statusCode, aborted: req.socket.errored !== null }));
    exchange.onUnsent = (status) => end({ status, aborted: true });
  };

  /** For the end of the process: what has not ended yet never will. */
  const giveUp = (): void => {
    for (const end of abandoned) end();
  };

  return { watch, giveUp };
}

export type Endings = ReturnType<typeof createEndings>;
