import type { Socket } from 'node:net';
import type { Exchange } from './exchange.js';

/** How an exchange ended. */
export interface Ending {
  /** The status that was sent, or would have been; null if the server closed before it was known. */
  readonly status: number | null;
  /** The client disconnected before the end of its answer. */
  readonly aborted: boolean;
}

/**
 * Reports how each exchange ended, once. A complete answer reports its own end. If a client disconnects, only its
 * connection reveals it, because the answer to a request queued behind another one has no connection yet. The work for
 * such a request continues, and its end is reported once it is done.
 */
export function createEndings() {
  const byConnection = new WeakMap<Socket, Set<() => void>>();
  /** Exchanges without a client that are still running. */
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

  /** For the end of the process: exchanges that are still open will never end. */
  const giveUp = (): void => {
    for (const end of abandoned) end();
  };

  return { watch, giveUp };
}

export type Endings = ReturnType<typeof createEndings>;
