/** The source of the time. Everything that depends on time takes a `Clock`, so that tests can move it by hand. */
export interface Clock {
  /** @returns milliseconds since the Unix epoch */
  readonly now: () => number;
}

/** The system clock: the only place that reads it. */
export const systemClock: Clock = { now: () => Date.now() };

/** @returns the clock's time as a `Date` */
export const dateOf = (clock: Clock): Date => new Date(clock.now());

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
