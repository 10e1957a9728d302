import type { Exchange } from '../../platform/http/exchange.js';
import type { Identity } from '../identity.js';
import { isBound } from './binding.js';
import { createLiveSessions } from './live-sessions.js';
import { createOpenedSessions, type OpenSession } from './opened-sessions.js';
import {
  changesSession,
  csrfTokenFor,
  forgetSessionCookies,
  isFresh,
  rotateCsrf,
  sendSessionCookies,
} from './session-cookies.js';
import type { SessionDeps } from './session-deps.js';
import { createSignIn } from './sign-in.js';
import { beginOf } from './store.js';

/** Django's sessions (`django.contrib.sessions`, `login`, `logout`) and CVAT's sliding renewal, on top of any store. */
export function createSessions(deps: SessionDeps) {
  const { store, secretKey, observer } = deps;
  const live = createLiveSessions(deps);
  const opened = createOpenedSessions(deps, live);
  const { open, current, replace } = opened;

  /**
   * @param identity the current state of the session's account
   * @returns whether the session still belongs to that account; if not, it has been ended
   */
  const confirm = async (exchange: Exchange, session: OpenSession, identity: Identity): Promise<boolean> => {
    if (isBound(session, identity, secretKey())) {
      live.use(session);
      return true;
    }
    await live.end(session);
    observer.ended('unbound');
    forgetSessionCookies(exchange);
    replace(exchange, undefined);
    return false;
  };

  /**
   * CVAT's `SessionRefreshMiddleware`: if its helper cookie is missing, the session is renewed, unless the answer is a
   * 5xx.
   */
  const renewWhenStale = (exchange: Exchange, session: OpenSession): void => {
    if (isFresh(exchange) || beginOf(session) === null || session.shared?.hasOwnEnd) return;
    exchange.beforeSend.push(async (status) => {
      const now = await current(exchange);
      if (status >= 500 || now?.key !== session.key || changesSession(exchange)) return;
      try {
        await store.touch(session.key, session);
        sendSessionCookies(exchange, session.key, deps);
      } catch (error) {
        deps.onRenewalError(error);
      }
    });
  };

  /**
   * Ends the session of a closed account for good without deleting its cookie: the next request finds no session for it.
   */
  const end = async (exchange: Exchange, session: OpenSession): Promise<void> => {
    await live.end(session);
    observer.ended('account_closed');
    replace(exchange, undefined);
  };

  /** Ends a session that a request has chosen; if it is the one of the request, its cookie goes too. */
  const revoke = async (exchange: Exchange, session: Pick<OpenSession, 'key' | 'userId'>): Promise<void> => {
    await live.end(session);
    observer.ended('revoked');
    if ((await current(exchange))?.key !== session.key) return;
    replace(exchange, undefined);
    forgetSessionCookies(exchange);
  };

  return {
    open,
    confirm,
    renewWhenStale,
    end,
    revoke,
    ...createSignIn(deps, opened, live),
    rotateCsrf: (exchange: Exchange): void => void rotateCsrf(exchange, deps),
    csrfTokenFor: (exchange: Exchange): string => csrfTokenFor(exchange, deps),
  };
}

export type Sessions = ReturnType<typeof createSessions>;
