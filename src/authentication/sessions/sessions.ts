import { type Clock, DAY, SECOND } from '../../kernel/clock.js';
import { LOWER_DIGITS, type Random } from '../../kernel/random.js';
import { cookieValue, deletionCookie, serializeCookie } from '../../platform/http/cookies.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { CSRF_COOKIE, CSRF_COOKIE_AGE, createCsrfSecret } from '../csrf.js';
import type { Identity } from '../identity.js';
import { equalInConstantTime } from '../signing.js';
import { bindingOf } from './binding.js';
import { PENDING, type SessionStore, type StoredSession } from './store.js';

const SESSION_COOKIE = 'sessionid';
const FRESH_COOKIE = 'sessionfresh';
const KEY_LENGTH = 32;

export interface SessionDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Known when the server has started. */
  readonly secretKey: () => string;
  /** Seconds a session lives after its last renewal. */
  readonly ageSeconds: number;
  /** Seconds a session lives at most, however often it is renewed. */
  readonly maximumAgeSeconds: number;
  readonly secureSessionCookie: boolean;
  readonly secureCsrfCookie: boolean;
  /** A renewal that failed costs nobody anything: it is only logged. */
  readonly onRenewalError: (error: unknown) => void;
}

interface OpenSession extends StoredSession {
  readonly key: string;
}

