import type { Request, RequestHandler, Response } from 'express';
import { Passport, type Strategy } from 'passport';
import type { AcceptedCredentials, Caller, Credential } from '../kernel/account.js';
import { ApiError, AuthenticationFailed } from '../kernel/errors.js';
import { createAccessTokenStrategy } from './strategies/access-token.js';
import { type CheckBasic, createBasicStrategy } from './strategies/basic.js';
import { type CheckSession, createSessionStrategy } from './strategies/session.js';
import type { CheckToken } from './strategies/settle.js';
import { createTokenStrategy } from './strategies/token.js';

/** CVAT 2.55 to 2.62, `DEFAULT_AUTHENTICATION_CLASSES`: the first strategy that recognises its credentials decides. */
const CHAIN = ['token', 'access-token', 'session', 'basic'] as const satisfies readonly Credential['kind'][];

export interface ChainChecks {
  readonly token: CheckToken;
  readonly accessToken: CheckToken;
  readonly session: CheckSession;
  readonly basic: CheckBasic;
}

/**
 * The only place where Passport's idea of a chain meets DRF's (see `settle`): Passport neither logs anyone in nor
 * refuses anyone. If no strategy decided, the caller is anonymous and the permissions decide.
 */
export function createChain(checks: ChainChecks) {
  const passport = new Passport();
  const strategies: readonly Strategy[] = [
    createTokenStrategy(checks.token),
    createAccessTokenStrategy(checks.accessToken),
    createSessionStrategy(checks.session),
    createBasicStrategy(checks.basic),
  ];
  for (const strategy of strategies) passport.use(strategy);

  /**
   * @param accepted which strategies the view accepts, in the order of the chain
   * @param challenge `WWW-Authenticate` header of a 401, from the view's first class
   * @returns the caller, or null for anonymous
   * @throws AuthenticationFailed, PermissionDenied and the errors of the dependencies
   */
  const identify = (
    req: Request,
    res: Response,
    accepted: AcceptedCredentials,
    challenge: string,
  ): Promise<Caller | null> => {
    if (accepted === 'none') return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const names = accepted === 'all' ? [...CHAIN] : [...accepted];
      const decide = (error: unknown, caller?: Express.User | false | null): void => {
        if (error) reject(withChallenge(error, challenge));
        else resolve(caller ? (caller as Caller) : null);
      };
      const run: RequestHandler = passport.authenticate(names, { session: false }, decide);
      run(req, res, reject);
    });
  };

  return { identify };
}

export type Chain = ReturnType<typeof createChain>;

const withChallenge = (error: unknown, challenge: string): unknown =>
  error instanceof AuthenticationFailed
    ? new ApiError(error.status, error.body, {
        cause: error,
        headers: { ...error.headers, 'WWW-Authenticate': challenge },
      })
    : error;
