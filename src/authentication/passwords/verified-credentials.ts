import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, MINUTE } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { CheckedPassword } from '../credentials.js';
import { createFingerprints } from './fingerprints.js';
import { createSharedWork } from './shared-work.js';

const DEFAULT_MAXIMUM = 10_000;
const DEFAULT_LIFETIME = 5 * MINUTE;

export interface VerifiedCredentialsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Number of credentials to keep; the least recently used are dropped first. 10,000 by default. */
  readonly maximum?: number;
  /** Milliseconds after the real comparison; use does not extend it. Five minutes by default. */
  readonly lifetime?: number;
}

/** A login and password that were right recently. They prove nothing until confirmed against the user's row. */
export interface RecalledCredentials {
  readonly userId: number;
  /** Identifies the record; reveals nothing about the credentials without the key of this process. */
  readonly fingerprint: string;
}

interface VerifiedRecord {
  readonly userId: number;
  readonly storedHashTag: Buffer;
  readonly verifiedAt: number;
}

/**
 * Remembers which Basic credentials were right, so that a client that sends them with every request pays for the slow
 * hash only once. Memory holds no passwords and no stored hashes, only HMACs under keys of this process.
 *
 * The code calls `recall`, reads the user by id, and calls `confirm` with the *current* row: a changed password or a
 * deactivated account is refused at once, on every node. The login is not looked up again meanwhile, so a renamed user
 * can still sign in with their old name until the record expires.
 */
export const createVerifiedCredentials = (options: VerifiedCredentialsOptions) => {
  const { clock, random, maximum = DEFAULT_MAXIMUM, lifetime = DEFAULT_LIFETIME } = options;
  const { fingerprintOf, tagOf } = createFingerprints(random);
  const records = new LRUCache<string, VerifiedRecord>({ max: maximum });
  const shareComparison = createSharedWork<CheckedPassword>();

  const find = (fingerprint: string): VerifiedRecord | undefined => {
    const record = records.get(fingerprint);
    if (!record) return undefined;
    const age = clock.now() - record.verifiedAt;
    // Setting the clock back must not extend a record's lifetime.
    if (age >= 0 && age < lifetime) return record;
    records.delete(fingerprint);
    return undefined;
  };

  return {
    /**
     * Compares, unless another request is already comparing the same credentials: a client that opens many connections
     * at once pays for one hash and does not use up its share of the queue. Only a success is shared. A failure counts
     * for each request separately. If the first request ends without a result, the next one takes its place.
     *
     * @param compare - the real comparison
     * @returns the result of this request's comparison, or of the one before
     */
    together: (
      login: string,
      password: string,
      compare: () => Promise<CheckedPassword | undefined>,
    ): Promise<CheckedPassword | undefined> => shareComparison(fingerprintOf(login, password), compare),

    /**
     * Call this after a real comparison has succeeded.
     * @param storedHash - the current password column, after a rewrite if there was one
     */
    remember: (login: string, password: string, storedHash: string, userId: number): void => {
      const record = { userId, storedHashTag: tagOf(storedHash), verifiedAt: clock.now() };
      records.set(fingerprintOf(login, password), record);
    },

    /**
     * @returns the user that these exact credentials matched within the lifetime, still to be confirmed; or undefined
     */
    recall: (login: string, password: string): RecalledCredentials | undefined => {
      const fingerprint = fingerprintOf(login, password);
      const record = find(fingerprint);
      return record && { userId: record.userId, fingerprint };
    },

    /**
     * @returns whether the record is still valid for a user whose row has this password column and this active flag.
     *   If not, it is forgotten: compare the password for real.
     */
    confirm: (
      { userId, fingerprint }: RecalledCredentials,
      storedHash: string,
      isActive: boolean,
    ): boolean => {
      const record = find(fingerprint);
      if (record?.userId === userId && isActive && timingSafeEqual(record.storedHashTag, tagOf(storedHash)))
        return true;
      records.delete(fingerprint);
      return false;
    },
  };
};

export type VerifiedCredentials = ReturnType<typeof createVerifiedCredentials>;
