import { Duplex } from 'node:stream';

/** The database behind a connection of `pg`. */
export interface Backend {
  /** Called once before the first message of a connection. */
  reset(): Promise<void>;
  exec(messages: Uint8Array): Promise<Uint8Array>;
}

/** The Terminate message, which a client sends before it disconnects. */
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);

/**
 * Creates a stream that `pg` accepts as a socket. `pg` only writes complete messages, so each write is one call of the
 * backend, and the next one waits for its answer.
 */
export function createBackendStream(backend: Backend): Duplex {
  let started = false;

  async function send(messages: Buffer): Promise<void> {
    if (!started) await backend.reset();
    started = true;
    if (stream.destroyed) return;
    // No other message that `pg` writes last ends with these bytes: a query ends with NUL, an extended query with
    // Sync.
    const ends = messages.subarray(-TERMINATE.length).equals(TERMINATE);
    const rest = ends ? messages.subarray(0, -TERMINATE.length) : messages;
    const answer = rest.length === 0 ? undefined : await backend.exec(rest);
    if (stream.destroyed) return;
    if (answer !== undefined && answer.length > 0) {
      stream.push(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
    }
    if (ends) stream.push(null);
  }

  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      send(chunk).then(() => done(), done);
    },
    writev: (chunks, done) => {
      send(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
    },
  });
  return Object.assign(stream, socketMethods(stream));
}

/** Methods of a socket that `pg` calls in addition to those of a stream. */
function socketMethods(stream: Duplex) {
  const nothing = () => stream;
  return {
    connect: () => {
      process.nextTick(() => stream.emit('connect'));
      return stream;
    },
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
  };
}