/** Django's sessions (`django.contrib.sessions`, `login`, `logout`) and CVAT's sliding renewal, over any store. */
export function createSessions(deps: SessionDeps) {
  const { store, clock, random, secretKey, ageSeconds } = deps;
  const opened = new WeakMap<Exchange, Promise<OpenSession | undefined>>();
  /** Keys of sessions that nobody has signed in to. */
  const pending = new WeakMap<Exchange, string>();

  /** The session of the request, if somebody signed in to it; loaded once. An unknown key has its cookie deleted. */
  const open = (exchange: Exchange): Promise<OpenSession | undefined> => {
    exchange.sessionSeen = true;
    let session = opened.get(exchange);
    if (session === undefined) {
      session = load(exchange);
      opened.set(exchange, session);
    }
    return session;
  };

  const load = async (exchange: Exchange): Promise<OpenSession | undefined> => {
    const key = sessionKey(exchange);
    if (key === undefined) {
      if (exchange.cookies.has(FRESH_COOKIE)) forgetCookies(exchange);
      return undefined;
    }
    const stored = key === '' ? undefined : await store.get(key);
    if (key === '' || stored === undefined) {
      forgetCookies(exchange);
      return undefined;
    }
    if (stored === PENDING) {
      pending.set(exchange, key);
      return undefined;
    }
    if (isOver(stored)) {
      await store.destroy(key);
      forgetCookies(exchange);
      return undefined;
    }
    return { key, ...stored };
  };

  /** Of a session that does not say when it began the renewal is left out, so that it ends as well. */
  const isOver = ({ startedAt }: StoredSession): boolean =>
    startedAt !== null && clock.now() - startedAt >= deps.maximumAgeSeconds * SECOND;

  /**
   * @param identity the account of the session, as it is now
   * @returns whether the session still is that account's; if not it has been ended
   */
  const confirm = async (exchange: Exchange, session: OpenSession, identity: Identity): Promise<boolean> => {
    if (equalInConstantTime(session.authHash, bindingOf(identity, secretKey()))) return true;
    await store.destroy(session.key);
    forgetCookies(exchange);
    opened.set(exchange, Promise.resolve(undefined));
    return false;
  };

  /** CVAT's `SessionRefreshMiddleware`: without its helper cookie the session is renewed, unless the answer is a 5xx. */
  const renewWhenStale = (exchange: Exchange, session: OpenSession): void => {
    if (exchange.cookies.has(FRESH_COOKIE) || session.startedAt === null) return;
    exchange.beforeSend.push(async (status) => {
      const now = await opened.get(exchange);
      if (status >= 500 || now?.key !== session.key || exchange.setCookies.has(SESSION_COOKIE)) return;
      try {
        await store.touch(session.key, session);
        sendSessionCookies(exchange, session.key);
      } catch (error) {
        deps.onRenewalError(error);
      }
    });
  };

  /**
   * Django's `login`, but for the key: there the same account keeps the one that it has, here a sign-in always gives a
   * new one and ends the session of before (OWASP ASVS 5.0, 7.2.4). The CSRF secret is new as well. The session is
   * stored before this returns.
   */
  const login = async (exchange: Exchange, identity: Identity): Promise<void> => {
    const before = await open(exchange);
    const authHash = bindingOf(identity, secretKey());
    const key = random.text(KEY_LENGTH, LOWER_DIGITS);
    const session = { userId: identity.account.id, authHash, startedAt: clock.now() };
    const replaced = before?.key ?? pending.get(exchange);
    if (replaced !== undefined) await store.destroy(replaced);
    await store.set(key, session);
    opened.set(exchange, Promise.resolve({ key, ...session }));
    rotateCsrf(exchange);
    sendSessionCookies(exchange, key);
  };

  /**
   * Gives who registered and has to confirm an address a session, though nobody is signed in to it (allauth keeps the
   * registration in it). One that is there goes on. That it cannot be stored costs nobody anything: it is only logged.
   */
  const beginPending = async (exchange: Exchange): Promise<void> => {
    try {
      const before = await open(exchange);
      const key = before?.key ?? pending.get(exchange) ?? random.text(KEY_LENGTH, LOWER_DIGITS);
      await (before === undefined ? store.set(key, PENDING) : store.touch(key, before));
      sendSessionCookies(exchange, key);
    } catch (error) {
      deps.onRenewalError(error);
    }
  };

  /** Django's `update_session_auth_hash`: the session of the request goes on under a new key, bound to the new password. */
  const rebind = async (exchange: Exchange, identity: Identity): Promise<void> => {
    const before = await open(exchange);
    if (before?.userId !== identity.account.id) return;
    const key = random.text(KEY_LENGTH, LOWER_DIGITS);
    const session = { ...before, key, authHash: bindingOf(identity, secretKey()) };
    await store.set(key, session);
    await store.destroy(before.key);
    opened.set(exchange, Promise.resolve(session));
    sendSessionCookies(exchange, key);
  };

  /** Django's `logout`: the session is gone when this returns; the CSRF cookie stays. */
  const logout = async (exchange: Exchange): Promise<void> => {
    const session = await open(exchange);
    if (session === undefined) return;
    await store.destroy(session.key);
    opened.set(exchange, Promise.resolve(undefined));
    forgetCookies(exchange);
  };

  /** Ends the session of the request for good and says nothing of it: the next request finds that its cookie is of none. */
  const end = async (exchange: Exchange, session: OpenSession): Promise<void> => {
    await store.destroy(session.key);
    opened.set(exchange, Promise.resolve(undefined));
  };

  const rotateCsrf = (exchange: Exchange): void => {
    const attributes = { maxAgeSeconds: CSRF_COOKIE_AGE, httpOnly: false, secure: deps.secureCsrfCookie };
    exchange.setCookies.set(
      CSRF_COOKIE,
      serializeCookie(CSRF_COOKIE, createCsrfSecret(random), attributes, clock.now()),
    );
    exchange.csrfCookieSet = true;
  };

  const sendSessionCookies = (exchange: Exchange, key: string): void => {
    const attributes = { maxAgeSeconds: ageSeconds, httpOnly: true, secure: deps.secureSessionCookie };
    exchange.setCookies.set(SESSION_COOKIE, serializeCookie(SESSION_COOKIE, key, attributes, clock.now()));
    exchange.setCookies.delete(FRESH_COOKIE);
    if (exchange.cookies.has(FRESH_COOKIE)) return;
    const freshSeconds = Math.min(DAY / SECOND, Math.floor(ageSeconds / 2));
    exchange.setCookies.set(
      FRESH_COOKIE,
      serializeCookie(FRESH_COOKIE, '1', { ...attributes, maxAgeSeconds: freshSeconds }, clock.now()),
    );
  };

  return { open, confirm, renewWhenStale, login, beginPending, rebind, logout, end, rotateCsrf };
}

export type Sessions = ReturnType<typeof createSessions>;

/**
 * @returns the key of the session cookie; undefined when there is none, empty when it can not be a key. Two different
 * values under the name are no key at all: one of them was planted from another path or domain.
 */
function sessionKey(exchange: Exchange): string | undefined {
  const values = new Set(exchange.cookies.get(SESSION_COOKIE) ?? []);
  if (values.size === 0) return undefined;
  const value = cookieValue(exchange.cookies, SESSION_COOKIE) ?? '';
  return values.size === 1 && /^[a-z0-9]{32}$/.test(value) ? value : '';
}

function forgetCookies(exchange: Exchange): void {
  for (const name of [SESSION_COOKIE, FRESH_COOKIE]) {
    if (exchange.cookies.has(name)) exchange.setCookies.set(name, deletionCookie(name));
  }
}
