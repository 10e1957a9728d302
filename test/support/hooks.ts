import { afterAll, beforeAll } from 'vitest';

/**
 * Makes something before the tests of a file or suite, and ends it after them, what was made last first.
 *
 * @returns a function that gives it to tests and to later hooks. @throws Error when it is called before they run
 */
export function useSetUp<T>(make: () => Promise<T>, end: (made: T) => unknown = () => undefined): () => T {
  let made: { readonly value: T } | undefined;
  beforeAll(async () => {
    made = { value: await make() };
  });
  afterAll(async () => {
    // What did not come to be, because a hook failed, needs no end.
    if (made !== undefined) await end(made.value);
  });
  return () => {
    if (made === undefined) throw new Error('It is made before the tests run: use it in a test or a hook.');
    return made.value;
  };
}
