import type { BegunSignIn } from '../../authentication/begun-sign-in.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { noteLastLogin } from '../users/index.js';
import type { SignOnProblem } from './problems.js';

export interface EntranceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly identities: IdentityStore;
  readonly sessions: Sessions;
  readonly begunSignIn: BegunSignIn;
  readonly emailVerificationIsMandatory: boolean;
  /** Sends the confirmation link again, unless its cooldown is running. */
  readonly mailConfirmation: (userId: number) => Promise<void>;
}

/** Lets people in whose provider has said who they are. */
export function createEntrance({ identities, sessions, ...deps }: EntranceDeps) {
  const identityOf = (userId: number) => identities.byId(userId, { kind: 'absent' });

  /** @returns why the account can't be entered now; undefined if it can */
  const problemOf = async (userId: number): Promise<SignOnProblem | undefined> => {
    const identity = await identityOf(userId);
    if (identity === undefined || !identity.account.isActive) return 'inactive';
    if ((!deps.emailVerificationIsMandatory || identity.hasVerifiedEmail) && !identity.awaitsProof)
      return undefined;
    await deps.mailConfirmation(userId);
    return 'unverified';
  };

  /**
   * @param factorAt when the provider had asked for a second factor, in milliseconds since the epoch; null for never
   * @returns 'code' if the account has a second factor, for which the next page asks: no session is open yet; 'enrol' if
   *   the session can do nothing but set up a factor
   */
  const open = async (
    exchange: Exchange,
    userId: number,
    factorAt: number | null,
  ): Promise<'open' | 'code' | 'enrol'> => {
    const identity = await identityOf(userId);
    if (identity === undefined) throw new TypeError(`User ${userId} is gone.`);
    if (identity.hasFactor && factorAt === null) {
      deps.begunSignIn.begin(exchange, identity);
      return 'code';
    }
    await noteLastLogin(deps.db, userId, dateOf(deps.clock));
    await sessions.login(exchange, identity, factorAt);
    exchange.userId = userId;
    exchange.report('login.succeeded', { account: userId, way: 'sign-on' });
    return identity.lacksFactor && factorAt === null ? 'enrol' : 'open';
  };

  /** @returns whether the request comes from a session of this account that is open now */
  const isWithin = async (exchange: Exchange, userId: number): Promise<boolean> => {
    const session = await sessions.open(exchange);
    if (session?.userId !== userId) return false;
    const identity = await identityOf(userId);
    return identity?.account.isActive === true && sessions.confirm(exchange, session, identity);
  };

  return { problemOf, open, isWithin };
}

export type Entrance = ReturnType<typeof createEntrance>;
