import { ServiceUnavailable } from '../../kernel/errors.js';

const RETRY_AFTER_SECONDS = 5;

interface WorkQueueOptions {
  /** How many jobs run at once. */
  readonly concurrency: number;
  /** How many more may wait; the next one is refused. */
  readonly limit: number;
}

/**
 * A bounded waiting line for work that costs processor time, first come first served. Without it a burst of
 * log-ins would fill libuv's thread pool, where file access and name look-ups queue too, and every log-in
 * would time out instead of some being told to come back.
 */
export const createWorkQueue = ({ concurrency, limit }: WorkQueueOptions) => {
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = async (): Promise<void> => {
    if (running < concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= limit) {
      throw new ServiceUnavailable(
        'password_queue_full',
        'Too many passwords are being checked. Try again soon.',
        {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        },
      );
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };

  /** Hands the place to the next in line; counting down and up again would let a newcomer slip in between. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };

  return {
    /**
     * Runs the job when its turn comes.
     * @throws ServiceUnavailable `password_queue_full` when the line is full; whatever the job throws
     */
    run: async <Result>(job: () => Promise<Result>): Promise<Result> => {
      await enter();
      try {
        return await job();
      } finally {
        leave();
      }
    },
  };
};

export type WorkQueue = ReturnType<typeof createWorkQueue>;
