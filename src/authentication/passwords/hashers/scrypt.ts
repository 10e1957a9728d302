import { type ScryptOptions, scrypt as scryptCallback } from 'node:crypto';
import { promisify } from 'node:util';
import { equalText, type Hasher, isLostByHmac, MAXIMUM_MEMORY_BYTES } from './hasher.js';

const FORMAT = /^scrypt\$([1-9]\d{0,9})\$([^$]+)\$([1-9]\d{0,9})\$([1-9]\d{0,9})\$([A-Za-z0-9+/]{86}==)$/;
const KEY_BYTES = 64;

const derive = promisify<string, string, number, ScryptOptions, Buffer>(scryptCallback);

/** N * r * p: Django 5.1 uses 2^19.3 (N=16384, r=8, p=5); this much takes a second or two. */
const MAXIMUM_WORK = 2 ** 22;
/** r * p, in blocks of 128 bytes: Django uses 40. HMAC fills and folds them regardless of N. */
const MAXIMUM_BLOCKS = 2 ** 13;
/** The table of 128*N*r bytes, plus the blocks and two scratch buffers of 128*r. */
const MAXIMUM_TOTAL_BYTES = MAXIMUM_MEMORY_BYTES + 3 * 128 * MAXIMUM_BLOCKS;

/** RFC 7914 section 2: N is a power of two greater than 1 and less than 2^(128*r/8). */
const isDefined = (N: number, r: number): boolean =>
  N > 1 && Number.isInteger(Math.log2(N)) && Math.log2(N) < 16 * r;

const isBearable = (N: number, r: number, p: number): boolean =>
  N * r * p <= MAXIMUM_WORK && r * p <= MAXIMUM_BLOCKS && 128 * N * r <= MAXIMUM_MEMORY_BYTES;

/**
 * `scrypt$<N>$<salt>$<r>$<p>$<base64>`: at most 2^22 for N*r*p, 2^13 for r*p and 2^20, 128 MiB, for N*r.
 */
export const scrypt: Hasher = {
  algorithm: 'scrypt',
  read: (encoded) => {
    const [, nText, salt, rText, pText, key] = FORMAT.exec(encoded) ?? [];
    if (salt === undefined || key === undefined) return undefined;
    const [N, r, p] = [Number(nText), Number(rText), Number(pText)];
    if (!isDefined(N, r) || !isBearable(N, r, p)) return undefined;
    return async (password) => {
      const derived = await derive(password, salt, KEY_BYTES, { N, r, p, maxmem: MAXIMUM_TOTAL_BYTES });
      return equalText(derived.toString('base64'), key) && !isLostByHmac(password);
    };
  },
};
