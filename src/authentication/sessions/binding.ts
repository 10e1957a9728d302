import type { Random } from '../../kernel/random.js';
import type { Identity } from '../identity.js';
import { equalInConstantTime, saltedHmac, sessionAuthHash } from '../signing.js';
import type { SessionStore, StoredSession } from './store.js';

/** The data of an account that its sessions are bound to. */
export type BindingSubject = Pick<Identity, 'password' | 'lineage'>;

/**
 * The value that the sessions of an account are bound to: Django's session hash of the password column. After a silent
 * upgrade of the hash, it is the session hash from before the upgrade. A password change replaces it in both cases
 * (deviation 11).
 */
export function bindingOf(subject: BindingSubject, secretKey: string): string {
  return validLineage(subject, secretKey)?.root ?? sessionAuthHash(subject.password, secretKey);
}

/** @returns what a session of the account is bound to from now on, in its store */
export const bindingsOf = (
  subject: BindingSubject,
  secretKey: string,
  { isShared }: Pick<SessionStore, 'isShared'>,
): Pick<StoredSession, 'authHash' | 'shared'> => ({
  authHash: bindingOf(subject, secretKey),
  ...(isShared
    ? {
        shared: {
          hash: sessionAuthHash(subject.password, secretKey),
          isOurs: true,
          firstSeenAt: null,
          hasOwnEnd: false,
        },
      }
    : {}),
});

/** @returns the lineage, unless the password was changed since */
function validLineage({ password, lineage }: BindingSubject, secretKey: string): Identity['lineage'] {
  if (lineage === null) return null;
  return equalInConstantTime(lineage.current, sessionAuthHash(password, secretKey)) ? lineage : null;
}

type BoundSession = Pick<StoredSession, 'authHash' | 'shared'> & { readonly key: string };

/** @returns whether a session is still one of the account: bound to it, or the one that was kept when others ended */
export function isBound(session: BoundSession, subject: BindingSubject, secretKey: string): boolean {
  const { key, authHash, shared } = session;
  const lineage = validLineage(subject, secretKey);
  if (shared !== undefined) {
    if (!isDjangos(shared.hash, subject, secretKey)) return false;
    // Without a lineage, the password was changed since the binding, maybe by Django, which kept this session; or the
    // binding is the hash that has just been compared.
    if (lineage === null || !shared.isOurs) return true;
  }
  if (equalInConstantTime(authHash, bindingOf(subject, secretKey))) return true;
  if (lineage === null || lineage.kept === null) return false;
  return equalInConstantTime(lineage.kept, keptSession(key, lineage.root, secretKey));
}

/** @returns whether Django takes the session, or would if this server had not upgraded the hash of the same password */
function isDjangos(hash: string, subject: BindingSubject, secretKey: string): boolean {
  if (equalInConstantTime(hash, sessionAuthHash(subject.password, secretKey))) return true;
  const root = validLineage(subject, secretKey)?.root;
  return root !== undefined && equalInConstantTime(hash, root);
}

const KEPT_SALT = 'auth_server.kept_session';

/**
 * @param root of the lineage: with the next one, the session is kept no longer
 * @returns the stored name of a session that is kept, from which nobody can compute its key
 */
const keptSession = (key: string, root: string, secretKey: string): string =>
  saltedHmac(KEPT_SALT, `${key}:${root}`, secretKey).toString('hex');

/** A lineage as it is stored. */
export type Lineage = NonNullable<Identity['lineage']>;

/**
 * @param keptKey key of a session that goes on
 * @returns a lineage whose root is new: no other session of the account is bound to it
 */
export function newLineage(
  password: string,
  { random, secretKey }: { readonly random: Random; readonly secretKey: () => string },
  keptKey?: string,
): Lineage {
  const root = random.bytes(32).toString('hex');
  return {
    current: sessionAuthHash(password, secretKey()),
    root,
    kept: keptKey === undefined ? null : keptSession(keptKey, root, secretKey()),
  };
}
