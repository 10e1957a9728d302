import type { Request } from 'express';
import type { StrategyCreatedStatic } from 'passport';
import type { Caller } from '../../kernel/account.js';

/** The result of a strategy's check: the caller, or a thrown AuthenticationFailed. */
export type CheckToken = (req: Request, token: string) => Promise<Caller>;

type Outcomes = Pick<StrategyCreatedStatic, 'success' | 'fail' | 'error'>;

/** How Passport's verify callbacks end: with an error, with a caller, or without one. */
type Done = (error: unknown, caller?: Caller) => void;

/**
 * Reads the credentials of a request. Translates two of DRF's three outcomes into Passport's: "not mine" (undefined) is
 * `fail`, so the next strategy is tried; "mine and malformed" (an error) is `error`, which stops the chain.
 */
export function readOrSettle<T>(strategy: Outcomes, read: () => T | undefined): T | undefined {
  try {
    const credentials = read();
    if (credentials === undefined) strategy.fail(401);
    return credentials;
  } catch (error) {
    strategy.error(error);
    return undefined;
  }
}

/** @returns a completed verify callback: "mine and wrong" is `error`, "mine and good" is `success` */
export const settleWith =
  (strategy: Outcomes): Done =>
  (error, caller) => {
    if (error) strategy.error(error);
    else if (caller === undefined) strategy.fail(401);
    else strategy.success(caller);
  };

/** Completes a verify callback with the result of a check. */
export function whenChecked(check: Promise<Caller | undefined>, done: Done): void {
  check.then((caller) => done(null, caller), done);
}
