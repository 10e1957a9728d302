import { once } from 'node:events';
import type { Server } from 'node:http';
import net from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

/** How a server stops so that its clients notice nothing but a refused connection, and try the next replica. */
export interface Draining {
  /** Whether each answer ends its connection, so that the client opens the next one elsewhere. */
  readonly isDraining: () => boolean;
  /** From now on each answer ends its connection. */
  readonly drain: () => void;
  /**
   * Takes no more connections, and ends those that are idle.
   *
   * @param grace milliseconds that a client gets to ask again on its connection, before and after
   * @returns when all connections have ended
   */
  readonly finish: (grace: number) => Promise<void>;
}

/** Milliseconds between two looks for connections that have become idle. */
const IDLE_CHECK = 100;
/** Under a load without a pause it would look for ever. */
const MAXIMUM_TURNS = 1000;

export function createDraining(server: Server): Draining {
  let isDraining = false;
  return {
    isDraining: () => isDraining,
    drain: () => {
      isDraining = true;
    },
    finish: async (grace) => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      // A connection that comes while the server closes is reset. Clients that keep the ones they have open none.
      isDraining = false;
      await delay(grace);
      await untilAllAreAccepted(server);
      // Not the method of http.Server, which ends connections whose first request is on its way.
      net.Server.prototype.close.call(server);
      isDraining = true;
      await Promise.race([closed, delay(grace)]);
      setInterval(() => server.closeIdleConnections(), IDLE_CHECK).unref();
      await closed;
    },
  };
}

/** Each turn of the event loop accepts one connection: after a turn without a new one, none is waiting. */
async function untilAllAreAccepted(server: Server): Promise<void> {
  let isNew = true;
  const note = () => {
    isNew = true;
  };
  server.on('connection', note);
  for (let turn = 0; isNew && turn < MAXIMUM_TURNS; turn += 1) {
    isNew = false;
    await nextTurn();
  }
  server.off('connection', note);
}
