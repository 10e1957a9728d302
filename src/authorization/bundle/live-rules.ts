import { SECOND } from '../../kernel/clock.js';
import { StartError } from '../../kernel/start-error.js';
import type { OpaRules } from '../engines/opa-rules.js';
import type { Bundle } from './bundle.js';
import { createServedRules, ignoreUnavailable, PATIENCE, type ServedRulesDeps } from './served-rules.js';

const KEPT = 'The last good rules stay in use.';
const NOT_LOADED = `OPA did not load the newest rules within ${PATIENCE / SECOND} s; its log says why. ${KEPT}`;

export interface LiveRulesDeps extends ServedRulesDeps {
  /** Packs the current content of the directories. @throws StartError */
  readonly read: () => Promise<Bundle>;
  readonly opa: Pick<OpaRules, 'loadedRevision' | 'problemOf'>;
  /** Called once for each problem, and with null when it is over. */
  readonly onProblem: (problem: string | null) => void;
}

export interface LiveRules {
  /** The bundle for OPA. */
  readonly bundle: () => Bundle;
  /** Whether OPA may decide by this revision: the bundle's, or for a while the previous one's. */
  readonly isOurs: (revision: unknown) => boolean;
  /** `ok`, or why OPA does not decide by the rules in the directories. */
  readonly state: () => string;
  /** Checks the directories and OPA. Call it every few seconds. */
  readonly refresh: () => Promise<void>;
}

/**
 * Follows directories of rules while the server runs. Changed rules are served once two checks in a row have found the
 * same content, so that a half-written file is never served, and once OPA could parse them. OPA compiles the bundle it
 * pulls and keeps its old one if that fails; the old one is then served again, because a restarted OPA would otherwise
 * have no bundle.
 */
export function createLiveRules(deps: LiveRulesDeps): LiveRules {
  const rules = createServedRules(deps);
  const problem = createProblem(deps.onProblem);
  const look = createLook(deps, rules, problem.report);
  let running: Promise<void> | undefined;

  return {
    bundle: rules.bundle,
    isOurs: rules.isOurs,
    state: () => problem.current() ?? (rules.isProven() ? 'ok' : 'OPA has not loaded the newest rules yet.'),
    refresh: () => {
      running ??= look().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

function createProblem(onProblem: LiveRulesDeps['onProblem']) {
  let problem: string | null = null;
  return {
    current: (): string | null => problem,
    report: (now: string | null): void => {
      if (now !== problem) onProblem(now);
      problem = now;
    },
  };
}

/** @returns a function that checks the directories and OPA once, and remembers the result for the next call */
function createLook(
  { first, read, opa }: LiveRulesDeps,
  rules: ReturnType<typeof createServedRules>,
  report: (problem: string | null) => void,
): () => Promise<void> {
  /** Revision that the last check found in the directories. */
  let seen = first.revision;
  let refused: { readonly revision: string; readonly problem: string } | undefined;

  return async () => {
    const unloaded = await rules.compareWithOpa();
    if (unloaded !== undefined) refused = { revision: unloaded.revision, problem: NOT_LOADED };
    const found = await read().catch(asProblem);
    if (typeof found === 'string') return report(`${found} ${KEPT}`);
    const isAtRest = found.revision === seen;
    seen = found.revision;
    if (found.revision === rules.bundle().revision) return report(null);
    if (found.revision === refused?.revision) return report(refused.problem);
    if (!isAtRest) return;
    const reason = await problemOf(found, opa);
    if (reason === undefined) return report(`OPA cannot check the changed rules now. ${KEPT}`);
    if (reason === null) {
      rules.publish(found);
      return report(null);
    }
    refused = { revision: found.revision, problem: `${reason}. ${KEPT}` };
    report(refused.problem);
  };
}

/** @returns why a bundle must not be served; undefined if OPA cannot tell now */
async function problemOf({ custom }: Bundle, opa: LiveRulesDeps['opa']): Promise<string | null | undefined> {
  const problems = await Promise.all(custom.map(opa.problemOf)).catch(ignoreUnavailable);
  return problems && (problems.find((found) => found !== null) ?? null);
}

function asProblem(error: unknown): string {
  if (!(error instanceof StartError)) throw error;
  return error.message;
}
