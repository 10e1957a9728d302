import { ServiceUnavailable } from '../../kernel/errors.js';
import type { PolicyProblem } from './engine.js';

/** The sentences that clients see. They name the missing part, but no address. */
export const SENTENCES: Readonly<Record<PolicyProblem, string>> = {
  opa_unreachable: 'Open Policy Agent (OPA) does not answer, so nothing can be permitted now.',
  opa_no_bundle: 'Open Policy Agent (OPA) has not loaded its rules yet, so nothing can be permitted now.',
  opa_undefined: 'Open Policy Agent (OPA) has no rule for this question, so it cannot be permitted.',
  opa_bad_answer: 'Open Policy Agent (OPA) gave an invalid answer, so nothing can be permitted.',
  opa_other_bundle: 'Open Policy Agent (OPA) decides by other rules than those of this server.',
};

const PROBLEMS: readonly PolicyProblem[] = [
  'opa_unreachable',
  'opa_no_bundle',
  'opa_undefined',
  'opa_bad_answer',
];

/** @returns the 503 for a missing decision; `cause` only goes to the log */
export const noDecision = (problem: PolicyProblem, cause?: unknown): ServiceUnavailable =>
  new ServiceUnavailable(problem, SENTENCES[problem], { cause });

/** @returns the problem in an error of `noDecision`; undefined for any other error */
export const problemIn = (error: unknown): PolicyProblem | undefined =>
  error instanceof ServiceUnavailable ? PROBLEMS.find((problem) => problem === error.code) : undefined;
