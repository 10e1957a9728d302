import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { ServiceUnavailable } from '../../kernel/errors.js';
import { shareWrite } from '../../kernel/share-write.js';
import { breaksConnection, describeFailure, isReadTimeout } from './failures.js';
import type { Queryable } from './queryable.js';

export interface LookupsOptions {
  /**
   * Opens a connection that takes statements before it has answered the ones before (`pipeline` of `pg`).
   *
   * @returns undefined if the server may answer from another session: behind a pooler, where nothing is gained
   * @throws Error if there is no connection
   */
  readonly open: () => Promise<pg.Client | undefined>;
  readonly connections: number;
  /** Asked while no connection is open here. */
  readonly fallback: Queryable;
  /** Maximum milliseconds that `close` waits. */
  readonly closeTimeout: number;
}

export interface Lookups extends Queryable {
  /** Connections that are open, and how many of them wait for an answer. */
  readonly load: () => { readonly open: number; readonly used: number };
  readonly close: () => Promise<void>;
}

/** Statements that a connection carries at once. PostgreSQL answers them one by one, so more would only wait there. */
const MAXIMUM_IN_FLIGHT = 32;
/** Milliseconds until a connection that could not be opened is tried again. Until then the fallback reports it. */
const PAUSE = 1000;

/**
 * Carries statements that read a few rows by an index, for concurrent requests: what is asked in one turn of the event
 * loop reaches PostgreSQL in one packet of a few connections. A slow statement would hold up those behind it. A
 * statement that loses its connection is asked again, of the fallback: so nothing but reads belongs here. If the
 * server was silent, the time for an answer is used up.
 */
export function createLookups({ open, connections, fallback, closeTimeout }: LookupsOptions): Lookups {
  const lanes = Array.from({ length: connections }, () => createLane(open));

  return {
    async query<R extends pg.QueryResultRow>(config: pg.QueryConfig) {
      const lane = freest(lanes);
      if (lane === undefined) return fallback.query<R>(config);
      try {
        return await lane.query<R>(config);
      } catch (error) {
        if (error instanceof ServiceUnavailable || !breaksConnection(error)) throw describeFailure(error);
        return fallback.query<R>(config);
      }
    },
    load: () => {
      const carrying = lanes.map(({ inFlight }) => inFlight()).filter((count) => count !== undefined);
      return { open: carrying.length, used: carrying.filter((count) => count > 0).length };
    },
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close(closeTimeout)));
    },
  };
}

/** One connection, which opens when it is first needed, and again after it was lost. */
interface Lane {
  /** Statements that wait for an answer; undefined while there is no connection. */
  readonly inFlight: () => number | undefined;
  /** Begins to open the connection unless it is open, or was tried a moment ago. */
  readonly prepare: () => void;
  /** @throws ServiceUnavailable if the server is silent; otherwise an error as `pg` reports it */
  readonly query: <R extends pg.QueryResultRow>(config: pg.QueryConfig) => Promise<pg.QueryResult<R>>;
  readonly close: (timeout: number) => Promise<void>;
}

/** @returns the open connection with the fewest statements under way, unless all have as many as they may */
function freest(lanes: readonly Lane[]): Lane | undefined {
  let [best, fewest]: [Lane | undefined, number] = [undefined, MAXIMUM_IN_FLIGHT];
  for (const lane of lanes) {
    const count = lane.inFlight();
    if (count === undefined) lane.prepare();
    else if (count < fewest) [best, fewest] = [lane, count];
  }
  return best;
}

const ignore = (): void => {};

function createLane(open: LookupsOptions['open']): Lane {
  let client: pg.Client | undefined;
  const silent = new WeakSet<pg.Client>();
  let inFlight = 0;
  let mayOpen = true;
  let isClosed = false;

  const lose = (lost: pg.Client): void => {
    if (client !== lost) return;
    client = undefined;
    mayOpen = true;
    // Statements that are under way still get their answers, if there is a connection to bring them.
    lost.end().catch(ignore);
  };

  const connect = async (): Promise<void> => {
    try {
      const opened = await open();
      if (opened === undefined) return;
      if (isClosed) return void (await opened.end());
      opened.on('error', () => lose(opened));
      opened.on('end', () => lose(opened));
      [client, inFlight] = [opened, 0];
    } catch {
      await delay(PAUSE, undefined, { ref: false });
      mayOpen = true;
    }
  };

  return {
    inFlight: () => (client === undefined ? undefined : inFlight),
    prepare: () => {
      if (!mayOpen) return;
      mayOpen = false;
      void connect();
    },
    async query(config) {
      const current = client;
      if (current === undefined) throw new TypeError('This connection is not open.');
      inFlight += 1;
      shareWrite(current.connection.stream);
      try {
        return await current.query(config);
      } catch (error) {
        if (isReadTimeout(error)) silent.add(current);
        if (breaksConnection(error)) lose(current);
        throw silent.has(current) ? describeFailure(error) : error;
      } finally {
        if (client === current) inFlight -= 1;
      }
    },
    close: async (timeout) => {
      isClosed = true;
      mayOpen = false;
      const current = client;
      client = undefined;
      if (current === undefined) return;
      const cancel = new AbortController();
      const late = delay(timeout, undefined, { signal: cancel.signal }).catch(ignore);
      await Promise.race([current.end().catch(ignore), late]);
      cancel.abort();
      current.connection.stream.destroy();
    },
  };
}
