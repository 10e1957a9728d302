import type { Request } from 'express';
import type { Strategy, StrategyCreatedStatic } from 'passport';
import { Strategy as BearerStrategy, type VerifyFunctionWithRequest } from 'passport-http-bearer';
import { tokenAfter } from '../authorization-header.js';
import { type CheckToken, readOrSettle, settleWith, whenChecked } from './settle.js';

/**
 * `Authorization: Bearer <personal access token>`. The library would also take a token from the query string or the
 * body, and answers 400 where DRF answers 401: its reading of the request is replaced, its verify callback checks.
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
