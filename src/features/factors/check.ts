import { type Clock, dateOf } from '../../kernel/clock.js';
import { type FactorMeans, ServiceUnavailable, Throttled } from '../../kernel/errors.js';
import type { LimitName } from '../../kernel/refusals.js';
import type { Rate } from '../../platform/config/fields.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { type SecretBox, UnreadableSecret } from '../../platform/otp/secret-box.js';
import { digitsOf, verify } from '../../platform/otp/totp.js';
import { type RateStore, requireRate } from '../../platform/throttle/rate-store.js';
import { lockBinding } from '../users/index.js';
import { recoveryHash } from './recovery-codes.js';
import {
  type Factors,
  findFactors,
  findTotp,
  spendRecoveryCode,
  spendStep,
  type TotpRow,
} from './repository.js';

export interface FactorCheckDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly rates: RateStore;
  readonly box: SecretBox;
}

/** What a code was of. */
export type CodeKind = 'totp' | 'recovery';

/** With six digits and three steps, who guesses at this rate needs more than a year for an even chance. */
const RATE: Rate = { limit: 5, periodSeconds: 15 * 60 };
const LIMIT: LimitName = 'second_factor_failures';

const UNREADABLE =
  'The second factor of this account cannot be read: the SECRET_KEY of the server has changed. Use a recovery code, or ask an administrator to remove the factor.';
const UNREADABLE_RETRY_SECONDS = 3600;

/**
 * Checks codes, each of which counts once. At most five wrong ones count in 15 minutes, for all operations of an
 * account together; then also the right one is refused. That holds for guesses that are sent at once, because one of
 * them at a time has the lock of the account.
 */
export function createFactorCheck({ db, clock, rates, box }: FactorCheckDeps) {
  /**
   * A guess, in a transaction that from now on has the lock of the account.
   *
   * @param test the result of a right code; undefined for a wrong one
   * @returns the same; undefined also if the account has been deleted
   * @throws Throttled
   */
  const guess = async <T>(
    tx: Queryable,
    userId: number,
    test: () => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    if ((await lockBinding(tx, userId)) === undefined) return undefined;
    const key = `factor:${userId}`;
    const { allowed, waitSeconds } = await rates.peek(key, RATE);
    if (!allowed) throw new Throttled(waitSeconds, LIMIT);
    const result = await test();
    if (result === undefined) await requireRate(rates, LIMIT, key, RATE);
    return result;
  };

  /**
   * @returns the step of the code, if it is one of the app and was not used up
   * @throws ServiceUnavailable if the secret was stored with another secret key
   */
  const stepOf = (userId: number, { secret, lastStep }: TotpRow, code: string): number | undefined => {
    try {
      return verify(box.open(userId, secret), code, clock.now(), lastStep);
    } catch (cause) {
      if (!(cause instanceof UnreadableSecret)) throw cause;
      throw new ServiceUnavailable('second_factor_unreadable', UNREADABLE, {
        cause,
        retryAfterSeconds: UNREADABLE_RETRY_SECONDS,
      });
    }
  };

  /** Uses a code up, if it is right. */
  const use = async (tx: Queryable, userId: number, code: string): Promise<CodeKind | undefined> => {
    if (digitsOf(code) === undefined) {
      const hash = recoveryHash(userId, code);
      if (hash === undefined) return undefined;
      return (await spendRecoveryCode(tx, userId, hash, dateOf(clock))) ? 'recovery' : undefined;
    }
    const app = await findTotp(tx, userId);
    const step = app?.isConfirmed === true ? stepOf(userId, app, code) : undefined;
    return step !== undefined && (await spendStep(tx, userId, step)) ? 'totp' : undefined;
  };

  const spend = (tx: Queryable, userId: number, code: string): Promise<CodeKind | undefined> =>
    guess(tx, userId, () => use(tx, userId, code));

  return {
    guess,
    stepOf,
    /** Uses a code up in a transaction of the caller: it counts again if that fails. @throws as `verifyFactor` */
    spend,

    /**
     * Checks the code of a person who signs in, and uses it up.
     *
     * @param code of the authenticator app, or a recovery code, as it was typed
     * @returns what it was of; undefined for a code that is wrong or was used before, which counts for the limit
     * @throws Throttled after five wrong codes in 15 minutes; ServiceUnavailable if the secret cannot be decrypted
     */
    verifyFactor: (userId: number, code: string): Promise<CodeKind | undefined> =>
      db.transaction((tx) => spend(tx, userId, code)),

    /** @returns of which kinds the factors of an account are */
    meansOf: async (userId: number): Promise<FactorMeans> => {
      const { totpSince, keys } = await findFactors(db, userId);
      return { hasApp: totpSince !== null, hasKey: keys.length > 0 };
    },

    /** @returns what the account has; nothing for one that does not exist */
    factorsOf: (userId: number): Promise<Factors> => findFactors(db, userId),
  };
}

export type FactorCheck = ReturnType<typeof createFactorCheck>;
