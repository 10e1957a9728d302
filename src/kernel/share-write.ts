/** A connection that can hold back what is written to it (`stream.Writable` of Node.js). */
interface Corkable {
  readonly writableCorked: number;
  cork(): void;
  uncork(): void;
}

/**
 * Sends what is written to a connection in this turn of the event loop as one packet, after the sockets of the turn
 * were read: what they bring shares it. Call it before each write.
 *
 * @param stream undefined before the connection was first opened
 */
export function shareWrite(stream: Corkable | undefined): void {
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
