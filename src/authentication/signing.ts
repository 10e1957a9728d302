import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Django's `salted_hmac` with SHA-256: the key is the digest of salt and secret.
 *
 * @param salt separates the purposes of one secret
 * @returns the raw 32 bytes
 */
export function saltedHmac(salt: string, message: string, secretKey: string): Buffer {
  const key = createHash('sha256')
    .update(salt + secretKey)
    .digest();
  return createHmac('sha256', key).update(message).digest();
}

const SESSION_SALT = 'django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash';

/**
 * The value a session is bound to: Django's `get_session_auth_hash`.
 *
 * @param encodedPassword the password column
 * @returns 64 hex digits
 */
export const sessionAuthHash = (encodedPassword: string, secretKey: string): string =>
  saltedHmac(SESSION_SALT, encodedPassword, secretKey).toString('hex');

/** @returns whether two texts are equal, in a time that only depends on their lengths */
export function equalInConstantTime(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** @returns an integer above 0 in Django's base 62 */
const toBase62 = (value: number): string => {
  let [rest, text] = [value, ''];
  for (; rest > 0; rest = Math.floor(rest / 62)) text = BASE62.charAt(rest % 62) + text;
  return text;
};

/** @returns the number, or undefined for anything else */
const fromBase62 = (text: string): number | undefined =>
  /^[0-9A-Za-z]{1,10}$/.test(text)
    ? [...text].reduce((sum, digit) => sum * 62 + BASE62.indexOf(digit), 0)
    : undefined;

/**
 * Django's `signing.dumps`: `<base64 of JSON>:<base62 seconds>:<signature>`.
 *
 * @param nowMs milliseconds since the epoch
 */
export const signValue = (value: unknown, salt: string, secretKey: string, nowMs: number): string =>
  signText(Buffer.from(JSON.stringify(value)).toString('base64url'), salt, secretKey, nowMs);

/**
 * Django's `signing.loads`, without its compression.
 *
 * @param maxAgeSeconds maximum age of the signature, inclusive
 * @returns the value, or undefined if it is forged, malformed or too old
 */
export function unsignValue(
  text: string,
  salt: string,
  secretKey: string,
  age: { nowMs: number; maxAgeSeconds: number },
): unknown {
  const signed = unsignText(text, salt, secretKey);
  if (signed === undefined || /^\.|:/.test(signed.payload)) return undefined;
  if (Math.floor(age.nowMs / 1000) - signed.signedAt > age.maxAgeSeconds) return undefined;
  try {
    return JSON.parse(Buffer.from(signed.payload, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Django's `TimestampSigner.sign`.
 *
 * @param nowMs milliseconds since the epoch
 * @returns `<payload>:<base62 seconds>:<signature>`
 */
export function signText(payload: string, salt: string, secretKey: string, nowMs: number): string {
  const signed = `${payload}:${toBase62(Math.floor(nowMs / 1000))}`;
  return `${signed}:${signatureOf(signed, salt, secretKey)}`;
}

/**
 * Django's `TimestampSigner.unsign` of any age.
 *
 * @returns the payload, and when it was signed in seconds since the epoch; undefined if it is forged or malformed
 */
export function unsignText(
  text: string,
  salt: string,
  secretKey: string,
): { readonly payload: string; readonly signedAt: number } | undefined {
  const [, signed = '', payload = '', stamp = '', signature = ''] =
    /^((.*):([^:]*)):([^:]*)$/s.exec(text) ?? [];
  const signedAt = fromBase62(stamp);
  if (signedAt === undefined) return undefined;
  if (!equalInConstantTime(signature, signatureOf(signed, salt, secretKey))) return undefined;
  return { payload, signedAt };
}

const signatureOf = (signed: string, salt: string, secretKey: string): string =>
  saltedHmac(`${salt}signer`, signed, secretKey).toString('base64url');
