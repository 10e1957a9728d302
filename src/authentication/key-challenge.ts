import { createHash } from 'node:crypto';
import { type Clock, MINUTE } from '../kernel/clock.js';
import type { Random } from '../kernel/random.js';
import { cookieToSet, cookieValue, serializeCookie } from '../platform/http/cookies.js';
import type { Exchange } from '../platform/http/exchange.js';
import { equalInConstantTime, saltedHmac } from './signing.js';

/** What the answer of a key is for: one that was given for something else counts for nothing. */
export type KeyPurpose =
  | { readonly kind: 'enrolment' | 'proof' | 'second-step'; readonly userId: number }
  /** Without a password: whose key answers is not known before. */
  | { readonly kind: 'sign-in'; readonly userId: null };

const COOKIE = 'webauthn';
const SALT = 'auth_server.webauthn_challenge';
export const CHALLENGE_AGE = 5 * MINUTE;

const SECRET_BYTES = 32;
const SECRET_FORM = /^[\w-]{43}$/;
const RANDOM_BYTES = 16;
const TIME_BYTES = 6;
const HEAD_BYTES = RANDOM_BYTES + TIME_BYTES;
const FORM = /^[\w-]{72}$/;

export interface KeyChallengeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secretKey: () => string;
  /** `SESSION_COOKIE_SECURE`. */
  readonly isSecure: boolean;
}

/**
 * Challenges for passkeys and security keys: 16 random bytes, the time, and a signature of these, of what they are for
 * and of a secret that only this browser has. No server has to remember them, until they are answered.
 */
export function createKeyChallenges({ clock, random, secretKey, isSecure }: KeyChallengeDeps) {
  const seal = (head: Buffer, { kind, userId }: KeyPurpose, browser: string): Buffer =>
    saltedHmac(SALT, JSON.stringify([head.toString('base64url'), kind, userId, browser]), secretKey());

  const browserOf = ({ cookies, setCookies }: Exchange): string | undefined => {
    const value = cookieToSet(setCookies, COOKIE) ?? cookieValue(cookies, COOKIE) ?? '';
    return SECRET_FORM.test(value) ? value : undefined;
  };

  return {
    /** Gives the browser a secret, or keeps the one that it has for other tabs. @returns a challenge in base64url */
    issue: (exchange: Exchange, purpose: KeyPurpose): string => {
      const browser = browserOf(exchange) ?? random.bytes(SECRET_BYTES).toString('base64url');
      const attributes = { maxAgeSeconds: CHALLENGE_AGE / 1000, httpOnly: true, secure: isSecure };
      exchange.setCookies.set(COOKIE, serializeCookie(COOKIE, browser, attributes, clock.now()));
      const head = Buffer.alloc(HEAD_BYTES);
      random.bytes(RANDOM_BYTES).copy(head);
      head.writeUIntBE(clock.now(), RANDOM_BYTES, TIME_BYTES);
      return Buffer.concat([head, seal(head, purpose, browser)]).toString('base64url');
    },

    /** @returns whether this browser was given the challenge for this purpose, less than five minutes ago */
    accepts: (exchange: Exchange, challenge: string, purpose: KeyPurpose): boolean => {
      const browser = browserOf(exchange);
      if (browser === undefined || !FORM.test(challenge)) return false;
      const bytes = Buffer.from(challenge, 'base64url');
      const head = bytes.subarray(0, HEAD_BYTES);
      const own = Buffer.concat([head, seal(head, purpose, browser)]).toString('base64url');
      if (!equalInConstantTime(challenge, own)) return false;
      const age = clock.now() - head.readUIntBE(RANDOM_BYTES, TIME_BYTES);
      return age < CHALLENGE_AGE;
    },
  };
}

export type KeyChallenges = ReturnType<typeof createKeyChallenges>;

/** @returns the hash under which an answered challenge is stored */
export const challengeHash = (challenge: string): Buffer => createHash('sha256').update(challenge).digest();
