import type { Clock } from '../../src/kernel/clock.js';

export interface TestClock extends Clock {
  /** Adds milliseconds to all later readings. */
  readonly advance: (milliseconds: number) => void;
  /** Stands still from now on, until `go`: only `advance` moves it. */
  readonly stop: () => void;
  readonly go: () => void;
}

/** The machine's time, moved by hand. */
export function createTestClock(): TestClock {
  let offset = 0;
  let stoppedAt: number | undefined;
  return {
    now: () => (stoppedAt ?? Date.now()) + offset,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    stop: () => {
      stoppedAt ??= Date.now();
    },
    go: () => {
      stoppedAt = undefined;
    },
  };
}
