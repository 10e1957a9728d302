import type { Timestamp } from '../kernel/timestamp.js';
import { equalInConstantTime, saltedHmac } from './signing.js';

/** allauth's password reset tokens: valid once, for 3 days, and until the account changes. */

const SALT = 'django.contrib.auth.tokens.PasswordResetTokenGenerator';
/** Seconds. A token of exactly this age is still valid. */
export const RESET_TOKEN_AGE = 259_200;
/** Django counts from 2001-01-01; the server's time zone is UTC. */
const EPOCH_SECONDS = Date.UTC(2001, 0, 1) / 1000;

/** The data that a token covers: a change to any of it invalidates the token. */
export interface ResetSubject {
  readonly id: number;
  /** The password column. */
  readonly password: string;
  readonly lastLogin: Timestamp | null;
  readonly email: string;
  /** Every address of the account, including unverified ones. */
  readonly addresses: readonly string[];
}

/** @param nowMs milliseconds since the epoch */
export function createResetToken(subject: ResetSubject, secretKey: string, nowMs: number): string {
  return tokenAt(subject, secretKey, Math.floor(nowMs / 1000) - EPOCH_SECONDS);
}

/** @returns whether the token belongs to the account, is young enough, and none of the data it covers has changed */
export function isResetToken(
  token: string,
  subject: ResetSubject,
  secretKey: string,
  nowMs: number,
): boolean {
  const [stamp = '', hash, ...more] = token.split('-');
  const seconds = parseBase36(stamp);
  if (hash === undefined || more.length > 0 || seconds === undefined) return false;
  if (!equalInConstantTime(token, tokenAt(subject, secretKey, seconds))) return false;
  return Math.floor(nowMs / 1000) - EPOCH_SECONDS - seconds <= RESET_TOKEN_AGE;
}

function tokenAt(
  { id, password, lastLogin, email, addresses }: ResetSubject,
  secretKey: string,
  seconds: number,
): string {
  const login = lastLogin === null ? '' : lastLogin.slice(0, 19).replace('T', ' ');
  const all = [...new Set([email, ...addresses].filter((address) => address !== ''))].sort(byCodePoint);
  const message = `${id}${password}${login}${seconds}${email}${all.join('|')}`;
  const digits = saltedHmac(SALT, message, secretKey).toString('hex');
  return `${seconds.toString(36)}-${digits.replace(/(.)./g, '$1')}`;
}

/** Python sorts by code points, JavaScript by UTF-16 units. */
const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** allauth's `int_to_base36`. */
export const toBase36 = (id: number): string => id.toString(36);

/** Django's `base36_to_int`: case-insensitive, at most 13 digits. @returns undefined for anything else */
export function parseBase36(text: string): number | undefined {
  const value = /^[0-9a-z]{1,13}$/i.test(text) ? Number.parseInt(text, 36) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
