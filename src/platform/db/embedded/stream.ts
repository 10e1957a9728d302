import { Duplex } from 'node:stream';

/** What a connection of `pg` needs of the database behind it. */
export interface Backend {
  /** Called once before the first message of a connection. */
  reset(): Promise<void>;
  exec(messages: Uint8Array): Promise<Uint8Array>;
}

/** The Terminate message, with which a client says goodbye. */
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);

/**
 * Makes what `pg` takes for a socket. `pg` writes complete messages only, so each write is one call of the
 * backend, and the next waits for its answer.
 */
export function createBackendStream(backend: Backend): Duplex {
  let started = false;

  async function send(messages: Buffer): Promise<void> {
    if (!started) await backend.reset();
    started = true;
    if (stream.destroyed) return;
    // No other message that `pg` writes last ends in these bytes: a query ends in NUL, an extended query in
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

/** Methods of a socket that `pg` calls besides those of a stream. */
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
