import type { StoredSession } from './store.js';

/**
 * A list of an account's sessions has at most so many: those that were used last. All sessions end together by what
 * they are bound to, and not by this list.
 */
export const MAXIMUM_LISTED = 1000;

/** A session as it is stored, with what the store knows of it. */
export interface IndexedSession extends StoredSession {
  readonly key: string;
  /** When a request last used it, in milliseconds since the epoch; null if that was before the index existed. */
  readonly seenAt: number | null;
  /** Milliseconds until it ends unless it is renewed. */
  readonly remaining: number;
}

/** Finds the sessions of an account. It only points at sessions: none lives, returns or ends because of it. */
export interface SessionIndex {
  /** Notes that a session was opened or used. @param now milliseconds since the epoch */
  readonly note: (userId: number, key: string, now: number) => Promise<void>;
  /** Forgets a session that has ended. */
  readonly remove: (userId: number, key: string) => Promise<void>;
  /** @returns the sessions that exist, at most {@link MAXIMUM_LISTED}; some may not be bound to the account any more */
  readonly list: (userId: number) => Promise<readonly IndexedSession[]>;
}
