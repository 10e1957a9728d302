import { createArgon2 } from './hashers/argon2.js';
import { bcrypt } from './hashers/bcrypt.js';
import { bcryptSha256 } from './hashers/bcrypt-sha256.js';
import { md5, sha1, unsaltedMd5, unsaltedSha1 } from './hashers/fast-digests.js';
import type { Hasher, PasswordCheck } from './hashers/hasher.js';
import { pbkdf2Sha1, pbkdf2Sha256 } from './hashers/pbkdf2.js';
import { scrypt } from './hashers/scrypt.js';
import { isUsable } from './hashers/unusable.js';

/** Django's default list, which any Django database may contain, without Argon2, which may be missing here. */
const DEFAULT_HASHERS: readonly Hasher[] = [pbkdf2Sha256, pbkdf2Sha1, bcryptSha256, scrypt];

const EXTRA_HASHERS = {
  bcrypt: [bcrypt],
  md5: [md5, unsaltedMd5],
  sha1: [sha1, unsaltedSha1],
} as const satisfies Record<string, readonly Hasher[]>;

/** Weak algorithms that are refused unless an operator with such a database enables them. */
export type ExtraHasher = keyof typeof EXTRA_HASHERS;

/** Length of `auth_user.password`; all of Django's formats fit. */
const MAXIMUM_LENGTH = 128;

/** A stored hash that a password can be compared with. */
interface StoredHash {
  readonly algorithm: string;
  readonly check: PasswordCheck;
}

/** Django `identify_hasher`: the name before the first `$`, except for the formats without a salt. */
const algorithmOf = (encoded: string): string => {
  if (encoded.length === 32 && !encoded.includes('$')) return unsaltedMd5.algorithm;
  if (encoded.length === 37 && encoded.startsWith('md5$$')) return unsaltedMd5.algorithm;
  if (encoded.length === 46 && encoded.startsWith('sha1$$')) return unsaltedSha1.algorithm;
  const [name = ''] = encoded.split('$', 1);
  return name;
};

/** The state of the password column, without a password to compare it with. */
type HashState = 'accepted' | 'unusable' | 'refused' | ExtraHasher;

/**
 * @returns a function from the password column to whether a password can match it: always; never, because the account
 *   has no password; never, because it is malformed, unknown or above a ceiling; or with that name in
 *   PASSWORD_HASHERS_EXTRA
 */
export const createHashInspector = () => {
  const readDefault = createHashReader([]);
  const extras = Object.keys(EXTRA_HASHERS) as ExtraHasher[];
  const readExtra = extras.map((name) => ({ name, read: createHashReader([name]) }));
  return (encoded: string): HashState => {
    if (!isUsable(encoded)) return 'unusable';
    if (readDefault(encoded) !== undefined) return 'accepted';
    return readExtra.find(({ read }) => read(encoded) !== undefined)?.name ?? 'refused';
  };
};

/**
 * @param argon2 - the hasher of Argon2, which loads its binding at the first comparison
 * @returns a function from the password column to its parsed hash, or undefined for a value that no password can
 *   match: unusable, malformed, above a ceiling, or of an algorithm that is unknown or not enabled
 */
export const createHashReader = (extraHashers: readonly ExtraHasher[], argon2 = createArgon2()) => {
  const enabled = [
    ...DEFAULT_HASHERS,
    argon2,
    ...extraHashers.flatMap((name): readonly Hasher[] => EXTRA_HASHERS[name]),
  ];
  const hashers = new Map(enabled.map((hasher) => [hasher.algorithm, hasher]));
  return (encoded: string): StoredHash | undefined => {
    if (encoded.length > MAXIMUM_LENGTH || !isUsable(encoded)) return undefined;
    const algorithm = algorithmOf(encoded);
    const check = hashers.get(algorithm)?.read(encoded);
    return check && { algorithm, check };
  };
};
