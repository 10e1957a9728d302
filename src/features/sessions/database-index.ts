import {
  type IndexedSession,
  MAXIMUM_LISTED,
  type SessionIndex,
} from '../../authentication/sessions/session-index.js';
import { PENDING, readSession } from '../../authentication/sessions/store.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { listSessionRows, noteSessionUse, type SessionRow } from './repository.js';

/** The table of sessions is its own index. */
export const createDatabaseIndex = (db: Queryable): SessionIndex => ({
  note: async (_userId, key, now) => {
    await noteSessionUse(db, key, new Date(now));
  },
  remove: () => Promise.resolve(),
  list: async (userId) => (await listSessionRows(db, userId, MAXIMUM_LISTED)).flatMap(sessionsIn),
});

function sessionsIn({ key, record, seenAt, remaining }: SessionRow): readonly IndexedSession[] {
  const stored = readSession(record);
  return stored === undefined || stored === PENDING ? [] : [{ ...stored, key, seenAt, remaining }];
}
