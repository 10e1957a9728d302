import { timingSafeEqual } from 'node:crypto';

/** Compares one password with the stored hash it was read from. Slow on purpose; runs off the event loop. */
export type PasswordCheck = (password: string) => Promise<boolean>;

/** One of Django's password algorithms. */
export interface Hasher {
  /** Django's name: the text before the first `$` of the stored hash. */
  readonly algorithm: string;
  /**
   * Reads a stored hash without doing any work.
   * @returns the check, or undefined when the text is malformed or its parameters are above this algorithm's
   *   ceiling. Django raises there (HTTP 500); a stored hash that nobody can satisfy is the safer answer.
   */
  readonly read: (encoded: string) => PasswordCheck | undefined;
}

/**
 * What one check may hold in memory: a row of an imported database must not exhaust the process. Django's
 * Argon2 takes 100 MiB, its scrypt 16 MiB. As many checks run at once as the queue admits.
 */
export const MAXIMUM_MEMORY_BYTES = 128 * 2 ** 20;

/** Compares in time that depends on the lengths only, which are public for every format. */
export const equalText = (left: string, right: string): boolean => {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
};

/**
 * HMAC pads its key with NUL, so PBKDF2 and scrypt, which key it with the password, cannot tell `p` from
 * `p\0`. No form lets such a password be chosen; refusing it keeps the comparison whole.
 */
export const isLostByHmac = (password: string): boolean => password.endsWith('\0');
