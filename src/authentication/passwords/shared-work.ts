/**
 * Lets those who need the same work at the same time do it once. Only a result is shared. Who waited for work that gave
 * none does their own, and when it failed, the next takes its place.
 *
 * @returns a function that does the work of a name, unless somebody does so already, and gives what came of it
 */
export function createSharedWork<Result>() {
  /** What is under way. */
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
