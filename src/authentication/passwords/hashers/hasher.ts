import { timingSafeEqual } from 'node:crypto';

/** Compares one password with the stored hash it was created for. Slow on purpose; runs off the event loop. */
export type PasswordCheck = (password: string) => Promise<boolean>;

/** One of Django's password algorithms. */
export interface Hasher {
  /** Django's name: the text before the first `$` of the stored hash. */
  readonly algorithm: string;
  /**
   * Parses a stored hash without computing anything.
   * @returns the check, or undefined if the text is malformed or its parameters are above this algorithm's ceiling.
   *   Django raises in that case (HTTP 500); treating it as a hash that no password matches is safer.
   */
  readonly read: (encoded: string) => PasswordCheck | undefined;
}

/**
 * The maximum memory of one check: a row of an imported database must not exhaust the process. Django's Argon2 uses
 * 100 MiB, its scrypt 16 MiB. The queue limits how many checks run at once.
 */
export const MAXIMUM_MEMORY_BYTES = 128 * 2 ** 20;

/** Compares in a time that only depends on the lengths, which are public in every format. */
export const equalText = (left: string, right: string): boolean => {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
};

/**
 * HMAC pads its key with NUL, so PBKDF2 and scrypt, which use the password as the key, cannot distinguish `p` from
 * `p\0`. No form accepts such a password; refusing it keeps the comparison exact.
 */
export const isLostByHmac = (password: string): boolean => password.endsWith('\0');
