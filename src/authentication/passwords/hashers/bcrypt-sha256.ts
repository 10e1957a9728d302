import { createHash } from 'node:crypto';
import { hash } from 'bcrypt';
import type { Random } from '../../../kernel/random.js';
import { readBcrypt } from './bcrypt.js';
import type { Hasher } from './hasher.js';

const ALGORITHM = 'bcrypt_sha256';
const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 64 ASCII characters for any password: none is truncated at 72 bytes, and none contains a NUL. */
const digest = (password: string): string => createHash('sha256').update(password).digest('hex');

/** 128 bits: 21 characters of six bits and one of two. */
const newSalt = (random: Random): string => random.text(21, BCRYPT_ALPHABET) + random.text(1, '.Oeu');

/** `bcrypt_sha256$$2b$<rounds>$...`: bcrypt of the hexadecimal SHA-256 of the password; 4 to 15 rounds. */
export const bcryptSha256: Hasher = {
  algorithm: ALGORITHM,
  read: (encoded) => readBcrypt(encoded.slice(ALGORITHM.length), digest),
};

const settingOf = (rounds: number): string => `$2b$${String(rounds).padStart(2, '0')}$`;

/** The start of every new hash; a hash that starts differently is due for a rewrite. */
export const bcryptSha256Prefix = (rounds: number): string => `${ALGORITHM}$${settingOf(rounds)}`;

/**
 * @returns a new hash in one of Django's formats
 * @param rounds - binary logarithm of the cost, 4 to 15
 */
export const hashBcryptSha256 = async (password: string, rounds: number, random: Random): Promise<string> =>
  `${ALGORITHM}$${await hash(digest(password), settingOf(rounds) + newSalt(random))}`;
