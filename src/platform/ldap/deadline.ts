import type { Clock } from '../../kernel/clock.js';

/** A moment until which a piece of work, with all its steps, has to be done. */
export interface Deadline {
  /** @returns milliseconds, 0 when the time is up */
  readonly remaining: () => number;
  /** @returns an earlier deadline, for one of several attempts; never a later one */
  readonly part: (milliseconds: number) => Deadline;
}

export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

export function createDeadline(clock: Clock, milliseconds: number): Deadline {
  const end = clock.now() + milliseconds;
  const remaining = (): number => Math.max(0, end - clock.now());
  return { remaining, part: (share) => createDeadline(clock, Math.min(share, remaining())) };
}

/**
 * Waits for work, but not for longer.
 *
 * @param giveUp ends the work: nobody waits for it any more
 * @throws DeadlinePassed, or whatever the work throws
 */
export async function within<T>(deadline: Deadline, work: Promise<T>, giveUp: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      giveUp();
      reject(new DeadlinePassed('The time is up.'));
    }, deadline.remaining());
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
