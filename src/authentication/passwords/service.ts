import { availableParallelism } from 'node:os';
import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import { createEqualizer } from './equalizer.js';
import { type Argon2Options, createArgon2 } from './hashers/argon2.js';
import { areRounds, MAXIMUM_ROUNDS, MINIMUM_ROUNDS } from './hashers/bcrypt.js';
import { bcryptSha256, bcryptSha256Prefix, hashBcryptSha256 } from './hashers/bcrypt-sha256.js';
import { isUsable, makeUnusable } from './hashers/unusable.js';
import { MAXIMUM_PASSWORD_UNITS } from './limits.js';
import { createWorkQueue } from './queue.js';
import { createHashReader, type ExtraHasher } from './stored-hash.js';

/** Hashing takes three of libuv's four threads at most: file access and name look-ups keep one. */
const MAXIMUM_DEFAULT_CONCURRENCY = 3;
/** At a fifth of a second each and two at once, the last in line waits some ten seconds. */
const DEFAULT_QUEUE_LIMIT = 100;
const DEFAULT_ROUNDS = 12;

export interface PasswordServiceOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Binary logarithm of bcrypt's cost for new hashes, 4 to 15; 12 by default. */
  readonly rounds?: number;
  /** Hashes computed at once; 0, the default, for one per processor, three at most. */
  readonly concurrency?: number;
  /** Hashes that may wait; 100 by default. */
  readonly queueLimit?: number;
  /** Weak formats accepted besides Django's default list. */
  readonly extraHashers?: readonly ExtraHasher[];
  /** How Argon2 is loaded, and who hears that it can't be. */
  readonly argon2?: Argon2Options;
}

/** Whether a password matched, and whether its stored hash should be replaced by a new one. */
export interface Verification {
  readonly valid: boolean;
  readonly needsRehash: boolean;
}

const REFUSED: Verification = { valid: false, needsRehash: false };

/** Lone surrogates all become U+FFFD in UTF-8: two passwords would share one hash. */
const isHashable = (password: string): boolean =>
  password.length <= MAXIMUM_PASSWORD_UNITS && !/\p{Surrogate}/u.test(password);

/**
 * Hashes and compares passwords in Django's formats, as typed: nothing is trimmed, normalized or cut.
 *
 * @throws RangeError when `rounds` is out of range
 */
export const createPasswordService = (options: PasswordServiceOptions) => {
  const {
    clock,
    random,
    rounds = DEFAULT_ROUNDS,
    queueLimit = DEFAULT_QUEUE_LIMIT,
    extraHashers = [],
  } = options;
  const concurrency = options.concurrency || Math.min(availableParallelism(), MAXIMUM_DEFAULT_CONCURRENCY);
  if (!areRounds(rounds)) {
    throw new RangeError(`bcrypt rounds must be ${MINIMUM_ROUNDS} to ${MAXIMUM_ROUNDS}, not ${rounds}`);
  }

  const { algorithm } = bcryptSha256;
  const newHash = (password: string) => hashBcryptSha256(password, rounds, random);
  const queue = createWorkQueue({ concurrency, limit: queueLimit });
  const equalizer = createEqualizer({ clock, queue, preferred: { algorithm, run: () => newHash('') } });
  const readHash = createHashReader(extraHashers, createArgon2(options.argon2));

  /**
   * Costs what a wrong password costs. For a log-in whose user does not exist (Django `ModelBackend`).
   * @throws ServiceUnavailable `password_queue_full`
   */
  const burn = async (password: string): Promise<void> => {
    if (!isHashable(password)) return;
    await equalizer.check(algorithm, async () => {
      await newHash(password);
      return false;
    });
  };

  return {
    /**
     * @returns `bcrypt_sha256$$2b$<rounds>$...`
     * @throws RangeError for what must not come so far: more than 4096 units, or a lone surrogate
     * @throws ServiceUnavailable `password_queue_full`
     */
    hash: async (password: string): Promise<string> => {
      if (!isHashable(password)) throw new RangeError('This password cannot be hashed.');
      return equalizer.run(algorithm, () => newHash(password));
    },

    /**
     * Compares with a value of the password column. Never throws for what the value holds: one that nobody
     * can match costs a new hash and is refused. `needsRehash` is set on success only, when the hash is not
     * what `hash` would make now: another algorithm, or other rounds (Django `must_update`). Replace it then
     * with an update that still finds the old value, and let the log-in pass if that fails.
     *
     * @throws ServiceUnavailable `password_queue_full`
     */
    verify: async (password: string, encoded: string): Promise<Verification> => {
      if (!isHashable(password)) return REFUSED;
      const stored = readHash(encoded);
      if (!stored) {
        await burn(password);
        return REFUSED;
      }
      const valid = await equalizer.check(stored.algorithm, () => stored.check(password));
      return { valid, needsRehash: valid && !encoded.startsWith(bcryptSha256Prefix(rounds)) };
    },

    burn,

    /** @returns a value of the password column that no password matches */
    makeUnusable: (): string => makeUnusable(random),

    /** @returns whether the account has a password of its own */
    isUsable,
  };
};

export type PasswordService = ReturnType<typeof createPasswordService>;
