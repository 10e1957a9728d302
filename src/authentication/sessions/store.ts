import session, { type SessionData, type Store } from 'express-session';
import { z } from 'zod';
import { isId } from '../../kernel/account.js';
import { LONGEST_USER_AGENT, type SessionClient } from './session-client.js';

/** The content of a session, under Django's names. */
declare module 'express-session' {
  interface SessionData {
    _auth_user_id?: string;
    _auth_user_hash?: string;
    /** Not in Django: milliseconds since the epoch. */
    started_at?: number;
    /** Not in Django: milliseconds since the epoch. */
    factor_at?: number;
    /** Not in Django: the client that opened the session. */
    ip?: string;
    user_agent?: string;
    /** Not in Django: no user has signed in yet. */
    pending?: true;
  }
}

export interface StoredSession {
  readonly userId: number;
  /** See `bindingOf`: the session ends when the password it was opened with changes. */
  readonly authHash: string;
  /** When the user signed in, in milliseconds since the epoch; null for sessions of a release that did not store it. */
  readonly startedAt: number | null;
  /** When the user last proved a second factor, in milliseconds since the epoch; null for never. */
  readonly factorAt: number | null;
  /** The client that opened it; null for sessions of a release that did not store it. */
  readonly client: SessionClient | null;
}

/** A session without a user, which Django creates as soon as something is written to it. */
export const PENDING = 'pending';

/** Of an IPv6 address that ends in an IPv4 address. */
const LONGEST_ADDRESS = 45;

/**
 * The data read back, because other programs may write to the session store: an id in Django's notation, and a
 * binding.
 */
const AccountRecord = z
  .object({
    _auth_user_id: z
      .string()
      .regex(/^[1-9]\d{0,9}$/)
      .transform(Number)
      .refine(isId),
    _auth_user_hash: z.string().min(1),
    started_at: z.int().nullable().default(null),
    factor_at: z.int().nullable().default(null),
    // Only shown to people: a session does not end because of it.
    ip: z.string().max(LONGEST_ADDRESS).optional().catch(undefined),
    user_agent: z.string().max(LONGEST_USER_AGENT).optional().catch(undefined),
  })
  .transform(
    ({
      _auth_user_id: userId,
      _auth_user_hash: authHash,
      started_at: startedAt,
      factor_at: factorAt,
      ip,
      user_agent,
    }): StoredSession => ({
      userId,
      authHash,
      startedAt,
      factorAt,
      client: ip === undefined ? null : { address: ip, userAgent: user_agent ?? null },
    }),
  );

const SessionRecord = z.union([
  AccountRecord,
  z.object({ pending: z.literal(true) }).transform((): typeof PENDING => PENDING),
]);

/** @returns the session in a record, undefined for a record that is not ours (Django `SessionStore.decode`) */
export const readSession = (data: unknown): StoredSession | typeof PENDING | undefined =>
  SessionRecord.safeParse(data).data;

const clientFields = (client: SessionClient | null): Pick<SessionData, 'ip' | 'user_agent'> =>
  client === null
    ? {}
    : { ip: client.address, ...(client.userAgent === null ? {} : { user_agent: client.userAgent }) };

/** Text that is not JSON, or a Redis key that does not hold text. Neither means that the store is down. */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && error.message.startsWith('WRONGTYPE '));

/**
 * The session store of express-session (connect-redis or connect-pg-simple) with promises and with our own record.
 *
 * @param ageSeconds lifetime of a session after its last save or touch
 * @param describeFailure names the dependency in errors of the store
 */
export function createSessionStore(
  store: Store,
  ageSeconds: number,
  describeFailure: (error: unknown) => unknown,
) {
  const cookie = () => Object.assign(new session.Cookie(), { maxAge: ageSeconds * 1000 });

  const record = (stored: StoredSession | typeof PENDING): SessionData =>
    stored === PENDING
      ? { cookie: cookie(), pending: true }
      : {
          cookie: cookie(),
          _auth_user_id: String(stored.userId),
          _auth_user_hash: stored.authHash,
          ...(stored.startedAt === null ? {} : { started_at: stored.startedAt }),
          ...(stored.factorAt === null ? {} : { factor_at: stored.factorAt }),
          ...clientFields(stored.client),
        };

  const call = <T>(run: (done: (error: unknown, value?: T) => void) => void): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      run((error, value) => (error ? reject(describeFailure(error)) : resolve(value ?? undefined)));
    });

  return {
    get: async (key: string): Promise<StoredSession | typeof PENDING | undefined> => {
      const data = await call<unknown>((done) =>
        store.get(key, (error: unknown, found) => (isUnreadable(error) ? done(null) : done(error, found))),
      );
      return readSession(data);
    },
    set: async (key: string, stored: StoredSession | typeof PENDING): Promise<void> => {
      await call<void>((done) => store.set(key, record(stored), done));
    },
    /** Extends the lifetime of a session if it still exists; a session that has been ended meanwhile stays ended. */
    touch: async (key: string, stored: StoredSession): Promise<void> => {
      await call<void>((done) => {
        if (store.touch === undefined) done(new TypeError('The session store cannot renew sessions.'));
        else store.touch(key, record(stored), (error?: unknown) => done(error));
      });
    },
    destroy: async (key: string): Promise<void> => {
      await call<void>((done) => store.destroy(key, done));
    },
  };
}

export type SessionStore = ReturnType<typeof createSessionStore>;
