import type { Identity } from '../../authentication/identity.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { findApiTokenKey, newApiTokenKey, recordLogin } from '../users/index.js';

export interface EnteringDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: Sessions;
  readonly emailVerificationIsMandatory: boolean;
  /** Sends the confirmation link again, unless its cooldown is running. */
  readonly mailConfirmation: (userId: number) => Promise<void>;
  /** A read-only database does not stop anyone from signing in; what could not be written is logged. */
  readonly onWriteError: (error: unknown) => void;
}

/** For the log. */
const UNCONFIRMED = 'the address is not confirmed';

/** The result for right credentials of an account whose address is unconfirmed. */
export type LoginOutcome = { readonly kind: 'token'; readonly key: string } | { readonly kind: 'unverified' };

/** The last step of a login, when it is known who the person is. */
export function createEntering(deps: EnteringDeps) {
  const { db, clock, random, sessions } = deps;

  const enter = async (
    exchange: Exchange,
    identity: Identity,
    usedFactor: boolean,
    way: 'login' | 'passkey' = 'login',
  ): Promise<LoginOutcome> => {
    const { id } = identity.account;
    if ((deps.emailVerificationIsMandatory && !identity.hasVerifiedEmail) || identity.awaitsProof) {
      await deps.mailConfirmation(id);
      exchange.report('login.failed', { account: id, way, reason: UNCONFIRMED });
      return { kind: 'unverified' };
    }
    const key = await noteLogin(id);
    await sessions.login(exchange, identity, usedFactor ? clock.now() : null);
    exchange.userId = id;
    exchange.report('login.succeeded', { account: id, way });
    return { kind: 'token', key };
  };

  /** @returns the API token of the account, created if it had none */
  const noteLogin = async (userId: number): Promise<string> => {
    const newKey = newApiTokenKey(random);
    try {
      const key =
        (await recordLogin(db, userId, newKey, dateOf(clock))) ?? (await findApiTokenKey(db, userId));
      if (key !== undefined) return key;
      throw new TypeError(`User ${userId} is gone.`);
    } catch (error) {
      const key = isReadOnly(error) ? await findApiTokenKey(db, userId) : undefined;
      if (key === undefined) throw error;
      deps.onWriteError(error);
      return key;
    }
  };

  return { enter, noteLogin };
}

export type Enter = ReturnType<typeof createEntering>['enter'];

/** SQLSTATE 25006: the server accepts no writes. */
const isReadOnly = (error: unknown): boolean => {
  const cause = error instanceof ServiceUnavailable ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === '25006';
};
