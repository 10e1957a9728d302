import { LOWER_DIGITS } from '../../kernel/random.js';
import type { Exchange } from '../../platform/http/exchange.js';
import type { Identity } from '../identity.js';
import { bindingsOf, isBound } from './binding.js';
import type { LiveSessions } from './live-sessions.js';
import type { OpenedSessions } from './opened-sessions.js';
import { sessionClientOf } from './session-client.js';
import { forgetSessionCookies, rotateCsrf, sendSessionCookies } from './session-cookies.js';
import type { SessionDeps } from './session-deps.js';
import { PENDING, type StoredSession } from './store.js';

const KEY_LENGTH = 32;

/** Everything that gives a request another session: signing in and out, registering, and changing a password. */
export function createSignIn(
  deps: SessionDeps,
  { open, pendingKey, replace }: OpenedSessions,
  live: LiveSessions,
) {
  const { store, clock, random, secretKey, observer } = deps;

  /**
   * Django's `login`, except for the key: Django keeps the key if the account stays the same. Here every sign-in
   * creates a new key and ends the previous session (OWASP ASVS 5.0, 7.2.4). The CSRF secret is renewed too. The
   * session is stored before this returns. In a store that is shared, it goes on with what Django keeps in the session,
   * unless that is of another account.
   *
   * @param factorAt when the user proved a second factor, in milliseconds since the epoch; null for never
   */
  const login = async (
    exchange: Exchange,
    identity: Identity,
    factorAt: number | null = null,
  ): Promise<void> => {
    const before = await open(exchange);
    const key = random.text(KEY_LENGTH, LOWER_DIGITS);
    const session = {
      userId: identity.account.id,
      ...bindingsOf(identity, secretKey(), store),
      startedAt: clock.now(),
      factorAt,
      client: sessionClientOf(exchange),
    };
    const goesOn = before?.userId === identity.account.id && isBound(before, identity, secretKey());
    const from = goesOn ? before.key : pendingKey(exchange);
    if (from === undefined || !(await live.move(from, key, session))) await live.begin(key, session);
    if (before !== undefined) {
      if (!goesOn) await live.end(before);
      observer.ended('replaced');
    }
    observer.opened();
    replace(exchange, { key, ...session });
    rotateCsrf(exchange, deps);
    sendSessionCookies(exchange, key, deps);
  };

  /**
   * Gives a user who registered and has to confirm an address a session without signing them in (allauth keeps the
   * registration in it). An existing session is kept. A failure to store it has no effect on the request: it is only
   * logged.
   */
  const beginPending = async (exchange: Exchange): Promise<void> => {
    try {
      const before = await open(exchange);
      const key = before?.key ?? pendingKey(exchange) ?? random.text(KEY_LENGTH, LOWER_DIGITS);
      await (before === undefined ? store.set(key, PENDING) : store.touch(key, before));
      sendSessionCookies(exchange, key, deps);
    } catch (error) {
      deps.onRenewalError(error);
    }
  };

  /**
   * Django's `update_session_auth_hash`: the session of the request continues under a new key, bound to the new
   * password.
   */
  const rebind = (exchange: Exchange, identity: Identity): Promise<void> => renew(exchange, identity, {});

  /** Notes in the session of the request that its user has just proved a second factor. It gets a new key. */
  const prove = (exchange: Exchange, identity: Identity): Promise<void> =>
    renew(exchange, identity, { factorAt: clock.now() });

  const renew = async (
    exchange: Exchange,
    identity: Identity,
    more: Partial<Pick<StoredSession, 'factorAt'>>,
  ): Promise<void> => {
    const before = await open(exchange);
    if (before?.userId !== identity.account.id) return;
    const key = random.text(KEY_LENGTH, LOWER_DIGITS);
    const session = { ...before, ...more, key, ...bindingsOf(identity, secretKey(), store) };
    if (!(await live.move(before.key, key, session))) {
      replace(exchange, undefined);
      forgetSessionCookies(exchange);
      return;
    }
    replace(exchange, session);
    sendSessionCookies(exchange, key, deps);
  };

  /** Django's `logout`: the session is deleted when this returns; the CSRF cookie stays. */
  const logout = async (exchange: Exchange): Promise<void> => {
    const session = await open(exchange);
    if (session === undefined) return;
    await live.end(session);
    observer.ended('logout');
    replace(exchange, undefined);
    forgetSessionCookies(exchange);
  };

  return { login, beginPending, rebind, prove, logout };
}
