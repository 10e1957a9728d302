import type { Clock } from '../../kernel/clock.js';
import { createDeadline, type Deadline } from './deadline.js';
import { DirectoryFailure, type DirectoryStep } from './failure.js';

/** The result of one step of a trial login. */
export interface StepResult {
  readonly step: DirectoryStep;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly milliseconds: number;
  /** What the step found, or what to correct. */
  readonly detail: string;
}

/** Why a step could not succeed although the directory answered. */
export class Stop extends Error {
  override readonly name = 'Stop';
}

export interface StepDeps {
  readonly clock: Clock;
  /** The time limit of each step. */
  readonly timeoutMs: number;
  readonly report: (result: StepResult) => void;
}

/** Runs steps, and reports each one when it ends. */
export function createSteps({ clock, timeoutMs, report }: StepDeps) {
  const say = (step: DirectoryStep, outcome: StepResult['outcome'], detail: string, milliseconds = 0): void =>
    report({ step, outcome, milliseconds, detail });

  /** @returns undefined if the step failed, which has been reported */
  const attempt = async <T>(
    step: DirectoryStep,
    work: (deadline: Deadline) => Promise<T>,
    describe: (result: T) => string,
  ): Promise<T | undefined> => {
    const start = clock.now();
    try {
      const result = await work(createDeadline(clock, timeoutMs));
      say(step, 'passed', describe(result), clock.now() - start);
      return result;
    } catch (error) {
      if (!(error instanceof DirectoryFailure || error instanceof Stop)) throw error;
      const detail = error instanceof DirectoryFailure ? error.sentence : error.message;
      say(step, 'failed', detail, clock.now() - start);
      return undefined;
    }
  };

  return { say, attempt };
}

export type Steps = ReturnType<typeof createSteps>;
