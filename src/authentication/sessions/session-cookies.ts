import { DAY, SECOND } from '../../kernel/clock.js';
import { cookieValue, deletionCookie, serializeCookie } from '../../platform/http/cookies.js';
import type { Exchange } from '../../platform/http/exchange.js';
import {
  CSRF_COOKIE,
  CSRF_COOKIE_AGE,
  createCsrfSecret,
  csrfFormatProblem,
  maskCsrfSecret,
  unmaskCsrfToken,
} from '../csrf.js';
import type { SessionDeps } from './session-deps.js';

const SESSION_COOKIE = 'sessionid';
const FRESH_COOKIE = 'sessionfresh';

type CookieDeps = Pick<
  SessionDeps,
  'clock' | 'random' | 'ageSeconds' | 'secureSessionCookie' | 'secureCsrfCookie'
>;

/**
 * @returns the key in the session cookie; undefined without a cookie, empty if the value cannot be a key. Two
 *   different values under the name are treated as no key: one of them was planted from another path or domain.
 */
export function sessionKey(exchange: Exchange): string | undefined {
  const values = new Set(exchange.cookies.get(SESSION_COOKIE) ?? []);
  if (values.size === 0) return undefined;
  const value = cookieValue(exchange.cookies, SESSION_COOKIE) ?? '';
  return values.size === 1 && /^[a-z0-9]{32}$/.test(value) ? value : '';
}

/** @returns whether the browser has the helper cookie of CVAT's sliding renewal: the session needs no renewal yet */
export const isFresh = (exchange: Exchange): boolean => exchange.cookies.has(FRESH_COOKIE);

/** @returns whether the answer already sets or deletes the session cookie */
export const changesSession = (exchange: Exchange): boolean => exchange.setCookies.has(SESSION_COOKIE);

/** Sends the key of a session, and the helper cookie to a browser that has none. */
export function sendSessionCookies(exchange: Exchange, key: string, deps: CookieDeps): void {
  const { clock, ageSeconds } = deps;
  const attributes = { maxAgeSeconds: ageSeconds, httpOnly: true, secure: deps.secureSessionCookie };
  exchange.setCookies.set(SESSION_COOKIE, serializeCookie(SESSION_COOKIE, key, attributes, clock.now()));
  exchange.setCookies.delete(FRESH_COOKIE);
  if (isFresh(exchange)) return;
  const freshSeconds = Math.min(DAY / SECOND, Math.floor(ageSeconds / 2));
  exchange.setCookies.set(
    FRESH_COOKIE,
    serializeCookie(FRESH_COOKIE, '1', { ...attributes, maxAgeSeconds: freshSeconds }, clock.now()),
  );
}

/** Deletes the session cookies that the browser sent. */
export function forgetSessionCookies(exchange: Exchange): void {
  for (const name of [SESSION_COOKIE, FRESH_COOKIE]) {
    if (exchange.cookies.has(name)) exchange.setCookies.set(name, deletionCookie(name));
  }
}

/** Django's `get_token`. @returns a token for a form; the browser gets a CSRF secret if it has none */
export function csrfTokenFor(exchange: Exchange, deps: CookieDeps): string {
  return maskCsrfSecret(
    newSecrets.get(exchange.whole) ?? sentSecret(exchange) ?? rotateCsrf(exchange, deps),
    deps.random,
  );
}

/** The secrets that answers give to browsers. */
const newSecrets = new WeakMap<Exchange, string>();

function sentSecret({ cookies }: Exchange): string | undefined {
  const sent = cookieValue(cookies, CSRF_COOKIE);
  return sent === undefined || csrfFormatProblem(sent) !== undefined ? undefined : unmaskCsrfToken(sent);
}

/** Django's `rotate_token`: the browser gets a new CSRF secret. @returns it */
export function rotateCsrf(exchange: Exchange, deps: CookieDeps): string {
  const secret = createCsrfSecret(deps.random);
  const attributes = { maxAgeSeconds: CSRF_COOKIE_AGE, httpOnly: false, secure: deps.secureCsrfCookie };
  exchange.setCookies.set(CSRF_COOKIE, serializeCookie(CSRF_COOKIE, secret, attributes, deps.clock.now()));
  exchange.csrfCookieSet = true;
  newSecrets.set(exchange.whole, secret);
  return secret;
}
