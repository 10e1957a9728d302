import { z } from 'zod';
import { asciiJson, type DjangoData } from './django-data.js';
import { AccountId, OWN_FIELDS, ownFieldsOf, PENDING, readOwnFields, type StoredSession } from './store.js';

/** Names of `django.contrib.auth` in a session. */
const USER_ID = '_auth_user_id';
const BACKEND = '_auth_user_backend';
const HASH = '_auth_user_hash';
/** Of `SessionBase.set_expiry`. */
const EXPIRY = '_session_expiry';
/** What this server alone knows of a session, under a name that Django keeps and does not read. */
const OWN = 'auth_server';

/**
 * Every CVAT has this one, also with a directory, and it loads active accounts only. Django takes a session whose
 * backend is not in AUTHENTICATION_BACKENDS for one of nobody.
 */
const MODEL_BACKEND = 'django.contrib.auth.backends.ModelBackend';

const OwnRecord = z.object({ binding: z.string().min(1), ...OWN_FIELDS });

/**
 * @param firstSeenAt when this server first saw the session, in milliseconds since the epoch; null if it is new here
 * @returns undefined for a session whose account no server could find
 */
export function readDjangoRecord(
  data: DjangoData,
  firstSeenAt: number | null,
): StoredSession | typeof PENDING | undefined {
  if (!data.has(USER_ID)) return PENDING;
  const userId = AccountId.safeParse(memberOf(data, USER_ID)).data;
  const hash = z.string().min(1).safeParse(memberOf(data, HASH)).data;
  if (userId === undefined || hash === undefined || !data.has(BACKEND)) return undefined;
  const own = OwnRecord.safeParse(memberOf(data, OWN)).data;
  const shared = { hash, isOurs: own !== undefined, firstSeenAt, hasOwnEnd: data.has(EXPIRY) };
  return own === undefined
    ? { userId, authHash: hash, startedAt: null, factorAt: null, client: null, shared }
    : { userId, authHash: own.binding, ...readOwnFields(own), shared };
}

/**
 * Django's `login`: its three names, and ours, beside everything that was in the session.
 *
 * @param data of the session so far; empty for a new one
 */
export function writeDjangoRecord(data: DjangoData, stored: StoredSession): DjangoData {
  const { shared, userId, authHash } = stored;
  if (shared === undefined)
    throw new TypeError('A session that Django reads needs the hash that it compares.');
  const isSame = data.get(USER_ID) === asciiJson(String(userId));
  return new Map([
    ...data,
    [USER_ID, asciiJson(String(userId))],
    [BACKEND, (isSame ? data.get(BACKEND) : undefined) ?? asciiJson(MODEL_BACKEND)],
    [HASH, asciiJson(shared.hash)],
    [OWN, asciiJson({ binding: authHash, ...ownFieldsOf(stored) })],
  ]);
}

/** @returns the value of a member; undefined if there is none, and for what JavaScript can't read */
function memberOf(data: DjangoData, name: string): unknown {
  try {
    return JSON.parse(data.get(name) ?? 'null') as unknown;
  } catch {
    return undefined;
  }
}
