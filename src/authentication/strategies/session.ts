import type { Request } from 'express';
import { Strategy, type StrategyCreatedStatic } from 'passport';
import type { Caller } from '../../kernel/account.js';
import { settleWith, whenChecked } from './settle.js';

/** @returns undefined for an anonymous session. @throws PermissionDenied when the CSRF check fails */
export type CheckSession = (req: Request) => Promise<Caller | undefined>;

/**
 * The `sessionid` cookie. Passport's own session strategy leaves the chain in both branches, and so would hide Basic.
 */
export function createSessionStrategy(check: CheckSession): Strategy {
  class SessionStrategy extends Strategy {
    override readonly name = 'session';

    override authenticate(this: StrategyCreatedStatic, req: Request): void {
      whenChecked(check(req), settleWith(this));
    }
  }
  return new SessionStrategy();
}
