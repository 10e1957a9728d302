import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Role } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { isEmail } from '../../platform/http/email.js';
import { isIdentityOf, type Person } from '../../platform/ldap/person.js';
import {
  type Attributes,
  addGroups,
  endAnalytics,
  grantAnalytics,
  insertAccount,
  isUsernameTaken,
  lockNames,
  recordOrigin,
  removeOtherGroups,
  replaceAttributes,
  replaceUsername,
  storePassword,
} from '../users/index.js';
import { findByIdentity, type LinkedAccount, link, listNamesakes, type Namesake } from './repository.js';

export interface DirectoryAccountDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly passwords: Pick<PasswordService, 'makeUnusable' | 'isUsable'>;
  readonly identityAttribute: string;
  readonly recheckMs: number | null;
  /** Tells the operator of a person whose name could not be given to their account. */
  readonly onNameTaken: (userId: number, username: string) => void;
}

export interface Newcomer {
  readonly person: Person;
  readonly roles: readonly Role[];
  /** What was typed at the login, for a choice among several names; null when nobody signs in. */
  readonly typed: string | null;
}

export type Admission =
  | { readonly kind: 'account'; readonly userId: number; readonly password: string }
  | { readonly kind: 'refused'; readonly reason: string };

const ADMIN: Role = 'admin';
/** Lengths of Django's columns. */
const LONGEST = { username: 150, name: 150, email: 254 };
/** `!` and 40 characters: shorter values are not unique, and sessions are bound to the value. */
const UNUSABLE_LENGTH = 41;

