import type { Clock } from '../../src/kernel/clock.js';

/** The machine's time, moved by hand: `advance` adds milliseconds to all later readings. */
export function createTestClock(): Clock & { readonly advance: (milliseconds: number) => void } {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
}
