import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SECOND } from '../../kernel/clock.js';

/** Bytes of an unneeded body that are still read. A smaller body costs less than a new connection. */
const UNREAD_BYTES = 64 * 1024;
/** Milliseconds a client has to read its answer before the rest of its request is refused. */
const LINGER = 2 * SECOND;

const closing = new WeakSet<Socket>();

/**
 * Whether the connection of a request is being closed: data that still arrives on it is not a request (RFC 9112, 9.6).
 */
export const isClosing = ({ socket }: IncomingMessage): boolean => closing.has(socket);

/**
 * Makes an answer the last one of its connection. Call it in the same turn of the event loop in which the request
 * arrived.
 */
export function closeAfter(res: ServerResponse): void {
  res.setHeader('Connection', 'close');
  closing.add(res.req.socket);
}

/** Makes an answer the last one of its connection if it is sent before a large body has arrived. */
export function closeUnlessRead(res: ServerResponse): void {
  const { req } = res;
  if (req.complete || !isLarge(req)) return;
  closeAfter(res);
  linger(req);
}

/** Gives a chunked body that arrived with its head one turn of the event loop to end: such a body is small. */
export const letBodyEnd = async (req: IncomingMessage): Promise<void> => {
  if (!req.complete && req.headers['transfer-encoding'] !== undefined) await nextTurn();
};

const isLarge = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > UNREAD_BYTES;

/**
 * Lets a connection end with its answer delivered: if the system closes a connection with unread bytes, it resets it,
 * and the client may lose the answer (RFC 9112, 9.6). The server therefore announces that it is done, reads a little
 * more, and closes.
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
  // Node calls this once the last answer is written.
  socket.destroySoon = () => {
    if (req.complete) return leave();
    socket.end();
    req.once('end', leave);
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => clearTimeout(timer));
  };
}
