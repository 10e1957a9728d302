import type { IdentityStore } from '../../authentication/identity.js';
import { isBound, newLineage } from '../../authentication/sessions/binding.js';
import type { OpenSession } from '../../authentication/sessions/opened-sessions.js';
import type { SessionClient } from '../../authentication/sessions/session-client.js';
import type { IndexedSession, SessionIndex } from '../../authentication/sessions/session-index.js';
import { beginOf } from '../../authentication/sessions/store.js';
import { saltedHmac } from '../../authentication/signing.js';
import { type Clock, SECOND } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { lockBinding, replaceLineage, type StoredSessions } from '../users/index.js';

export interface SessionServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly secretKey: () => string;
  readonly identities: Pick<IdentityStore, 'byId'>;
  readonly index: SessionIndex;
  readonly stored: StoredSessions;
  /** A session lives at most this many seconds, even with renewals. */
  readonly maximumAgeSeconds: number;
}

/** A session, as people see it. Its key stays in this file. */
export interface Session {
  readonly id: string;
  readonly isCurrent: boolean;
  readonly client: SessionClient | null;
  /** These are milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly seenAt: number | null;
  readonly expiresAt: number;
}

/** The session that goes on when all others of its account end. */
type KeptSession = Pick<OpenSession, 'key' | 'userId' | 'authHash' | 'shared'>;

const ID_SALT = 'auth_server.session_id';
const ID_LENGTH = 32;

/** The sessions of accounts: seeing them, and ending one, all others, or all. CVAT has nothing like it. */
export function createSessionService(deps: SessionServiceDeps) {
  const { db, clock, secretKey, index } = deps;

  /** The public id of a session, from which nobody can compute its key. */
  const idOf = (key: string): string =>
    saltedHmac(ID_SALT, key, secretKey()).toString('hex').slice(0, ID_LENGTH);

  const liveOf = async (userId: number): Promise<readonly IndexedSession[]> => {
    const [identity, sessions] = await Promise.all([
      deps.identities.byId(userId, { kind: 'absent' }),
      index.list(userId),
    ]);
    if (identity === undefined) return [];
    const isLive = (session: IndexedSession) =>
      isBound(session, identity, secretKey()) && endOf(session) > clock.now();
    return sessions.filter(isLive);
  };

  /** The store has a clock of its own: only the time that remains is comparable. */
  const endOf = (session: IndexedSession): number => {
    const end = clock.now() + session.remaining;
    const began = beginOf(session);
    return began === null ? end : Math.min(end, began + deps.maximumAgeSeconds * SECOND);
  };

  /**
   * @param currentKey key of the session of the request; undefined for other credentials
   * @returns the sessions of the account, those used last first
   */
  const list = async (userId: number, currentKey: string | undefined): Promise<readonly Session[]> =>
    (await liveOf(userId))
      .map((session) => {
        const isCurrent = session.key === currentKey;
        return {
          id: idOf(session.key),
          isCurrent,
          client: session.client,
          startedAt: session.startedAt,
          seenAt: isCurrent ? clock.now() : session.seenAt,
          expiresAt: endOf(session),
        };
      })
      .sort((left, right) => (right.seenAt ?? 0) - (left.seenAt ?? 0) || (left.id < right.id ? -1 : 1));

  /** @returns the key of one of the account's sessions. @throws NotFound for any other id */
  const find = async (userId: number, id: string | undefined): Promise<string> =>
    found((await liveOf(userId)).find(({ key }) => idOf(key) === id)?.key, 'Session');

  /** `endAll` in a transaction of the caller, whose end ends the sessions. @throws NotFound */
  const endAllIn = async (tx: Queryable, userId: number): Promise<void> => {
    const { password } = found(await lockBinding(tx, userId), 'User');
    await replaceLineage(tx, userId, newLineage(password, deps));
    await deps.stored.end(tx, userId);
  };

  /**
   * Ends all sessions of an account by what they are bound to: also those that no list shows, at once and on all
   * replicas.
   *
   * @throws NotFound if the account has been deleted
   */
  const endAll = (userId: number): Promise<void> => db.transaction((tx) => endAllIn(tx, userId));

  /** `endOthers` in a transaction of the caller, whose end ends the sessions. */
  const endOthersIn = async (tx: Queryable, current: KeptSession): Promise<boolean> => {
    const subject = await lockBinding(tx, current.userId);
    if (subject === undefined || !isBound(current, subject, secretKey())) return false;
    await replaceLineage(tx, current.userId, newLineage(subject.password, deps, current.key));
    await deps.stored.end(tx, current.userId, current.key);
    return true;
  };

  /**
   * Ends all sessions of an account but one.
   *
   * @returns false if that one was ended meanwhile: of two sessions that end each other at once, one goes on
   */
  const endOthers = (current: KeptSession): Promise<boolean> =>
    db.transaction((tx) => endOthersIn(tx, current));

  return { list, find, endAll, endAllIn, endOthers, endOthersIn };
}

export type SessionService = ReturnType<typeof createSessionService>;
