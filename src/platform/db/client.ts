import { Socket } from 'node:net';
import pg from 'pg';

/** A connection to PostgreSQL could not be opened, for the reason in `cause`. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

type Settle = (error: Error | null, client?: pg.Client) => void;

/**
 * A client that closes its socket when it fails to connect. `pg` leaves it open when it gives up for a reason of its
 * own, for example without a password: then more connections than the pool may have would occupy the server.
 */
export class ClosingClient extends pg.Client {
  readonly #socket: Socket;

  constructor(config: pg.ClientConfig = {}) {
    const socket = new Socket();
    // The pool hides the password from enumeration, and so from a copy.
    super({ ...config, password: config.password, stream: () => socket });
    this.#socket = socket;
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: Settle): void;
  override connect(callback?: Settle): Promise<pg.Client> | undefined {
    const opened = this.#open();
    if (callback === undefined) return opened;
    opened.then(
      () => callback(null, this),
      (error: Error) => callback(error),
    );
    return undefined;
  }

  async #open(): Promise<pg.Client> {
    // Until the pool listens nobody does, and an error in computing a hash would end the process.
    this.on('error', (error) => this.#socket.destroy(error));
    try {
      return await super.connect();
    } catch (error) {
      this.#socket.destroy();
      throw new ConnectFailure(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
