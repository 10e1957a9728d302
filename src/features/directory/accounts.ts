import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Role } from '../../kernel/account.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import {
  addGroups,
  endAnalytics,
  grantAnalytics,
  isUsernameTaken,
  lockNames,
  removeOtherGroups,
  replaceAttributes,
  replaceUsername,
  storePassword,
} from '../users/index.js';
import { type FirstLoginDeps, findOrMake, type Refusal, refused } from './first-login.js';
import { ADMIN, attributesOf, chooseName, type Newcomer } from './newcomer.js';
import { findByIdentity, type LinkedAccount, link } from './repository.js';

export interface DirectoryAccountDeps extends FirstLoginDeps {
  readonly db: Database;
  readonly recheckMs: number | null;
  /** Reports a person whose name could not be given to their account. */
  readonly onNameTaken: (userId: number, username: string) => void;
}

export type Admission =
  | { readonly kind: 'account'; readonly userId: number; readonly password: string }
  | Refusal;

/** `!` and 40 characters: shorter values would not be unique, and sessions are bound to the value. */
const UNUSABLE_LENGTH = 41;

/** Synchronizes the accounts of people in the directory with it. */
export function createDirectoryAccounts(deps: DirectoryAccountDeps) {
  /**
   * Finds or creates the account of a person, and updates its attributes, roles and name.
   *
   * @returns refused if the account is deactivated here, or if the name belongs to another user
   */
  const admit = async (newcomer: Newcomer): Promise<Admission> => {
    const store = () => deps.db.transaction((tx) => bringUpToDate(tx, newcomer, deps));
    try {
      return await store();
    } catch (error) {
      // A CVAT on the same database does not use our lock: on the second try the name is found to be taken.
      if (uniqueViolation(error) !== 'auth_user_username_key') throw error;
      return store();
    }
  };

  return { admit };
}

export type DirectoryAccounts = ReturnType<typeof createDirectoryAccounts>;

async function bringUpToDate(
  tx: Queryable,
  newcomer: Newcomer,
  deps: DirectoryAccountDeps,
): Promise<Admission> {
  const { person } = newcomer;
  const known = (await findByIdentity(tx, person.identity)) ?? (await findOrMake(tx, newcomer, deps));
  if ('kind' in known) return known;
  await link(tx, known.userId, person.identity, recheckTime(deps));
  if (!known.isActive) return refused('the account is deactivated here');
  await replaceAttributes(tx, known.userId, attributesOf(newcomer));
  await replaceRoles(tx, known, newcomer.roles);
  await rename(tx, known, newcomer, deps);
  return { kind: 'account', userId: known.userId, password: await uniquePassword(tx, known, deps.passwords) };
}

const recheckTime = ({ clock, recheckMs }: Pick<DirectoryAccountDeps, 'clock' | 'recheckMs'>): Date | null =>
  recheckMs === null ? null : new Date(clock.now() + recheckMs);

/**
 * Leaving the admin group revokes the rights it gave: CVAT grants analytics with it, and otherwise never revokes such
 * rights.
 */
async function replaceRoles(
  tx: Queryable,
  { userId, isSuperuser }: LinkedAccount,
  roles: readonly Role[],
): Promise<void> {
  await removeOtherGroups(tx, userId, roles);
  const joined = await addGroups(tx, userId, roles);
  if (joined.includes(ADMIN)) await grantAnalytics(tx, userId);
  if (isSuperuser && !roles.includes(ADMIN)) await endAnalytics(tx, userId);
}

async function rename(
  tx: Queryable,
  { userId, username }: LinkedAccount,
  newcomer: Newcomer,
  { onNameTaken }: Pick<DirectoryAccountDeps, 'onNameTaken'>,
): Promise<void> {
  const wanted = chooseName(newcomer, username);
  if (wanted === undefined || wanted === username) return;
  await lockNames(tx);
  if (await isUsernameTaken(tx, wanted, userId)) onNameTaken(userId, wanted);
  else await replaceUsername(tx, userId, wanted);
}

async function uniquePassword(
  tx: Queryable,
  { userId, password }: LinkedAccount,
  passwords: Pick<PasswordService, 'makeUnusable' | 'isUsable'>,
): Promise<string> {
  if (!passwords.isUsable(password) && password.length >= UNUSABLE_LENGTH) return password;
  const unusable = passwords.makeUnusable();
  await storePassword(tx, userId, unusable);
  return unusable;
}