/** Keeps the accounts of people in the directory as the directory has them. */
export function createDirectoryAccounts(deps: DirectoryAccountDeps) {
  const { db, clock, passwords } = deps;

  /**
   * Finds the account of a person, or makes it, and brings it up to date: attributes, roles, name.
   *
   * @returns refused when the account is deactivated here, or when the name belongs to somebody else
   */
  const admit = async (newcomer: Newcomer): Promise<Admission> => {
    const store = () => db.transaction((tx) => bringUpToDate(tx, newcomer));
    try {
      return await store();
    } catch (error) {
      // CVAT beside us on the same database does not know our lock: the second time the name is found taken.
      if (uniqueViolation(error) !== 'auth_user_username_key') throw error;
      return store();
    }
  };

  const bringUpToDate = async (tx: Queryable, newcomer: Newcomer): Promise<Admission> => {
    const { person } = newcomer;
    const known = (await findByIdentity(tx, person.identity)) ?? (await findOrMake(tx, newcomer));
    if ('kind' in known) return known;
    await link(tx, known.userId, person.identity, recheckTime());
    if (!known.isActive) return refused('the account is deactivated here');
    await replaceAttributes(tx, known.userId, attributesOf(newcomer));
    await replaceRoles(tx, known, newcomer.roles);
    await rename(tx, known, newcomer);
    return { kind: 'account', userId: known.userId, password: await uniquePassword(tx, known) };
  };

  /** The first login of somebody. Two at once take turns, and the second finds what the first made. */
  const findOrMake = async (tx: Queryable, newcomer: Newcomer): Promise<LinkedAccount | Admission> => {
    await lockNames(tx);
    const made = await findByIdentity(tx, newcomer.person.identity);
    if (made !== undefined) return made;
    const username = chooseName(newcomer, null);
    if (username === undefined)
      return refused(`the entry has no name of at most ${LONGEST.username} characters`);
    const [namesake, ...others] = await listNamesakes(tx, username);
    if (namesake === undefined) return make(tx, newcomer, username);
    if (others.length > 0) return refused(`several accounts are called "${username}"`);
    const reason = whyNotHis(namesake, newcomer.person);
    return reason === undefined ? namesake : refused(reason);
  };

  /**
   * An account without a password and with their name is theirs: CVAT made it when they signed in there. A local account
   * never becomes theirs, nor one of somebody else in the directory, nor one that waits for whoever has its address.
   */
  const whyNotHis = (namesake: Namesake, person: Person): string | undefined => {
    const { username, identity, email, hasSignedIn } = namesake;
    if (passwords.isUsable(namesake.password)) return `"${username}" is a local account with a password`;
    if (identity !== null && isIdentityOf(deps.identityAttribute, identity)) {
      return `"${username}" belongs to another entry of the directory (${identity})`;
    }
    if (!hasSignedIn && email !== '' && email.toLowerCase() !== person.email.toLowerCase()) {
      return `"${username}" waits for somebody with another e-mail address`;
    }
    return undefined;
  };

  const make = async (tx: Queryable, newcomer: Newcomer, username: string): Promise<LinkedAccount> => {
    const { isAdmin, ...attributes } = attributesOf(newcomer);
    const password = passwords.makeUnusable();
    const account = {
      ...attributes,
      username,
      password,
      isActive: true,
      isStaff: isAdmin,
      isSuperuser: isAdmin,
    };
    const userId = await insertAccount(
      tx,
      { ...account, groups: newcomer.roles, emailVerified: false },
      dateOf(clock),
    );
    await recordOrigin(tx, userId);
    return { userId, username, password, isActive: true, isSuperuser: isAdmin };
  };

  /** Leaving the admin group ends what it gave: CVAT gives analytics with it, and rights like these never end there. */
  const replaceRoles = async (
    tx: Queryable,
    { userId, isSuperuser }: LinkedAccount,
    roles: readonly Role[],
  ): Promise<void> => {
    await removeOtherGroups(tx, userId, roles);
    const joined = await addGroups(tx, userId, roles);
    if (joined.includes(ADMIN)) await grantAnalytics(tx, userId);
    if (isSuperuser && !roles.includes(ADMIN)) await endAnalytics(tx, userId);
  };

  const rename = async (
    tx: Queryable,
    { userId, username }: LinkedAccount,
    newcomer: Newcomer,
  ): Promise<void> => {
    const wanted = chooseName(newcomer, username);
    if (wanted === undefined || wanted === username) return;
    await lockNames(tx);
    if (await isUsernameTaken(tx, wanted, userId)) deps.onNameTaken(userId, wanted);
    else await replaceUsername(tx, userId, wanted);
  };

  const uniquePassword = async (tx: Queryable, { userId, password }: LinkedAccount): Promise<string> => {
    if (!passwords.isUsable(password) && password.length >= UNUSABLE_LENGTH) return password;
    const unusable = passwords.makeUnusable();
    await storePassword(tx, userId, unusable);
    return unusable;
  };

  const recheckTime = (): Date | null =>
    deps.recheckMs === null ? null : new Date(clock.now() + deps.recheckMs);

  return { admit };
}

export type DirectoryAccounts = ReturnType<typeof createDirectoryAccounts>;

const refused = (reason: string): Admission => ({ kind: 'refused', reason });

function attributesOf({ person, roles }: Newcomer): Attributes {
  return {
    firstName: person.firstName.slice(0, LONGEST.name),
    lastName: person.lastName.slice(0, LONGEST.name),
    email: isEmail(person.email) && person.email.length <= LONGEST.email ? person.email : '',
    isAdmin: roles.includes(ADMIN),
  };
}

/**
 * The name of the account, in lower case as django-auth-ldap has it: the one it has while the directory still knows
 * it, else the one that was typed, else the directory's first.
 */
function chooseName({ person, typed }: Newcomer, current: string | null): string | undefined {
  const names = person.usernames
    .map((name) => name.toLowerCase())
    .filter((name) => name !== '' && name.length <= LONGEST.username && !/\p{Cc}/u.test(name));
  if (current !== null && names.includes(current.toLowerCase())) return current;
  return names.find((name) => name === typed?.toLowerCase()) ?? names[0];
}
