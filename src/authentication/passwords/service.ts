import { availableParallelism } from 'node:os';
import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import { type Comparison, createEqualizer } from './equalizer.js';
import { type Argon2Options, createArgon2 } from './hashers/argon2.js';
import { areRounds, MAXIMUM_ROUNDS, MINIMUM_ROUNDS } from './hashers/bcrypt.js';
import { bcryptSha256, bcryptSha256Prefix, hashBcryptSha256 } from './hashers/bcrypt-sha256.js';
import { isUsable, makeUnusable } from './hashers/unusable.js';
import { isComparable } from './limits.js';
import { createWorkQueue, type QueueLoad, type Requester } from './queue.js';
import { createHashReader, type ExtraHasher } from './stored-hash.js';

/** Django's default list of `PASSWORD_HASHERS`, 4.2 to 5.2. */
const DJANGO_DEFAULTS = /^(pbkdf2_sha256|pbkdf2_sha1|argon2|bcrypt_sha256|scrypt)\$/;
/** Hashing uses at most three of libuv's four threads, leaving one for file access and name look-ups. */
const MAXIMUM_DEFAULT_CONCURRENCY = 3;
/** At a fifth of a second per hash and two at once, the last in the queue waits about ten seconds. */
const DEFAULT_QUEUE_LIMIT = 100;
const DEFAULT_ROUNDS = 12;

export interface PasswordServiceOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Binary logarithm of the bcrypt cost for new hashes, 4 to 15; 12 by default. */
  readonly rounds?: number;
  /** Hashes computed at once; 0, the default, means one per processor, at most three. */
  readonly concurrency?: number;
  /** Maximum number of waiting hashes; 100 by default. */
  readonly queueLimit?: number;
  /** Weak formats accepted besides Django's default list. */
  readonly extraHashers?: readonly ExtraHasher[];
  /** Another program shares the accounts: what Django reads by default is not replaced, so that nobody replaces it back. */
  readonly keepsDjangoHashes?: boolean;
  /** How to load Argon2, and the function to call if that fails. */
  readonly argon2?: Argon2Options;
  readonly observer?: HashObserver;
}

/** Told of the work of the queue, in seconds. Must not throw. */
export interface HashObserver {
  /** From the request for a hash to its start. */
  readonly waited: (seconds: number) => void;
  /** One hash. */
  readonly hashed: (seconds: number) => void;
}

/** Whether a password matched, and whether its stored hash should be replaced with a new one. */
export interface Verification {
  readonly valid: boolean;
  readonly needsRehash: boolean;
}

/** Which of several stored hashes matched, and whether it should be replaced with a new one. */
export interface Match {
  /** Its index in the list. */
  readonly index: number;
  readonly needsRehash: boolean;
}

/**
 * Hashes and compares passwords in Django's formats exactly as typed: nothing is trimmed, normalized or truncated.
 *
 * @throws RangeError if `rounds` is out of range
 */
export const createPasswordService = (options: PasswordServiceOptions) => {
  const { newHash, readHash, queue, equalizer, currentPrefix } = createHashing(options);

  const needsRehash = (text: string): boolean =>
    !text.startsWith(currentPrefix) && !(options.keepsDjangoHashes && DJANGO_DEFAULTS.test(text));

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
    return match && { index: match.index, needsRehash: needsRehash(match.text) };
  };

  return {
    /**
     * @returns `bcrypt_sha256$$2b$<rounds>$...`
     * @throws RangeError for passwords that callers must refuse before: more than 4096 units, or a lone surrogate; the
     *   errors of the queue
     */
    hash: async (password: string, requester: Requester): Promise<string> => {
      if (!isComparable(password)) throw new RangeError('This password cannot be hashed.');
      return equalizer.run(requester, bcryptSha256.algorithm, () => newHash(password));
    },

    /**
     * Compares the password with several values of the password column, in order. Never throws because of a value: one
     * that cannot match is skipped. A refusal takes the same time for any number of values. A log-in with an unknown
     * user has no value and takes that time too (Django `ModelBackend`). `needsRehash` is set if `hash` would create a
     * different kind of hash now: another algorithm, or other rounds (Django `must_update`). In that case replace it
     * with an update that requires the old value, and let the log-in succeed even if the update fails.
     *
     * @returns the first match, or undefined
     * @throws Throttled, ServiceUnavailable `password_queue_full` and ClientGone, before anything is compared
     */
    verifyFirst,

    /** The same for a single value. */
    verify: async (password: string, encoded: string, requester: Requester): Promise<Verification> => {
      const match = await verifyFirst(password, [encoded], requester);
      return { valid: match !== undefined, needsRehash: match?.needsRehash ?? false };
    },

    /** Costs as much as a wrong password. @throws as verifyFirst */
    burn: async (password: string, requester: Requester): Promise<void> => {
      await verifyFirst(password, [], requester);
    },

    /** @returns a value of the password column that no password matches */
    makeUnusable: (): string => makeUnusable(options.random),

    /** @returns whether the account has a password of its own */
    isUsable,

    /** @returns how many hashes wait and run now */
    load: (): QueueLoad => queue.load(),
  };
};

export type PasswordService = ReturnType<typeof createPasswordService>;

type NewHash = (password: string) => Promise<string>;

/** The algorithm for new hashes, the readers for old ones, and the queue that both wait in. */
function createHashing(options: PasswordServiceOptions) {
  const { clock, random, rounds = DEFAULT_ROUNDS, queueLimit = DEFAULT_QUEUE_LIMIT } = options;
  const concurrency = options.concurrency || Math.min(availableParallelism(), MAXIMUM_DEFAULT_CONCURRENCY);
  if (!areRounds(rounds)) {
    throw new RangeError(`bcrypt rounds must be ${MINIMUM_ROUNDS} to ${MAXIMUM_ROUNDS}, not ${rounds}`);
  }
  const newHash: NewHash = (password) => hashBcryptSha256(password, rounds, random);
  const { observer } = options;
  const queue = createWorkQueue({
    concurrency,
    limit: queueLimit,
    ...(observer === undefined ? {} : { observe: { clock, waited: observer.waited } }),
  });
  return {
    newHash,
    queue,
    readHash: createHashReader(options.extraHashers ?? [], createArgon2(options.argon2)),
    equalizer: createEqualizer({
      clock,
      queue,
      preferred: burning(newHash, ''),
      ...(observer === undefined ? {} : { onHashed: observer.hashed }),
    }),
    /** The start of every hash that `newHash` creates now. */
    currentPrefix: bcryptSha256Prefix(rounds),
  };
}

/** Costs as much as a new hash, and matches nothing. */
const burning = (newHash: NewHash, password: string): Comparison => ({
  algorithm: bcryptSha256.algorithm,
  run: async () => {
    await newHash(password);
    return false;
  },
});
