import type { Request } from 'express';
import type { Strategy, StrategyCreatedStatic } from 'passport';
import { Strategy as BearerStrategy, type VerifyFunction } from 'passport-http-bearer';
import { tokenAfter } from '../authorization-header.js';
import { type CheckToken, settle } from './settle.js';

/**
 * `Authorization: Bearer <personal access token>`. The library would also take a token from the query string or the
 * body, and answers 400 where DRF answers 401: its reading of the request is replaced.
 */
export function createAccessTokenStrategy(check: CheckToken): Strategy {
  class AccessTokenStrategy extends BearerStrategy<VerifyFunction> {
    override readonly name = 'access-token';

    override authenticate(this: StrategyCreatedStatic, req: Request): void {
      settle(this, () => {
        const token = tokenAfter('bearer', req.headers.authorization);
        return token === undefined ? undefined : check(req, token);
      });
    }
  }
  return new AccessTokenStrategy((_token, done) => done(null, false));
}
