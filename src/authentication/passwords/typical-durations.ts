import { type Clock, SECOND } from '../../kernel/clock.js';

/** Weight of the newest duration in the running average. */
const SMOOTHING = 1 / 8;
/** No hash below the ceilings takes longer than this: the clock must have been set. */
const PLAUSIBLE_MS = 3000;

/**
 * How long each algorithm takes on this machine: running averages of this process.
 *
 * @param onMeasured told how many seconds each hash took
 */
export const createTypicalDurations = (
  clock: Clock,
  onMeasured: (seconds: number) => void = () => undefined,
) => {
  const typicalMs = new Map<string, number>();

  return {
    /** Runs the work and records how long the algorithm takes. Failed work is not recorded. */
    measure: async <Result>(algorithm: string, work: () => Promise<Result>): Promise<Result> => {
      const startedAt = clock.now();
      const result = await work();
      const took = Math.min(Math.max(clock.now() - startedAt, 0), PLAUSIBLE_MS);
      onMeasured(took / SECOND);
      const before = typicalMs.get(algorithm) ?? took;
      typicalMs.set(algorithm, before + (took - before) * SMOOTHING);
      return result;
    },

    isKnown: (algorithm: string): boolean => typicalMs.has(algorithm),

    /** @returns milliseconds; 0 for an algorithm not seen yet */
    of: (algorithm: string): number => typicalMs.get(algorithm) ?? 0,

    /** @returns milliseconds of the slowest algorithm seen so far */
    slowest: (): number => Math.max(...typicalMs.values()),
  };
};

export type TypicalDurations = ReturnType<typeof createTypicalDurations>;
