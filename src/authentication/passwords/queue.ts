import type { Client } from '../../kernel/client.js';
import { type Clock, SECOND } from '../../kernel/clock.js';
import { ClientGone, ServiceUnavailable, Throttled } from '../../kernel/errors.js';
import { clientKey } from '../../platform/http/client-address.js';
import { createFairLine, type FairLine, type Owner } from './fair-line.js';

const RETRY_AFTER_SECONDS = 5;

/** Enough for an office behind one address, or a script with many connections; the rest of the queue is for others. */
const LARGEST_SHARE = 1 / 2;

interface WorkQueueOptions {
  /** Number of jobs that run at once. */
  readonly concurrency: number;
  /** Number of jobs that may wait; the next one is refused. */
  readonly limit: number;
  /** Told how many seconds each job waited. */
  readonly observe?: { readonly clock: Clock; readonly waited: (seconds: number) => void };
}

/** The jobs of a queue now. */
export interface QueueLoad {
  readonly waiting: number;
  readonly running: number;
}

/** The requester of a job. */
export interface Requester {
  /** The account whose password it is, or the name in the request; null if there is none yet. */
  readonly account: string | null;
  /** Null for work of the server itself. */
  readonly client: Client | null;
}

/** The command line and the start: there is nobody they could keep waiting. */
export const SERVER: Requester = { account: null, client: null };

interface Waiting extends Owner {
  readonly start: () => void;
  readonly refuse: (reason: Error) => void;
}

type Line = FairLine<Waiting>;

const lineIsFull = (): ServiceUnavailable =>
  new ServiceUnavailable('password_queue_full', 'Too many passwords are being checked. Try again soon.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });

/**
 * A bounded queue for work that costs processor time. Without it, a burst of log-ins would fill libuv's thread pool,
 * which file access and name look-ups also use. Every log-in would then time out, instead of a few being asked to try
 * again later.
 *
 * No client can keep others out. Client addresses take turns. One address, and one account, may fill half of the
 * queue: a client that asks for more gets a 429, because it caused that itself, while a 503 says that the server is
 * overloaded. If several clients together fill the queue, a newcomer replaces the youngest job of the address with the
 * most jobs. A job leaves the queue if its client disconnects.
 */
export const createWorkQueue = ({ concurrency, limit, observe }: WorkQueueOptions) => {
  const line = createFairLine<Waiting>();
  /** With a limit of 0 the queue is full (503); it is not that the requester has too many jobs (429). */
  const share = Math.max(1, Math.ceil(limit * LARGEST_SHARE));
  let running = 0;

  const enter = async ({ account, client }: Requester): Promise<void> => {
    if (client?.signal.aborted) throw new ClientGone();
    if (running < concurrency) {
      running += 1;
      return;
    }
    const owner = { account, address: client && clientKey(client.address) };
    requireShare(line, owner, share);
    requireRoom(line, owner, limit);
    await wait(line, owner, client?.signal);
  };

  /** Passes the slot to the next job in the queue. Decrementing and incrementing would let a newcomer in between. */
  const leave = (): void => {
    const next = line.take();
    if (next) next.start();
    else running -= 1;
  };

  const enterObserved = async (requester: Requester): Promise<void> => {
    if (observe === undefined) return enter(requester);
    const came = observe.clock.now();
    await enter(requester);
    observe.waited((observe.clock.now() - came) / SECOND);
  };

  return {
    load: (): QueueLoad => ({ waiting: line.size(), running }),

    /**
     * Runs the job when its turn comes.
     * @throws Throttled if the requester already fills half of the queue; ServiceUnavailable `password_queue_full` if
     *   the queue is full; ClientGone if the client has disconnected; the errors of the job
     */
    run: async <Result>(requester: Requester, job: () => Promise<Result>): Promise<Result> => {
      await enterObserved(requester);
      try {
        return await job();
      } finally {
        leave();
      }
    },
  };
};

export type WorkQueue = ReturnType<typeof createWorkQueue>;

function requireShare(line: Line, { account, address }: Owner, share: number): void {
  const isGreedy =
    (account !== null && line.ofAccount(account) >= share) ||
    (address !== null && line.ofAddress(address) >= share);
  if (isGreedy) throw new Throttled(RETRY_AFTER_SECONDS, 'password_hash_queue');
}

function requireRoom(line: Line, { address }: Owner, limit: number): void {
  if (line.size() < limit) return;
  const longest = line.longest();
  const youngest = longest.at(-1);
  if (youngest === undefined || longest.length <= line.ofAddress(address) + 1) throw lineIsFull();
  youngest.refuse(lineIsFull());
}

const wait = (line: Line, owner: Owner, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      signal?.removeEventListener('abort', hangUp);
      line.remove(job);
      outcome();
    };
    const hangUp = (): void => settle(() => reject(new ClientGone()));
    const job: Waiting = {
      ...owner,
      start: () => settle(resolve),
      refuse: (reason) => settle(() => reject(reason)),
    };
    signal?.addEventListener('abort', hangUp);
    line.add(job);
  });
