import { SECOND } from '../../kernel/clock.js';
import type { Exchange } from '../../platform/http/exchange.js';
import type { LiveSessions } from './live-sessions.js';
import { forgetSessionCookies, isFresh, sessionKey } from './session-cookies.js';
import type { SessionDeps } from './session-deps.js';
import { beginOf, PENDING, type StoredSession } from './store.js';

export interface OpenSession extends StoredSession {
  readonly key: string;
}

type OpenedDeps = Pick<SessionDeps, 'store' | 'clock' | 'maximumAgeSeconds' | 'observer'>;

/** The current session of each request: the one it came with, later the one that the request created. */
export function createOpenedSessions(deps: OpenedDeps, live: LiveSessions) {
  const opened = new WeakMap<Exchange, Promise<OpenSession | undefined>>();
  /** Keys of sessions without a user. */
  const pending = new WeakMap<Exchange, string>();

  /** The session of the request, if a user has signed in; loaded once. The cookie of an unknown key is deleted. */
  const open = (exchange: Exchange): Promise<OpenSession | undefined> => {
    exchange.sessionSeen = true;
    let session = opened.get(exchange.whole);
    if (session === undefined) {
      session = load(exchange);
      opened.set(exchange.whole, session);
    }
    return session;
  };

  const load = async (exchange: Exchange): Promise<OpenSession | undefined> => {
    const key = sessionKey(exchange);
    if (key === undefined) {
      if (isFresh(exchange)) forgetSessionCookies(exchange);
      return undefined;
    }
    const stored = key === '' ? undefined : await deps.store.get(key);
    if (key === '' || stored === undefined) {
      forgetSessionCookies(exchange);
      return undefined;
    }
    if (stored === PENDING) {
      pending.set(exchange.whole, key);
      return undefined;
    }
    if (isOver(stored, deps)) {
      await live.end({ key, userId: stored.userId });
      deps.observer.ended('too_old');
      forgetSessionCookies(exchange);
      return undefined;
    }
    return { key, ...stored };
  };

  return {
    open,
    /** @returns the current result of `open`, without looking for a session if `open` was not called */
    current: (exchange: Exchange): Promise<OpenSession | undefined> | undefined => opened.get(exchange.whole),
    /** @returns the key of the session if it has been looked up and has no user */
    pendingKey: (exchange: Exchange): string | undefined => pending.get(exchange.whole),
    /** Gives the request another session, or none. */
    replace: (exchange: Exchange, session: OpenSession | undefined): void =>
      void opened.set(exchange.whole, Promise.resolve(session)),
  };
}

export type OpenedSessions = ReturnType<typeof createOpenedSessions>;

/** A session without a start time is not renewed, so that it ends too. */
function isOver(session: StoredSession, { clock, maximumAgeSeconds }: OpenedDeps): boolean {
  const began = beginOf(session);
  return began !== null && clock.now() - began >= maximumAgeSeconds * SECOND;
}
