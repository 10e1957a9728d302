/** Whose a waiting job is; null for what belongs to no account, or comes from no client. */
export interface Owner {
  readonly account: string | null;
  readonly address: string | null;
}

/**
 * A waiting line in which client addresses take turns, each with its own jobs in their order: however many one
 * address has, the first job of another is the next but one. All but `longest` takes the same time at any length.
 */
export const createFairLine = <Job extends Owner>() => {
  /** The address that is served next stands first. */
  const byAddress = new Map<string | null, Set<Job>>();
  const byAccount = new Map<string | null, number>();
  let size = 0;

  const count = ({ account }: Job, change: 1 | -1): void => {
    size += change;
    const left = (byAccount.get(account) ?? 0) + change;
    if (left > 0) byAccount.set(account, left);
    else byAccount.delete(account);
  };

  const remove = (job: Job): void => {
    const jobs = byAddress.get(job.address);
    if (jobs?.delete(job) !== true) return;
    if (jobs.size === 0) byAddress.delete(job.address);
    count(job, -1);
  };

  return {
    size: (): number => size,
    ofAccount: (account: string | null): number => byAccount.get(account) ?? 0,
    ofAddress: (address: string | null): number => byAddress.get(address)?.size ?? 0,

    add: (job: Job): void => {
      const jobs = byAddress.get(job.address) ?? new Set();
      byAddress.set(job.address, jobs.add(job));
      count(job, 1);
    },

    /** Does nothing when the job is not waiting any more. */
    remove,

    /** @returns the next job, taken out of the line; its address goes to the end */
    take: (): Job | undefined => {
      for (const [address, jobs] of byAddress) {
        for (const job of jobs) {
          remove(job);
          if (jobs.size > 0) {
            byAddress.delete(address);
            byAddress.set(address, jobs);
          }
          return job;
        }
      }
      return undefined;
    },

    /** @returns the jobs of the address that has most of them, the oldest first; empty when nobody waits */
    longest: (): readonly Job[] => {
      let most: ReadonlySet<Job> = new Set();
      for (const jobs of byAddress.values()) if (jobs.size > most.size) most = jobs;
      return [...most];
    },
  };
};

export type FairLine<Job extends Owner> = ReturnType<typeof createFairLine<Job>>;
