import { type Clock, SECOND } from '../kernel/clock.js';
import { PermissionDenied, ServiceUnavailable } from '../kernel/errors.js';

/** `error`: the engine gave no decision, so the request was refused. */
export const DECISION_OUTCOMES = ['allow', 'deny', 'error'] as const;
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number];

/** Told of every decision about a request, and how many seconds it took. Must not throw. */
export type ObserveDecision = (outcome: DecisionOutcome, seconds: number) => void;

/**
 * @param decide `createAuthorizer` or `createVisibility`
 * @returns the same function, which tells the observer how each decision ended. Requests that name a wrong organization
 *   are no decision
 */
export const observeDecisions =
  <Args extends readonly unknown[], Answer>(
    decide: (...args: Args) => Promise<Answer>,
    clock: Clock,
    observe: ObserveDecision,
  ) =>
  async (...args: Args): Promise<Answer> => {
    const started = clock.now();
    let outcome: DecisionOutcome | undefined = 'allow';
    try {
      return await decide(...args);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      if (outcome !== undefined) observe(outcome, (clock.now() - started) / SECOND);
    }
  };

function outcomeOf(error: unknown): DecisionOutcome | undefined {
  if (error instanceof PermissionDenied) return 'deny';
  return error instanceof ServiceUnavailable ? 'error' : undefined;
}
