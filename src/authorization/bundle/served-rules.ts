import { type Clock, SECOND } from '../../kernel/clock.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import type { OpaRules } from '../engines/opa-rules.js';
import type { Bundle } from './bundle.js';

/** Milliseconds after which rules that OPA does not load count as broken: more than OPA waits between two pulls. */
export const PATIENCE = 180 * SECOND;

export interface ServedRulesDeps {
  readonly first: Bundle;
  readonly opa: Pick<OpaRules, 'loadedRevision'>;
  readonly clock: Clock;
  readonly onPublished: (bundle: Bundle) => void;
}

/** The bundle that OPA gets, and the one before it until OPA has proven that it can load the new one. */
export function createServedRules({ first, opa, clock, onPublished }: ServedRulesDeps) {
  let served = first;
  /** Whether OPA has loaded `served`. */
  let isProven = false;
  /** What OPA had loaded before `served`. */
  let fallback: Bundle | undefined;
  /** Since when OPA, which answers, has not had `served`. */
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

    /** @returns whether OPA may decide by this revision: the bundle's, or for a while the one before */
    isOurs: (revision: unknown): boolean =>
      revision === served.revision || (revision === fallback?.revision && !patienceIsOver()),

    publish: (bundle: Bundle): void => {
      if (isProven) fallback = served;
      isProven = false;
      serve(bundle);
    },

    /** @returns the bundle that OPA did not load in time, when the one before has just taken its place again */
    compareWithOpa: async (): Promise<Bundle | undefined> => {
      const loaded = await opa.loadedRevision().catch(ignoreUnavailable);
      if (loaded === undefined) behindSince = undefined;
      else if (loaded !== served.revision) behindSince ??= clock.now();
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

/** For what OPA cannot say now. @throws whatever else it is */
export function ignoreUnavailable(error: unknown): undefined {
  if (!(error instanceof ServiceUnavailable)) throw error;
}
