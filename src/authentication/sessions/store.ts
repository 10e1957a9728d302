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
  /** Only of a session in a store that is shared with Django. */
  readonly shared?: SharedSession;
}

/** What a session is to Django. */
export interface SharedSession {
  /** Django's `get_session_auth_hash`: Django ends the session when it differs from the one of the account. */
  readonly hash: string;
  /** This server opened it, so `authHash` counts too. Django takes it along when it changes the key. */
  readonly isOurs: boolean;
  /** When this server first saw it, in milliseconds since the epoch; null if it is new here. */
  readonly firstSeenAt: number | null;
  /** It has an end of its own (Django's `set_expiry`), which no renewal here may move. */
  readonly hasOwnEnd: boolean;
}

/** @returns since when a session counts, in milliseconds since the epoch; null if that is not known */
export const beginOf = ({ startedAt, shared }: Pick<StoredSession, 'startedAt' | 'shared'>): number | null =>
  startedAt ?? shared?.firstSeenAt ?? null;

/** Where sessions are kept, whoever else may read and write them there. */
export interface SessionStore {
  /** Sessions are shared with Django, so that each needs `shared`. */
  readonly isShared: boolean;
  /** @returns undefined for a session that is not there, or no session */
  readonly get: (key: string) => Promise<StoredSession | typeof PENDING | undefined>;
  readonly set: (key: string, stored: StoredSession | typeof PENDING) => Promise<void>;
  /**
   * Gives a session another key, with what others keep in it.
   *
   * @returns false if the store knows that it has ended meanwhile: then there is none under the new key
   */
  readonly move: (from: string, key: string, stored: StoredSession) => Promise<boolean>;
  /** Extends the lifetime of a session if it still exists; a session that has been ended meanwhile stays ended. */
  readonly touch: (key: string, stored: StoredSession) => Promise<void>;
  readonly destroy: (key: string) => Promise<void>;
}

/** A session without a user, which Django creates as soon as something is written to it. */
export const PENDING = 'pending';

/** Of an IPv6 address that ends in an IPv4 address. */
const LONGEST_ADDRESS = 45;

/** An account, in Django's notation. */
export const AccountId = z
  .string()
  .regex(/^[1-9]\d{0,9}$/)
  .transform(Number)
  .refine(isId);

/** What a session of this server holds besides its account and its binding. */
export const OWN_FIELDS = {
  started_at: z.int().nullable().default(null),
  factor_at: z.int().nullable().default(null),
  // Only shown to people: a session does not end because of it.
  ip: z.string().max(LONGEST_ADDRESS).optional().catch(undefined),
  user_agent: z.string().max(LONGEST_USER_AGENT).optional().catch(undefined),
};

type OwnFields = z.output<z.ZodObject<typeof OWN_FIELDS>>;

/** @returns those fields as the server uses them */
export const readOwnFields = ({ started_at, factor_at, ip, user_agent }: OwnFields) => ({
  startedAt: started_at,
  factorAt: factor_at,
  client: ip === undefined ? null : { address: ip, userAgent: user_agent ?? null },
});

/** @returns those fields as they are stored */
export const ownFieldsOf = ({
  startedAt,
  factorAt,
  client,
}: Pick<StoredSession, 'startedAt' | 'factorAt' | 'client'>): Pick<
  SessionData,
  'started_at' | 'factor_at' | 'ip' | 'user_agent'
> => ({
  ...(startedAt === null ? {} : { started_at: startedAt }),
  ...(factorAt === null ? {} : { factor_at: factorAt }),
  ...clientFields(client),
});

/**
 * The data read back, because other programs may write to the session store: an id in Django's notation, and a
 * binding.
 */
const AccountRecord = z
  .object({ _auth_user_id: AccountId, _auth_user_hash: z.string().min(1), ...OWN_FIELDS })
  .transform(
    ({ _auth_user_id: userId, _auth_user_hash: authHash, ...own }): StoredSession => ({
      userId,
      authHash,
      ...readOwnFields(own),
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
): SessionStore {
  const cookie = () => Object.assign(new session.Cookie(), { maxAge: ageSeconds * 1000 });

  const record = (stored: StoredSession | typeof PENDING): SessionData =>
    stored === PENDING
      ? { cookie: cookie(), pending: true }
      : {
          cookie: cookie(),
          _auth_user_id: String(stored.userId),
          _auth_user_hash: stored.authHash,
          ...ownFieldsOf(stored),
        };

  const call = <T>(run: (done: (error: unknown, value?: T) => void) => void): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      run((error, value) => (error ? reject(describeFailure(error)) : resolve(value ?? undefined)));
    });

  const get = async (key: string): Promise<StoredSession | typeof PENDING | undefined> => {
    const data = await call<unknown>((done) =>
      store.get(key, (error: unknown, found) => (isUnreadable(error) ? done(null) : done(error, found))),
    );
    return readSession(data);
  };
  const set = async (key: string, stored: StoredSession | typeof PENDING): Promise<void> => {
    await call<void>((done) => store.set(key, record(stored), done));
  };
  const destroy = async (key: string): Promise<void> => {
    await call<void>((done) => store.destroy(key, done));
  };
  const touch = async (key: string, stored: StoredSession): Promise<void> => {
    await call<void>((done) => {
      if (store.touch === undefined) done(new TypeError('The session store cannot renew sessions.'));
      else store.touch(key, record(stored), (error?: unknown) => done(error));
    });
  };
  const move = async (from: string, key: string, stored: StoredSession): Promise<boolean> => {
    await set(key, stored);
    await destroy(from);
    return true;
  };

  return { isShared: false, get, set, move, touch, destroy };
}
