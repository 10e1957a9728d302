import { SECOND } from '../../kernel/clock.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { forgetSessionCookies, isFresh, sessionKey } from './session-cookies.js';
import type { SessionDeps } from './session-deps.js';
import { PENDING, type StoredSession } from './store.js';

export interface OpenSession extends StoredSession {
  readonly key: string;
}

type OpenedDeps = Pick<SessionDeps, 'store' | 'clock' | 'maximumAgeSeconds'>;

/** Which session each request has at the moment: the one that came with it, then what the request made of it. */
export function createOpenedSessions(deps: OpenedDeps) {
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
      if (isFresh(exchange)) forgetSessionCookies(exchange);
      return undefined;
    }
    const stored = key === '' ? undefined : await deps.store.get(key);
    if (key === '' || stored === undefined) {
      forgetSessionCookies(exchange);
      return undefined;
    }
    if (stored === PENDING) {
      pending.set(exchange, key);
      return undefined;
    }
    if (isOver(stored, deps)) {
      await deps.store.destroy(key);
      forgetSessionCookies(exchange);
      return undefined;
    }
    return { key, ...stored };
  };

  return {
    open,
    /** @returns what `open` gave, as it is now, without looking for a session where nobody did */
    current: (exchange: Exchange): Promise<OpenSession | undefined> | undefined => opened.get(exchange),
    /** @returns the key of the session, once it was looked for, if nobody has signed in to it */
    pendingKey: (exchange: Exchange): string | undefined => pending.get(exchange),
    /** Gives the request another session, or none. */
    replace: (exchange: Exchange, session: OpenSession | undefined): void =>
      void opened.set(exchange, Promise.resolve(session)),
  };
}

export type OpenedSessions = ReturnType<typeof createOpenedSessions>;

/** Of a session that does not say when it began the renewal is left out, so that it ends as well. */
const isOver = ({ startedAt }: StoredSession, { clock, maximumAgeSeconds }: OpenedDeps): boolean =>
  startedAt !== null && clock.now() - startedAt >= maximumAgeSeconds * SECOND;
