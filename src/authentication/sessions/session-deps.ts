import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { SessionIndex } from './session-index.js';
import type { SessionStore } from './store.js';

/**
 * Why the server ended a session: a sign-out, a newer sign-in in the same browser, SESSION_MAX_AGE, a password that was
 * changed since or a request or an operator that ended all sessions of an account, an account that was closed, or a
 * request that ended this one.
 */
export const SESSION_ENDS = [
  'logout',
  'replaced',
  'too_old',
  'unbound',
  'account_closed',
  'revoked',
] as const;
export type SessionEnd = (typeof SESSION_ENDS)[number];

/** Told when sessions of users open and end. Nobody is told of sessions that expire unused. Must not throw. */
export interface SessionObserver {
  readonly opened: () => void;
  readonly ended: (reason: SessionEnd) => void;
}

export interface SessionDeps {
  readonly store: SessionStore;
  readonly index: SessionIndex;
  readonly clock: Clock;
  readonly random: Random;
  /** Known once the server has started. */
  readonly secretKey: () => string;
  /** A session lives this many seconds after its last renewal. */
  readonly ageSeconds: number;
  /** A session lives at most this many seconds, even with renewals. */
  readonly maximumAgeSeconds: number;
  readonly secureSessionCookie: boolean;
  readonly secureCsrfCookie: boolean;
  /** A failed renewal has no effect on the request: it is only logged. */
  readonly onRenewalError: (error: unknown) => void;
  /** The index only serves lists: a failure is only logged. */
  readonly onIndexError: (error: unknown) => void;
  readonly observer: SessionObserver;
}
