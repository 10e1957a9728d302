import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.js';
import type { Requester, WorkQueue } from './queue.js';
import { createTypicalDurations, type TypicalDurations } from './typical-durations.js';

/**
 * A refusal takes this times the duration of a new hash, so that it also covers an old hash seen for the first time.
 */
const HEADROOM = 1.5;
/** Stays above the slowest algorithm seen, so that its natural variation does not show. */
const MARGIN = 1.1;
/** One very slow imported hash must not slow down every refusal this much. */
const LONGEST_STRETCH_MS = 1000;

/** One stored hash to compare a password with. */
export interface Comparison {
  readonly algorithm: string;
  readonly run: () => Promise<boolean>;
}

interface EqualizerDependencies {
  readonly clock: Clock;
  readonly queue: WorkQueue;
  /** The algorithm for new hashes and one run of it: the minimum cost of a refusal. */
  readonly preferred: Comparison;
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** Told how many seconds each hash took. */
  readonly onHashed?: (seconds: number) => void;
}

/**
 * Makes all refusals take the same time. An unknown user costs one new hash, an imported PBKDF2 hash half of that, and
 * an MD5 hash nothing: without this, the time reveals which users exist and whose hash is old. Django runs the missing
 * iterations, which only works within one algorithm.
 *
 * Two things are equalized. The *slot in the queue* is held for as long as a new hash takes; otherwise two concurrent
 * log-ins would measure each other's work. The *answer* comes after 1.5 times that, or after 1.1 times the slowest
 * algorithm seen so far if that is longer, but at most a second; this part holds no slot and no processor. Durations
 * are running averages of this process, so they follow the machine and its load.
 *
 * A name may match several accounts, and then costs that many hashes. From the first such request on, every refusal
 * takes the time of the largest number of accounts seen so far.
 *
 * Remaining differences: a hash that takes more than a second can be recognized, and one that takes longer than a new
 * hash holds its slot longer. At 12 rounds, none of Django's defaults is of the first kind; PBKDF2 with more than a
 * million iterations is of the second.
 */
export const createEqualizer = ({
  clock,
  queue,
  preferred,
  sleep = setTimeout,
  onHashed,
}: EqualizerDependencies) => {
  const typical = createTypicalDurations(clock, onHashed);
  let mostAtOnce = 1;

  const waitFor = async (startedAt: number, totalMs: number): Promise<void> => {
    const remaining = Math.min(startedAt + totalMs - clock.now(), totalMs);
    if (remaining > 0) await sleep(remaining);
  };

  /** @returns whether it matched; if not, only after the time of a new hash */
  const compare = async ({ algorithm, run }: Comparison): Promise<boolean> => {
    const startedAt = clock.now();
    if (await typical.measure(algorithm, run)) return true;
    if (!typical.isKnown(preferred.algorithm)) await typical.measure(preferred.algorithm, preferred.run);
    await waitFor(startedAt, typical.of(preferred.algorithm));
    return false;
  };

  return {
    /** Runs work that cannot be refused in the queue, and measures how long it takes. */
    run: <Result>(requester: Requester, algorithm: string, work: () => Promise<Result>): Promise<Result> =>
      queue.run(requester, () => typical.measure(algorithm, work)),

    /**
     * Compares one after another until one matches. All of them take one slot in the queue: a request that has it is
     * not refused half-way.
     *
     * @returns the index of the first match, as soon as it is known; or undefined, after the time of every refusal
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

/** The total time of a refusal: the last hash with its headroom, plus the time of each one before. */
const refusalMs = (typical: TypicalDurations, preferred: string, hashes: number): number => {
  const preferredMs = typical.of(preferred);
  const slowest = typical.slowest();
  const last = Math.max(HEADROOM * preferredMs, Math.min(MARGIN * slowest, LONGEST_STRETCH_MS));
  const before = Math.max(preferredMs, Math.min(slowest, LONGEST_STRETCH_MS));
  return last + (hashes - 1) * before;
};
