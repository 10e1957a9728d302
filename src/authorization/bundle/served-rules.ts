import { type Clock, SECOND } from '../../kernel/clock.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import type { OpaRules } from '../engines/opa-rules.js';
import type { Bundle } from './bundle.js';

/**
 * Milliseconds after which rules count as broken if OPA does not load them: longer than OPA's interval between two
 * pulls.
 */
export const PATIENCE = 180 * SECOND;

export interface ServedRulesDeps {
  readonly first: Bundle;
  readonly opa: Pick<OpaRules, 'loadedRevision'>;
  readonly clock: Clock;
  readonly onPublished: (bundle: Bundle) => void;
}

/** The bundle that OPA gets, plus the previous one until OPA has proven that it can load the new one. */
export function createServedRules({ first, opa, clock, onPublished }: ServedRulesDeps) {
  let served = first;
  /** Whether OPA has loaded `served`. */
  let isProven = false;
  /** The bundle that OPA had loaded before `served`. */
  let fallback: Bundle | undefined;
  /** Since when OPA has been answering without having loaded `served`. */
  let behindSince: number | undefined;

  const serve = (bundle: Bundle): void => {
    served = bundle;
    behindSince = undefined;
    onPublished(bundle);
  };

  const patienceIsOver = (): boolean => behindSince !== undefined && clock.now() - behindSince >= PATIENCE;

  return {
    bundle: (): Bundle => served,
    isProven: (): boolean => isProven,

    /** @returns whether OPA may decide by this revision: the bundle's, or for a while the previous one's */
    isOurs: (revision: unknown): boolean =>
      revision === served.revision || (revision === fallback?.revision && !patienceIsOver()),

    publish: (bundle: Bundle): void => {
      if (isProven) fallback = served;
      isProven = false;
      serve(bundle);
    },

    /** @returns the bundle that OPA did not load in time, if the previous one has just replaced it */
    compareWithOpa: async (): Promise<Bundle | undefined> => {
      const loaded = await opa.loadedRevision().catch(ignoreUnavailable);
      if (loaded === undefined) behindSince = undefined;
      // Setting the clock back must not prolong the patience.
      else if (loaded !== served.revision)
        behindSince = Math.min(behindSince ?? Number.POSITIVE_INFINITY, clock.now());
      else [isProven, behindSince] = [true, undefined];
      if (isProven || fallback === undefined || !patienceIsOver()) return undefined;
      const unloaded = served;
      isProven = true;
      serve(fallback);
      fallback = undefined;
      return unloaded;
    },
  };
}

/** Ignores that OPA is unavailable. @throws all other errors */
export function ignoreUnavailable(error: unknown): undefined {
  if (!(error instanceof ServiceUnavailable)) throw error;
}
