import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SECOND } from '../../kernel/clock.js';

/** Bytes of a body that are read for nobody. A smaller one costs less than a new connection. */
const UNREAD_BYTES = 64 * 1024;
/** Milliseconds in which a client may take its answer before what it still sends is refused. */
const LINGER = 2 * SECOND;

const closing = new WeakSet<Socket>();

/** Whether the connection of a request was given up: what comes on it now is no request (RFC 9112, 9.6). */
export const isClosing = ({ socket }: IncomingMessage): boolean => closing.has(socket);

/** Makes an answer the last one of its connection. Call it in the turn in which the request came. */
export function closeAfter(res: ServerResponse): void {
  res.setHeader('Connection', 'close');
  closing.add(res.req.socket);
}

/** Makes an answer the last one of its connection when it leaves before a large body has come. */
export function closeUnlessRead(res: ServerResponse): void {
  const { req } = res;
  if (req.complete || !isLarge(req)) return;
  closeAfter(res);
  linger(req);
}

/** Gives a body in chunks that came with its head the turn in which its end is seen: it is small, then. */
export const letBodyEnd = async (req: IncomingMessage): Promise<void> => {
  if (!req.complete && req.headers['transfer-encoding'] !== undefined) await nextTurn();
};

const isLarge = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > UNREAD_BYTES;

/**
 * Lets a connection end with its answer delivered: a system that closes with bytes unread resets the connection, and
 * the client may lose the answer (RFC 9112, 9.6). So the server says that it is done, reads a little more, and leaves.
 */
function linger(req: IncomingMessage): void {
  const { socket } = req;
  let unread = UNREAD_BYTES;
  req.on('data', (chunk: Buffer) => {
    unread -= chunk.length;
    if (unread <= 0) req.pause();
  });
  req.resume();
  const leave = socket.destroySoon.bind(socket);
  // Node calls it when the last answer is written.
  socket.destroySoon = () => {
    if (req.complete) return leave();
    socket.end();
    req.once('end', leave);
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => clearTimeout(timer));
  };
}
