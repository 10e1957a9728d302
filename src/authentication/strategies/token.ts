import type { Request } from 'express';
import { Strategy, type StrategyCreatedStatic } from 'passport';
import { tokenAfter } from '../authorization-header.js';
import { type CheckToken, readOrSettle, settleWith, whenChecked } from './settle.js';

/** `Authorization: Token <40 hex>` (DRF `TokenAuthentication`). */
export function createTokenStrategy(check: CheckToken): Strategy {
  class TokenStrategy extends Strategy {
    override readonly name = 'token';

    override authenticate(this: StrategyCreatedStatic, req: Request): void {
      const token = readOrSettle(this, () => tokenAfter('token', req.headers.authorization));
      if (token !== undefined) whenChecked(check(req, token), settleWith(this));
    }
  }
  return new TokenStrategy();
}
