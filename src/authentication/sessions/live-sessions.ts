import { LRUCache } from 'lru-cache';
import { MINUTE } from '../../kernel/clock.js';
import type { SessionDeps } from './session-deps.js';
import type { StoredSession } from './store.js';

/** Time between two notes of the use of a session by this process: what a list shows is at most so old. */
export const USE_INTERVAL = 5 * MINUTE;
/** Sessions whose last note a process remembers. A session that is forgotten here is only noted more often. */
const REMEMBERED = 50_000;

type LiveDeps = Pick<SessionDeps, 'store' | 'index' | 'clock' | 'onIndexError'>;

/** Opens, uses and ends sessions in their store and in the index. Failures of the index have no effect on requests. */
export function createLiveSessions({ store, index, clock, onIndexError }: LiveDeps) {
  // With `max` it would reserve the memory for all of them at once.
  const noted = new LRUCache<string, number>({ maxSize: REMEMBERED, sizeCalculation: () => 1 });

  const note = async (userId: number, key: string): Promise<void> => {
    const now = clock.now();
    noted.set(key, now);
    await index.note(userId, key, now).catch(onIndexError);
  };

  return {
    /** The session is stored, and listed, when this resolves. */
    begin: async (key: string, session: StoredSession): Promise<void> => {
      await store.set(key, session);
      await note(session.userId, key);
    },
    /**
     * The session goes on under another key, with what Django keeps in it. A store that is shared knows whether it has
     * been ended meanwhile; then there is none, and this resolves with false.
     */
    move: async (from: string, key: string, session: StoredSession): Promise<boolean> => {
      noted.delete(from);
      const isMoved = await store.move(from, key, session);
      await index.remove(session.userId, from).catch(onIndexError);
      if (isMoved) await note(session.userId, key);
      return isMoved;
    },
    /** Notes the use of a session in parallel with the request. Most uses cost a look into memory. */
    use: ({ key, userId }: Pick<StoredSession, 'userId'> & { readonly key: string }): void => {
      const last = noted.get(key);
      if (last === undefined || Math.abs(clock.now() - last) >= USE_INTERVAL) void note(userId, key);
    },
    /** The session has ended, for all replicas, when this resolves. */
    end: async ({ key, userId }: Pick<StoredSession, 'userId'> & { readonly key: string }): Promise<void> => {
      noted.delete(key);
      await store.destroy(key);
      await index.remove(userId, key).catch(onIndexError);
    },
  };
}

export type LiveSessions = ReturnType<typeof createLiveSessions>;
