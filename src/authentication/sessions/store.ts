import session, { type SessionData, type Store } from 'express-session';

/** What a session holds, under the names Django gives it. */
declare module 'express-session' {
  interface SessionData {
    _auth_user_id: string;
    _auth_user_hash: string;
  }
}

export interface StoredSession {
  readonly userId: number;
  /** See `bindingOf`: the session dies when the password it was opened with is changed. */
  readonly authHash: string;
}

/**
 * The session store of express-session (connect-redis or connect-pg-simple) with promises, and the record that it
 * keeps for us.
 *
 * @param ageSeconds life of a session after its last save or touch
 * @param describeFailure names the dependency in what the store throws
 */
export function createSessionStore(
  store: Store,
  ageSeconds: number,
  describeFailure: (error: unknown) => unknown,
) {
  const record = (stored: StoredSession): SessionData => ({
    cookie: Object.assign(new session.Cookie(), { maxAge: ageSeconds * 1000 }),
    _auth_user_id: String(stored.userId),
    _auth_user_hash: stored.authHash,
  });

  const call = <T>(run: (done: (error: unknown, value?: T) => void) => void): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      run((error, value) => (error ? reject(describeFailure(error)) : resolve(value ?? undefined)));
    });

  return {
    get: async (key: string): Promise<StoredSession | undefined> => {
      const data = await call<SessionData | null>((done) =>
        // What can't be read is no session (Django `SessionStore.decode`), and no reason to think the store is down.
        store.get(key, (error: unknown, found) =>
          error instanceof SyntaxError ? done(null) : done(error, found),
        ),
      );
      const userId = Number(data?._auth_user_id);
      return data?._auth_user_hash && Number.isSafeInteger(userId)
        ? { userId, authHash: data._auth_user_hash }
        : undefined;
    },
    set: async (key: string, stored: StoredSession): Promise<void> => {
      await call<void>((done) => store.set(key, record(stored), done));
    },
    /** Renews the life of a session that still exists; one that was ended meanwhile stays ended. */
    touch: async (key: string, stored: StoredSession): Promise<void> => {
      await call<void>((done) => {
        if (store.touch === undefined) done(new TypeError('The session store can not renew sessions.'));
        else store.touch(key, record(stored), (error?: unknown) => done(error));
      });
    },
    destroy: async (key: string): Promise<void> => {
      await call<void>((done) => store.destroy(key, done));
    },
  };
}

export type SessionStore = ReturnType<typeof createSessionStore>;
