import type { Request } from 'express';
import type { Strategy, StrategyCreatedStatic } from 'passport';
import { Strategy as BearerStrategy, type VerifyFunctionWithRequest } from 'passport-http-bearer';
import { tokenAfter } from '../authorization-header.js';
import { type CheckToken, readOrSettle, settleWith, whenChecked } from './settle.js';

/**
 * `Authorization: Bearer <personal access token>`. The library would also accept a token in the query string or the
 * body, and answers 400 where DRF answers 401. We therefore replace its parsing of the request; its verify callback
 * does the check.
 */
export function createAccessTokenStrategy(check: CheckToken): Strategy {
  const verify: VerifyFunctionWithRequest = (req, token, done) => whenChecked(check(req, token), done);

  class AccessTokenStrategy extends BearerStrategy<VerifyFunctionWithRequest> {
    override readonly name = 'access-token';

    override authenticate(this: StrategyCreatedStatic, req: Request): void {
      const token = readOrSettle(this, () => tokenAfter('bearer', req.headers.authorization));
      if (token !== undefined) verify(req, token, settleWith(this));
    }
  }
  return new AccessTokenStrategy({ passReqToCallback: true }, verify);
}
