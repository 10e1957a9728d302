import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Django's `salted_hmac` with SHA-256: the key is the digest of salt and secret.
 *
 * @param salt separates the purposes of one secret
 * @returns the raw 32 bytes
 */
export function saltedHmac(salt: string, message: string, secretKey: string): Buffer {
  const key = createHash('sha256').update(salt + secretKey).digest();
  return createHmac('sha256', key).update(message).digest();
}

const SESSION_SALT = 'django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash';

/**
 * What a session is bound to: Django's `get_session_auth_hash`.
 *
 * @param encodedPassword the password column
 * @returns 64 hex digits
 */
export const sessionAuthHash = (encodedPassword: string, secretKey: string): string =>
  saltedHmac(SESSION_SALT, encodedPassword, secretKey).toString('hex');

/** @returns whether two texts are equal, in a time that depends on their lengths only */
export function equalInConstantTime(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
