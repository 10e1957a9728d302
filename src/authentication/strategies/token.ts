import type { Request } from 'express';
import { Strategy, type StrategyCreatedStatic } from 'passport';
import { tokenAfter } from '../authorization-header.js';
import { type CheckToken, settle } from './settle.js';

/** `Authorization: Token <40 hex>` (DRF `TokenAuthentication`). */
export function createTokenStrategy(check: CheckToken): Strategy {
  class TokenStrategy extends Strategy {
    override readonly name = 'token';

    override authenticate(this: StrategyCreatedStatic, req: Request): void {
      settle(this, () => {
        const token = tokenAfter('token', req.headers.authorization);
        return token === undefined ? undefined : check(req, token);
      });
    }
  }
  return new TokenStrategy();
}
