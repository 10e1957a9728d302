/** The owner of a waiting job; null if it belongs to no account, or comes from no client. */
export interface Owner {
  readonly account: string | null;
  readonly address: string | null;
}

/**
 * A queue in which client addresses take turns; the jobs of each address keep their order. However many jobs one
 * address has, the first job of another runs next or next but one. All operations except `longest` take constant time.
 */
export const createFairLine = <Job extends Owner>() => {
  /** The address that is served next comes first. */
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

    /** Does nothing if the job is no longer waiting. */
    remove,

    /** @returns the next job, removed from the queue; its address moves to the end */
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

    /** @returns the jobs of the address with the most jobs, oldest first; empty if no job waits */
    longest: (): readonly Job[] => {
      let most: ReadonlySet<Job> = new Set();
      for (const jobs of byAddress.values()) if (jobs.size > most.size) most = jobs;
      return [...most];
    },
  };
};

export type FairLine<Job extends Owner> = ReturnType<typeof createFairLine<Job>>;
