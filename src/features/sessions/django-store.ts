import {
  type DjangoData,
  decodeDjangoData,
  encodeDjangoData,
} from '../../authentication/sessions/django-data.js';
import { readDjangoRecord, writeDjangoRecord } from '../../authentication/sessions/django-record.js';
import {
  type IndexedSession,
  MAXIMUM_LISTED,
  type SessionIndex,
} from '../../authentication/sessions/session-index.js';
import { PENDING, type SessionStore, type StoredSession } from '../../authentication/sessions/store.js';
import type { Clock } from '../../kernel/clock.js';
import type { Database } from '../../platform/db/pool.js';
import type { StoredSessions } from '../users/index.js';
import {
  type DjangoRow,
  extendDjangoSession,
  findDjangoSession,
  inheritFirstSight,
  insertDjangoSession,
  type ListedDjangoRow,
  listDjangoSessions,
  listSessionsFor,
  lockDjangoSession,
  noteDjangoSession,
  removeDjangoSessions,
  removeExpiredDjangoSessions,
  type SeenDjangoRow,
} from './django-repository.js';

export interface DjangoStoreDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** CVAT's. */
  readonly secretKey: string;
  /** A session lives this many seconds after its last renewal. */
  readonly ageSeconds: number;
}

/** Sessions that are read or removed at once: each takes thirty microseconds, in which nobody else is served. */
const AT_ONCE = 500;

const NOTHING: DjangoData = new Map();

/** Sessions in Django's table `django_session`, as `django.contrib.sessions.backends.db` keeps them. */
export function createDjangoStore({ db, clock, secretKey, ageSeconds }: DjangoStoreDeps) {
  const encode = (data: DjangoData): string => encodeDjangoData(data, secretKey, clock.now());

  const read = ({ data, firstSeenAt }: Omit<SeenDjangoRow, 'key'>) => {
    const decoded = decodeDjangoData(data, secretKey);
    return decoded === undefined ? undefined : readDjangoRecord(decoded, firstSeenAt);
  };

  const store: SessionStore = {
    isShared: true,
    get: async (key) => {
      const row = await findDjangoSession(db.lookups, key);
      return row === undefined ? undefined : read(row);
    },
    set: async (key, stored) => {
      // One that is there has nobody signed in, and stays what it is.
      if (stored === PENDING && (await extendDjangoSession(db, key, ageSeconds))) return;
      const data = encode(stored === PENDING ? NOTHING : writeDjangoRecord(NOTHING, stored));
      await insertDjangoSession(db, { key, data }, ageSeconds);
    },
    move: (from, key, stored) =>
      db.transaction(async (tx) => {
        const row = await lockDjangoSession(tx, from);
        if (row === undefined) return false;
        const data = encode(writeDjangoRecord(decodeDjangoData(row.data, secretKey) ?? NOTHING, stored));
        await insertDjangoSession(tx, { key, data }, ageSeconds);
        await inheritFirstSight(tx, from, key);
        await removeDjangoSessions(tx, [from]);
        return true;
      }),
    touch: async (key) => {
      await extendDjangoSession(db, key, ageSeconds);
    },
    destroy: async (key) => {
      await removeDjangoSessions(db, [key]);
    },
  };

  const isOf = (userId: number, row: DjangoRow): boolean => {
    const stored = read({ ...row, firstSeenAt: null });
    return stored !== undefined && stored !== PENDING && stored.userId === userId;
  };

  /** Django's table does not say whose a session is: all are read but those that are known to be of others. */
  const stored: StoredSessions = {
    end: async (tx, userId, keptKey) => {
      let rows: readonly DjangoRow[] = [];
      do {
        rows = await listSessionsFor(tx, userId, rows.at(-1)?.key ?? '', AT_ONCE);
        const ending = rows.filter((row) => row.key !== keptKey && isOf(userId, row));
        if (ending.length > 0)
          await removeDjangoSessions(
            tx,
            ending.map(({ key }) => key),
          );
      } while (rows.length === AT_ONCE);
    },
  };

  return {
    store,
    index: createIndex(db, read),
    stored,
    /** Removes the sessions that have expired. @returns how many */
    prune: async (): Promise<number> => {
      let total = 0;
      for (let count = AT_ONCE; count === AT_ONCE; total += count)
        count = await removeExpiredDjangoSessions(db, AT_ONCE);
      return total;
    },
  };
}

/** Lists the sessions that this server has seen, whoever opened them. */
function createIndex(
  db: Database,
  read: (row: ListedDjangoRow) => StoredSession | typeof PENDING | undefined,
): SessionIndex {
  const sessionsIn = (userId: number, row: ListedDjangoRow): readonly IndexedSession[] => {
    const stored = read(row);
    if (stored === undefined || stored === PENDING || stored.userId !== userId) return [];
    return [{ ...stored, key: row.key, seenAt: row.seenAt, remaining: row.remaining }];
  };
  return {
    note: async (userId, key, now) => {
      await noteDjangoSession(db, userId, key, new Date(now));
    },
    // Its row goes with the session.
    remove: () => Promise.resolve(),
    list: async (userId) =>
      (await listDjangoSessions(db, userId, MAXIMUM_LISTED)).flatMap((row) => sessionsIn(userId, row)),
  };
}
