import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds that a part gets to answer: load balancers and orchestrators wait for one to three seconds. */
const DEADLINE = 1000;

/**
 * Waits a second at most. Work that is late goes on, and its result is dropped.
 *
 * @param otherwise the result in place of one that is late, or an error to throw
 * @returns the result of the work. @throws the errors of the work, and of `otherwise`
 */
export async function withinDeadline<T>(work: Promise<T>, otherwise: () => T): Promise<T> {
  const cancel = new AbortController();
  const late = delay(DEADLINE, undefined, { signal: cancel.signal }).then(otherwise);
  // It is only waited for until the work has ended.
  late.catch(() => undefined);
  return Promise.race([work, late]).finally(() => cancel.abort());
}
