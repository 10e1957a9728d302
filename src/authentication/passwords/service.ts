import { availableParallelism } from 'node:os';
import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import { type Comparison, createEqualizer } from './equalizer.js';
import { type Argon2Options, createArgon2 } from './hashers/argon2.js';
import { areRounds, MAXIMUM_ROUNDS, MINIMUM_ROUNDS } from './hashers/bcrypt.js';
import { bcryptSha256, bcryptSha256Prefix, hashBcryptSha256 } from './hashers/bcrypt-sha256.js';
import { isUsable, makeUnusable } from './hashers/unusable.js';
import { isComparable } from './limits.js';
import { createWorkQueue, type Requester } from './queue.js';
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

/** Which of several stored hashes matched, and whether it should be replaced by a new one. */
export interface Match {
  /** Its place among those given. */
  readonly index: number;
  readonly needsRehash: boolean;
}

/**
 * Hashes and compares passwords in Django's formats, as typed: nothing is trimmed, normalized or cut.
 *
 * @throws RangeError when `rounds` is out of range
 */
export const createPasswordService = (options: PasswordServiceOptions) => {
  const { newHash, readHash, equalizer, currentPrefix } = createHashing(options);

  const verifyFirst = async (
    password: string,
    encoded: readonly string[],
    requester: Requester,
  ): Promise<Match | undefined> => {
    if (!isComparable(password)) return undefined;
    const readable = encoded.flatMap((text, index) => {
      const stored = readHash(text);
      return stored === undefined ? [] : [{ ...stored, index, text }];
    });
    const comparisons = readable.map(
      ({ algorithm, check }): Comparison => ({ algorithm, run: () => check(password) }),
    );
    const first = await equalizer.first(
      requester,
      comparisons.length === 0 ? [burning(newHash, password)] : comparisons,
    );
    const match = first === undefined ? undefined : readable[first];
    return match && { index: match.index, needsRehash: !match.text.startsWith(currentPrefix) };
  };

  return {
    /**
     * @returns `bcrypt_sha256$$2b$<rounds>$...`
     * @throws RangeError for what must not come so far: more than 4096 units, or a lone surrogate; the errors of
     *   the queue
     */
    hash: async (password: string, requester: Requester): Promise<string> => {
      if (!isComparable(password)) throw new RangeError('This password cannot be hashed.');
      return equalizer.run(requester, bcryptSha256.algorithm, () => newHash(password));
    },

    /**
     * Compares with values of the password column, in their order. Never throws for what a value holds: one that
     * nobody can match is passed over. A refusal takes the same time however many there are, none included: a log-in
     * whose user does not exist is one without any (Django `ModelBackend`). `needsRehash` is set when the hash is
     * not what `hash` would make now: another algorithm, or other rounds (Django `must_update`). Replace it then
     * with an update that still finds the old value, and let the log-in pass if that fails.
     *
     * @returns the first that matches, or undefined
     * @throws Throttled, ServiceUnavailable `password_queue_full` and ClientGone, before anything is compared
     */
    verifyFirst,

    /** The same for a single value. */
    verify: async (password: string, encoded: string, requester: Requester): Promise<Verification> => {
      const match = await verifyFirst(password, [encoded], requester);
      return { valid: match !== undefined, needsRehash: match?.needsRehash ?? false };
    },

    /** Costs what a wrong password costs. @throws as verifyFirst */
    burn: async (password: string, requester: Requester): Promise<void> => {
      await verifyFirst(password, [], requester);
    },

    /** @returns a value of the password column that no password matches */
    makeUnusable: (): string => makeUnusable(options.random),

    /** @returns whether the account has a password of its own */
    isUsable,
  };
};

export type PasswordService = ReturnType<typeof createPasswordService>;

type NewHash = (password: string) => Promise<string>;

/** What new hashes are made by, old ones are read by, and both wait for their turn in. */
function createHashing(options: PasswordServiceOptions) {
  const { clock, random, rounds = DEFAULT_ROUNDS, queueLimit = DEFAULT_QUEUE_LIMIT } = options;
  const concurrency = options.concurrency || Math.min(availableParallelism(), MAXIMUM_DEFAULT_CONCURRENCY);
  if (!areRounds(rounds)) {
    throw new RangeError(`bcrypt rounds must be ${MINIMUM_ROUNDS} to ${MAXIMUM_ROUNDS}, not ${rounds}`);
  }
  const newHash: NewHash = (password) => hashBcryptSha256(password, rounds, random);
  const queue = createWorkQueue({ concurrency, limit: queueLimit });
  return {
    newHash,
    readHash: createHashReader(options.extraHashers ?? [], createArgon2(options.argon2)),
    equalizer: createEqualizer({ clock, queue, preferred: burning(newHash, '') }),
    /** What a hash begins with that `newHash` would make now. */
    currentPrefix: bcryptSha256Prefix(rounds),
  };
}

/** Costs what a new hash costs, and matches nothing. */
const burning = (newHash: NewHash, password: string): Comparison => ({
  algorithm: bcryptSha256.algorithm,
  run: async () => {
    await newHash(password);
    return false;
  },
});
