/**
 * Runs the same work once for all requests that need it at the same time. Only a result is shared. If the work gave
 * none, those that waited do their own; if it failed, the next one takes its place.
 *
 * @returns a function that does the work of a name, unless it is already running, and returns its result
 */
export function createSharedWork<Result>() {
  /** Running work, by name. */
  const pending = new Map<string, Promise<Result | undefined>>();

  const lead = async (name: string, work: () => Promise<Result | undefined>): Promise<Result | undefined> => {
    const own = work();
    pending.set(name, own);
    try {
      return await own;
    } finally {
      if (pending.get(name) === own) pending.delete(name);
    }
  };

  return async (name: string, work: () => Promise<Result | undefined>): Promise<Result | undefined> => {
    for (let other = pending.get(name); other !== undefined; other = pending.get(name)) {
      const outcome = await other.then(
        (match) => ({ match }),
        () => undefined,
      );
      if (outcome?.match !== undefined) return outcome.match;
      if (outcome !== undefined) break;
    }
    return lead(name, work);
  };
}
