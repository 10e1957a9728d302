import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import { cookieValue, serializeCookie } from '../../platform/http/cookies.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { ATTEMPT_MINUTES } from '../../platform/oidc/provider.js';

/** Binds sign-ins to the browser in which they began: another one can't finish them (RFC 6819, 4.4.1.8). */
const COOKIE = 'signon';
const SECRET = /^[\w-]{43}$/;
const SECRET_BYTES = 32;

export interface BrowserDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** `SESSION_COOKIE_SECURE`. */
  readonly isSecure: boolean;
}

/** @returns 256 bits for URLs and cookies */
export const newSecret = (random: Random): string => random.bytes(SECRET_BYTES).toString('base64url');

/** @returns what the database keeps of a secret */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** @returns the secret of the browser; undefined if it has none */
export function browserSecret({ cookies }: Exchange): string | undefined {
  const value = cookieValue(cookies, COOKIE) ?? '';
  return SECRET.test(value) ? value : undefined;
}

/** Gives the browser a secret, or keeps the one that it has for sign-ins in other tabs. @returns it */
export function bindBrowser(exchange: Exchange, { clock, random, isSecure }: BrowserDeps): string {
  const secret = browserSecret(exchange) ?? newSecret(random);
  const attributes = { maxAgeSeconds: ATTEMPT_MINUTES * 60, httpOnly: true, secure: isSecure };
  exchange.setCookies.set(COOKIE, serializeCookie(COOKIE, secret, attributes, clock.now()));
  return secret;
}
