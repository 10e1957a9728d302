import type { Client } from '../../kernel/client.js';
import { ClientGone, ServiceUnavailable, Throttled } from '../../kernel/errors.js';
import { clientKey } from '../../platform/http/client-address.js';
import { createFairLine, type FairLine, type Owner } from './fair-line.js';

const RETRY_AFTER_SECONDS = 5;

/** An office behind one address, or a script with many connections, has room; the rest of the line is for others. */
const LARGEST_SHARE = 1 / 2;

interface WorkQueueOptions {
  /** How many jobs run at once. */
  readonly concurrency: number;
  /** How many more may wait; the next one is refused. */
  readonly limit: number;
}

/** For whom a job is done. */
export interface Requester {
  /** The account whose password it is, or the name that was asked for; null where there is none yet. */
  readonly account: string | null;
  /** Null for what the server does by itself. */
  readonly client: Client | null;
}

/** The command line, and the start: nobody whom it could keep waiting is there. */
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
 * A bounded waiting line for work that costs processor time. Without it a burst of log-ins would fill libuv's thread
 * pool, where file access and name look-ups queue too, and every log-in would time out instead of some being told to
 * come back.
 *
 * Nobody keeps others out. Client addresses take turns. One address, and one account, may have half of the line: who
 * asks for more is told so (429), because it is their own doing, while 503 says that the server has too much to do.
 * When several together fill the line, a newcomer takes the place of the youngest job of the address that has most.
 * A job whose client hangs up leaves the line.
 */
export const createWorkQueue = ({ concurrency, limit }: WorkQueueOptions) => {
  const line = createFairLine<Waiting>();
  /** Without a line it is the line that has no place, not the requester who has too many. */
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

  /** Hands the place to the next in line; counting down and up again would let a newcomer slip in between. */
  const leave = (): void => {
    const next = line.take();
    if (next) next.start();
    else running -= 1;
  };

  return {
    /**
     * Runs the job when its turn comes.
     * @throws Throttled when the requester has half of the line already; ServiceUnavailable
     *   `password_queue_full` when the line is full; ClientGone when nobody waits for the answer any more; whatever
     *   the job throws
     */
    run: async <Result>(requester: Requester, job: () => Promise<Result>): Promise<Result> => {
      await enter(requester);
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
  if (isGreedy) throw new Throttled(RETRY_AFTER_SECONDS);
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
