import { ServiceUnavailable } from '../../kernel/errors.js';
import { type Deadline, within } from './deadline.js';

const MAXIMUM_WAITING = 500;

/** Admits `size` callers at once; the others wait in line until their time is up. */
export function createTurns(size: number) {
  const waiting: (() => void)[] = [];
  let free = size;

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return {
    /**
     * @returns the function to call when the turn is over. @throws ServiceUnavailable if too many are waiting, or
     *   after waiting too long
     */
    enter: async (deadline: Deadline): Promise<() => void> => {
      if (free > 0) {
        free -= 1;
        return leave;
      }
      if (waiting.length >= MAXIMUM_WAITING) throw busy();
      let start: () => void = leave;
      const turn = new Promise<void>((resolve) => {
        start = resolve;
        waiting.push(start);
      });
      const stepOut = (): void => void waiting.splice(waiting.indexOf(start), 1);
      await within(deadline, turn, stepOut).catch((cause: unknown) => {
        throw busy(cause);
      });
      return leave;
    },
  };
}

const busy = (cause?: unknown): ServiceUnavailable =>
  new ServiceUnavailable(
    'directory_busy',
    'Too many people are signing in at the moment. Try again in a few seconds.',
    {
      cause,
    },
  );
