import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.js';
import type { Requester, WorkQueue } from './queue.js';
import { createTypicalDurations, type TypicalDurations } from './typical-durations.js';

/** A refusal takes this times a new hash, so that an old one met for the first time is covered too. */
const HEADROOM = 1.5;
/** Above the slowest algorithm seen, so that its natural spread does not show. */
const MARGIN = 1.1;
/** One very slow imported hash must not make every refusal as slow. */
const LONGEST_STRETCH_MS = 1000;

/** One stored hash to compare a password with. */
export interface Comparison {
  readonly algorithm: string;
  readonly run: () => Promise<boolean>;
}

interface EqualizerDependencies {
  readonly clock: Clock;
  readonly queue: WorkQueue;
  /** The algorithm of new hashes and one run of it: what a refusal must cost at least. */
  readonly preferred: Comparison;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/**
 * Makes refusals take the same time, whatever was compared. An unknown user costs one new hash, an imported
 * PBKDF2 hash half of it, an MD5 nothing: without this the time tells who exists and whose hash is old.
 * Django runs the missing iterations, which only works within one algorithm.
 *
 * Two things are equalized. The *place in the queue* is kept for as long as a new hash takes, else two
 * log-ins at once would measure each other's work. The *answer* comes after 1.5 times that, or 1.1 times the
 * slowest algorithm met so far if that is longer, within a second; this part keeps no place and no processor.
 * Durations are running averages of this process, so they follow the machine and its load.
 *
 * A name may mean several accounts, and then costs as many hashes. From the first such request on, every refusal
 * takes the time of the largest number of accounts met so far.
 *
 * Left over: a hash that takes more than a second can be told apart, and one that takes longer than a new
 * hash keeps its place longer. At 12 rounds no default of Django's is of the first kind; PBKDF2 with more than
 * a million iterations is of the second.
 */
export const createEqualizer = ({ clock, queue, preferred, sleep = setTimeout }: EqualizerDependencies) => {
  const typical = createTypicalDurations(clock);
  let mostAtOnce = 1;

  const waitFor = async (startedAt: number, totalMs: number): Promise<void> => {
    const remaining = Math.min(startedAt + totalMs - clock.now(), totalMs);
    if (remaining > 0) await sleep(remaining);
  };

  /** @returns whether it matched; if not, after the time of a new hash */
  const compare = async ({ algorithm, run }: Comparison): Promise<boolean> => {
    const startedAt = clock.now();
    if (await typical.measure(algorithm, run)) return true;
    if (!typical.isKnown(preferred.algorithm)) await typical.measure(preferred.algorithm, preferred.run);
    await waitFor(startedAt, typical.of(preferred.algorithm));
    return false;
  };

  return {
    /** Runs work that has no refusal, in the queue, and learns how long it takes. */
    run: <Result>(requester: Requester, algorithm: string, work: () => Promise<Result>): Promise<Result> =>
      queue.run(requester, () => typical.measure(algorithm, work)),

    /**
     * Compares one after another until one matches. All of them take one place in the queue: whoever has it is not
     * refused half-way.
     *
     * @returns the index of the first that matched, as soon as it is known; or undefined, after the time of every
     *   refusal
     */
    first: async (requester: Requester, comparisons: readonly Comparison[]): Promise<number | undefined> => {
      mostAtOnce = Math.max(mostAtOnce, comparisons.length);
      let startedAt = 0;
      const match = await queue.run(requester, async () => {
        startedAt = clock.now();
        for (const [index, comparison] of comparisons.entries()) if (await compare(comparison)) return index;
        return undefined;
      });
      if (match === undefined) await waitFor(startedAt, refusalMs(typical, preferred.algorithm, mostAtOnce));
      return match;
    },
  };
};

/** How long a refusal takes in all: the last hash with its headroom, and the time of each one before. */
const refusalMs = (typical: TypicalDurations, preferred: string, hashes: number): number => {
  const preferredMs = typical.of(preferred);
  const slowest = typical.slowest();
  const last = Math.max(HEADROOM * preferredMs, Math.min(MARGIN * slowest, LONGEST_STRETCH_MS));
  const before = Math.max(preferredMs, Math.min(slowest, LONGEST_STRETCH_MS));
  return last + (hashes - 1) * before;
};
