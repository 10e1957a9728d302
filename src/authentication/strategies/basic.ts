import type { Request } from 'express';
import type { Strategy, StrategyCreatedStatic } from 'passport';
import { type BasicVerifyFunctionWithRequest, BasicStrategy as HttpBasicStrategy } from 'passport-http';
import type { Caller } from '../../kernel/account.js';
import { type BasicCredentials, basicCredentials } from '../authorization-header.js';
import { readOrSettle, settleWith, whenChecked } from './settle.js';

export type CheckBasic = (req: Request, credentials: BasicCredentials) => Promise<Caller>;

/**
 * `Authorization: Basic` (DRF `BasicAuthentication`). The library splits a password at its colons, accepts any scheme
 * that contains the word, and decodes input that DRF refuses. We therefore replace its parsing of the request; its
 * verify callback does the check.
 */
export function createBasicStrategy(check: CheckBasic): Strategy {
  const verify: BasicVerifyFunctionWithRequest = (req, login, password, done) =>
    whenChecked(check(req, { login, password }), done);

  class BasicStrategy extends HttpBasicStrategy {
    override readonly name = 'basic';

    override authenticate(this: StrategyCreatedStatic, req: Request): void {
      const credentials = readOrSettle(this, () => basicCredentials(req.headers.authorization));
      if (credentials !== undefined) verify(req, credentials.login, credentials.password, settleWith(this));
    }
  }
  return new BasicStrategy({ passReqToCallback: true }, verify);
}
