import { createHash } from 'node:crypto';
import type { Random } from '../../kernel/random.js';

/** Crockford's base 32: without i, l, o and u, so that no two of its characters look the same on paper. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 3;
const GROUP_LENGTH = 5;
const LENGTH = GROUPS * GROUP_LENGTH;

/** As many as most services give. */
const CODE_COUNT = 10;

/**
 * Codes for people who have lost their app: three groups of five characters, 75 bits. That is too much to try all of
 * them even for a thief of the database, so that a fast hash is enough, and a sign-in costs no slow one.
 */
export const newRecoveryCodes = (random: Pick<Random, 'text'>): readonly string[] =>
  Array.from({ length: CODE_COUNT }, () =>
    Array.from({ length: GROUPS }, () => random.text(GROUP_LENGTH, ALPHABET)).join('-'),
  );

/**
 * @param typed with or without hyphens and spaces, in either case; `o` is read as 0, `i` and `l` as 1
 * @returns the hash that is stored: SHA-256 of the account and the code; undefined for a text that cannot be a code
 */
export function recoveryHash(accountId: number, typed: string): Buffer | undefined {
  const code = typed.replace(/[\s-]/g, '').toLowerCase().replaceAll('o', '0').replace(/[il]/g, '1');
  const isCode = code.length === LENGTH && [...code].every((character) => ALPHABET.includes(character));
  return isCode ? createHash('sha256').update(`${accountId}:${code}`).digest() : undefined;
}
