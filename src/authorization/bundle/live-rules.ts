import { type Clock, SECOND } from '../../kernel/clock.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import { StartError } from '../../kernel/start-error.js';
import type { OpaRules } from '../engines/opa-rules.js';
import type { Bundle } from './bundle.js';

/** Milliseconds after which rules that OPA does not load count as broken: more than OPA waits between two pulls. */
const PATIENCE = 180 * SECOND;
const KEPT = 'The last good rules stay in use.';

export interface LiveRulesDeps {
  readonly first: Bundle;
  /** Packs what is in the directories now. @throws StartError */
  readonly read: () => Promise<Bundle>;
  readonly opa: Pick<OpaRules, 'loadedRevision' | 'problemOf'>;
  readonly clock: Clock;
  readonly onPublished: (bundle: Bundle) => void;
  /** Told once of each problem, and with null when it is over. */
  readonly onProblem: (problem: string | null) => void;
}

export interface LiveRules {
  /** What OPA gets. */
  readonly bundle: () => Bundle;
  /** Whether OPA may decide by this revision: the bundle's, or for a while the one before. */
  readonly isOurs: (revision: unknown) => boolean;
  /** `ok`, or why OPA does not decide by what is in the directories. */
  readonly state: () => string;
  /** Looks at the directories and at OPA. Call it every few seconds. */
  readonly refresh: () => Promise<void>;
}

/**
 * Follows directories of rules while the server runs. What they hold is served when two looks in a row have found the
 * same, so that no half-written file is, and when OPA could parse it. OPA compiles what it pulls and keeps the bundle
 * it has if it cannot; then that one is served again, for an OPA that starts anew would have none.
 */
export function createLiveRules(deps: LiveRulesDeps): LiveRules {
  let served = deps.first;
  /** Whether OPA has loaded `served`. */
  let isProven = false;
  /** What OPA had loaded before `served`. */
  let fallback: Bundle | undefined;
  /** Since when OPA, which answers, has not had `served`. */
  let behindSince: number | undefined;
  /** Revision that the last look found in the directories. */
  let seen = served.revision;
  let refused: { readonly revision: string; readonly problem: string } | undefined;
  let problem: string | null = null;

  const report = (now: string | null): void => {
    if (now !== problem) deps.onProblem(now);
    problem = now;
  };

  const serve = (bundle: Bundle): void => {
    served = bundle;
    behindSince = undefined;
    deps.onPublished(bundle);
  };

  const patienceIsOver = (): boolean =>
    behindSince !== undefined && deps.clock.now() - behindSince >= PATIENCE;

  const compareWithOpa = async (): Promise<void> => {
    const loaded = await deps.opa.loadedRevision().catch(ignoreUnavailable);
    if (loaded === undefined) behindSince = undefined;
    else if (loaded !== served.revision) behindSince ??= deps.clock.now();
    else [isProven, behindSince] = [true, undefined];
    if (isProven || fallback === undefined || !patienceIsOver()) return;
    const seconds = PATIENCE / SECOND;
    refused = {
      revision: served.revision,
      problem: `OPA did not load the newest rules within ${seconds} s; its log says why. ${KEPT}`,
    };
    isProven = true;
    serve(fallback);
    fallback = undefined;
  };

  const publish = (bundle: Bundle): void => {
    if (isProven) fallback = served;
    isProven = false;
    serve(bundle);
    report(null);
  };

  /** @returns why a bundle may not be served; undefined when OPA cannot say now */
  const problemOf = async ({ custom }: Bundle): Promise<string | null | undefined> => {
    const problems = await Promise.all(custom.map(deps.opa.problemOf)).catch(ignoreUnavailable);
    return problems && (problems.find((found) => found !== null) ?? null);
  };

  const look = async (): Promise<void> => {
    await compareWithOpa();
    const found = await deps.read().catch(asProblem);
    if (typeof found === 'string') return report(`${found} ${KEPT}`);
    const isAtRest = found.revision === seen;
    seen = found.revision;
    if (found.revision === served.revision) return report(null);
    if (found.revision === refused?.revision) return report(refused.problem);
    if (!isAtRest) return;
    const reason = await problemOf(found);
    if (reason === undefined)
      return report(`Changed rules wait for OPA, which cannot check them now. ${KEPT}`);
    if (reason === null) return publish(found);
    refused = { revision: found.revision, problem: `${reason}. ${KEPT}` };
    report(refused.problem);
  };

  let running: Promise<void> | undefined;
  return {
    bundle: () => served,
    isOurs: (revision) =>
      revision === served.revision || (revision === fallback?.revision && !patienceIsOver()),
    state: () => problem ?? (isProven ? 'ok' : 'OPA has not loaded the newest rules yet.'),
    refresh: () => {
      running ??= look().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

function ignoreUnavailable(error: unknown): undefined {
  if (!(error instanceof ServiceUnavailable)) throw error;
}

function asProblem(error: unknown): string {
  if (!(error instanceof StartError)) throw error;
  return error.message;
}
