import type { Request } from 'express';
import type { StrategyCreatedStatic } from 'passport';
import type { Caller } from '../../kernel/account.js';

/** What a strategy's check gives: the caller, or a thrown AuthenticationFailed. */
export type CheckToken = (req: Request, token: string) => Promise<Caller>;

/**
 * Translates DRF's three outcomes into Passport's: "not mine" (undefined) is `fail`, so the next strategy is tried;
 * "mine and wrong" (an error) is `error`, which stops the chain; "mine and good" is `success`.
 */
export function settle(
  strategy: Pick<StrategyCreatedStatic, 'success' | 'fail' | 'error'>,
  attempt: () => Promise<Caller | undefined> | undefined,
): void {
  let outcome: Promise<Caller | undefined> | undefined;
  try {
    outcome = attempt();
  } catch (error) {
    strategy.error(error);
    return;
  }
  if (outcome === undefined) {
    strategy.fail(401);
    return;
  }
  outcome.then(
    (caller) => (caller === undefined ? strategy.fail(401) : strategy.success(caller)),
    (error: unknown) => strategy.error(error),
  );
}
