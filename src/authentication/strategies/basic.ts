import type { Request } from 'express';
import type { Strategy, StrategyCreatedStatic } from 'passport';
import { BasicStrategy as HttpBasicStrategy } from 'passport-http';
import type { Caller } from '../../kernel/account.js';
import { type BasicCredentials, basicCredentials } from '../authorization-header.js';
import { settle } from './settle.js';

export type CheckBasic = (req: Request, credentials: BasicCredentials) => Promise<Caller>;

/**
 * `Authorization: Basic` (DRF `BasicAuthentication`). The library splits a password at its colons, takes any scheme
 * that contains the word and decodes what DRF refuses: its reading of the request is replaced.
 */
export function createBasicStrategy(check: CheckBasic): Strategy {
  class BasicStrategy extends HttpBasicStrategy {
    override readonly name = 'basic';

    override authenticate(this: StrategyCreatedStatic, req: Request): void {
      settle(this, () => {
        const credentials = basicCredentials(req.headers.authorization);
        return credentials === undefined ? undefined : check(req, credentials);
      });
    }
  }
  return new BasicStrategy((_login, _password, done) => done(null, false));
}
