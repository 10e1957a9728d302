import { LOWER_DIGITS } from '../../kernel/random.js';
import type { Exchange } from '../../platform/http/exchange.js';
import type { Identity } from '../identity.js';
import { bindingOf } from './binding.js';
import type { OpenedSessions } from './opened-sessions.js';
import { forgetSessionCookies, rotateCsrf, sendSessionCookies } from './session-cookies.js';
import type { SessionDeps } from './session-deps.js';
import { PENDING } from './store.js';

const KEY_LENGTH = 32;

/** Everything that gives a request another session: signing in and out, registering, and changing a password. */
export function createSignIn(deps: SessionDeps, { open, pendingKey, replace }: OpenedSessions) {
  const { store, clock, random, secretKey, observer } = deps;

  /**
   * Django's `login`, except for the key: Django keeps the key if the account stays the same. Here every sign-in
   * creates a new key and ends the previous session (OWASP ASVS 5.0, 7.2.4). The CSRF secret is renewed too. The
   * session is stored before this returns.
   */
  const login = async (exchange: Exchange, identity: Identity): Promise<void> => {
    const before = await open(exchange);
    const authHash = bindingOf(identity, secretKey());
    const key = random.text(KEY_LENGTH, LOWER_DIGITS);
    const session = { userId: identity.account.id, authHash, startedAt: clock.now() };
    const replaced = before?.key ?? pendingKey(exchange);
    if (replaced !== undefined) await store.destroy(replaced);
    if (before !== undefined) observer.ended('replaced');
    await store.set(key, session);
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
  const rebind = async (exchange: Exchange, identity: Identity): Promise<void> => {
    const before = await open(exchange);
    if (before?.userId !== identity.account.id) return;
    const key = random.text(KEY_LENGTH, LOWER_DIGITS);
    const session = { ...before, key, authHash: bindingOf(identity, secretKey()) };
    await store.set(key, session);
    await store.destroy(before.key);
    replace(exchange, session);
    sendSessionCookies(exchange, key, deps);
  };

  /** Django's `logout`: the session is deleted when this returns; the CSRF cookie stays. */
  const logout = async (exchange: Exchange): Promise<void> => {
    const session = await open(exchange);
    if (session === undefined) return;
    await store.destroy(session.key);
    observer.ended('logout');
    replace(exchange, undefined);
    forgetSessionCookies(exchange);
  };

  return { login, beginPending, rebind, logout };
}
