import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** The source of randomness: the only place that draws it, always from the CSPRNG. */
export interface Random {
  /** @returns `length` random bytes */
  readonly bytes: (length: number) => Buffer;
  /** @returns `length` characters, each drawn without bias from `alphabet` */
  readonly text: (length: number, alphabet: string) => string;
  /** @returns a version 4 UUID */
  readonly uuid: () => string;
  /** @returns a number from 0 (inclusive) to 1 (exclusive); for jitter, never for secrets */
  readonly fraction: () => number;
}

export const LOWER_DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Django's `RANDOM_STRING_CHARS`, in the same order: CSRF masking calculates with the positions. */
export const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  text: (length, alphabet) =>
    Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join(''),
  uuid: () => randomUUID(),
  fraction: () => randomInt(2 ** 32) / 2 ** 32,
};
