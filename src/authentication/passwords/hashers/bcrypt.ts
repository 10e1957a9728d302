import { hash } from 'bcrypt';
import { equalText, type Hasher, type PasswordCheck } from './hasher.js';

/** bcrypt ignores all bytes after these. */
const MAXIMUM_PASSWORD_BYTES = 72;

/** 2^15 is eight times the default cost: about two seconds. */
export const MAXIMUM_ROUNDS = 15;
export const MINIMUM_ROUNDS = 4;

/** @returns whether bcrypt supports this number of rounds and finishes in reasonable time */
export const areRounds = (rounds: number): boolean =>
  Number.isInteger(rounds) && rounds >= MINIMUM_ROUNDS && rounds <= MAXIMUM_ROUNDS;

const FORMAT = /^\$(\$2[ab]\$(\d\d)\$[./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$/;

/**
 * Reads the text after Django's algorithm name: `$$2b$<rounds>$<22 salt><31 hash>`. `$2y$` is PHP's spelling, which
 * neither Django nor its Python library writes.
 *
 * @param digest - the input for bcrypt, or undefined if bcrypt could not distinguish the password from another
 */
export const readBcrypt = (
  text: string,
  digest: (password: string) => string | undefined,
): PasswordCheck | undefined => {
  const [, salt, rounds] = FORMAT.exec(text) ?? [];
  if (salt === undefined || !areRounds(Number(rounds))) return undefined;
  return async (password) => {
    const input = digest(password);
    return input !== undefined && equalText(`$${await hash(input, salt)}`, text);
  };
};

/**
 * The password itself, unless bcrypt would accept another one in its place: it truncates after 72 bytes and repeats
 * its key with a NUL in between, so that it cannot distinguish `p` from `p\0p`.
 */
const distinguishable = (password: string): string | undefined =>
  Buffer.byteLength(password) > MAXIMUM_PASSWORD_BYTES || password.includes('\0') ? undefined : password;

/** `bcrypt$$2b$<rounds>$...` over the bare password; 4 to 15 rounds. Not in Django's default list. */
export const bcrypt: Hasher = {
  algorithm: 'bcrypt',
  read: (encoded) => readBcrypt(encoded.slice('bcrypt'.length), distinguishable),
};
