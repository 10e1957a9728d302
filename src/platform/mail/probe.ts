import { MailFailure, type MailStep } from './failure.js';

/** The result of a trial run of a transport. */
export interface MailProbe {
  readonly ok: boolean;
  /** In order. A step is skipped if the settings do not require it, or if an earlier one failed. */
  readonly steps: readonly { readonly step: MailStep; readonly result: 'passed' | 'failed' | 'skipped' }[];
  /** One sentence: what works, or what fails and how to correct it. */
  readonly sentence: string;
}

/**
 * Runs a transport's own code and deduces from its failure how far it got: the trial uses the same code as deliveries.
 *
 * @param steps the steps that `attempt` goes through, in order; those in `idle` have nothing to do
 * @param success the sentence for a run without failure
 * @throws the errors of `attempt`, except `MailFailure`
 */
export async function probe(
  steps: readonly MailStep[],
  attempt: () => Promise<void>,
  { success, idle = [] }: { readonly success: string; readonly idle?: readonly MailStep[] },
): Promise<MailProbe> {
  const failure = await failureOf(attempt);
  const end = failure === undefined ? steps.length : findStep(steps, failure.step);
  return {
    ok: failure === undefined,
    steps: steps.map((step, index) => ({
      step,
      result: index === end ? 'failed' : index > end || idle.includes(step) ? 'skipped' : 'passed',
    })),
    sentence: failure?.message ?? success,
  };
}

/** A conversation that broke off at an unknown point did not get past the last step. */
const findStep = (steps: readonly MailStep[], step: MailStep): number =>
  steps.includes(step) ? steps.indexOf(step) : steps.length - 1;

async function failureOf(attempt: () => Promise<void>): Promise<MailFailure | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof MailFailure) return error;
    throw error;
  }
}
