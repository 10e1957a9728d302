import type { Clock } from '../../kernel/clock.js';

/** The time by which a task must be done, including all its steps. */
export interface Deadline {
  /** @returns milliseconds; 0 once the time is up */
  readonly remaining: () => number;
  /** @returns an earlier deadline, for one of several attempts; never a later one */
  readonly part: (milliseconds: number) => Deadline;
}

export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

export function createDeadline(clock: Clock, milliseconds: number): Deadline {
  const end = clock.now() + milliseconds;
  // Setting the clock back must not prolong it.
  const remaining = (): number => Math.min(Math.max(0, end - clock.now()), milliseconds);
  return { remaining, part: (share) => createDeadline(clock, Math.min(share, remaining())) };
}

/**
 * Waits for work, but not beyond the deadline.
 *
 * @param giveUp ends the work: its result is no longer needed
 * @throws DeadlinePassed, or the errors of the work
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
