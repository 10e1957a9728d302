import type { PasswordService } from '../../authentication/passwords/service.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { isIdentityOf, type Person } from '../../platform/ldap/person.js';
import { insertAccount, lockNames } from '../users/index.js';
import { attributesOf, chooseName, LONGEST, type Newcomer } from './newcomer.js';
import { findByIdentity, type LinkedAccount, listNamesakes, type Namesake } from './repository.js';

export interface FirstLoginDeps {
  readonly clock: Clock;
  readonly passwords: Pick<PasswordService, 'makeUnusable' | 'isUsable'>;
  readonly identityAttribute: string;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: string;
}

/** @returns a refusal; the reason is for the log */
export const refused = (reason: string): Refusal => ({ kind: 'refused', reason });

/**
 * A person's first login. Concurrent ones take turns, and the second finds the first one's account.
 *
 * @returns refused if the entry has no usable name for an account, or if the name belongs to another user
 */
export async function findOrMake(
  tx: Queryable,
  newcomer: Newcomer,
  deps: FirstLoginDeps,
): Promise<LinkedAccount | Refusal> {
  await lockNames(tx);
  const made = await findByIdentity(tx, newcomer.person.identity);
  if (made !== undefined) return made;
  const username = chooseName(newcomer, null);
  if (username === undefined)
    return refused(`the entry has no name of at most ${LONGEST.username} characters`);
  const [namesake, ...others] = await listNamesakes(tx, username);
  if (namesake === undefined) return make(tx, newcomer, username, deps);
  if (others.length > 0) return refused(`several accounts are called "${username}"`);
  const reason = whyNotHis(namesake, newcomer.person, deps);
  return reason === undefined ? namesake : refused(reason);
}

/**
 * An account without a password and with the person's name is theirs: CVAT created it when they signed in there. This
 * never applies to a local account, an account of another person in the directory, or one reserved for the owner of
 * its address.
 */
function whyNotHis(
  namesake: Namesake,
  person: Person,
  { passwords, identityAttribute }: FirstLoginDeps,
): string | undefined {
  const { username, identity, email, hasSignedIn } = namesake;
  if (passwords.isUsable(namesake.password)) return `"${username}" is a local account with a password`;
  if (identity !== null && isIdentityOf(identityAttribute, identity)) {
    return `"${username}" belongs to another entry of the directory (${identity})`;
  }
  if (!hasSignedIn && email !== '' && email.toLowerCase() !== person.email.toLowerCase()) {
    return `"${username}" is reserved for a person with another e-mail address`;
  }
  return undefined;
}

async function make(
  tx: Queryable,
  newcomer: Newcomer,
  username: string,
  { passwords, clock }: FirstLoginDeps,
): Promise<LinkedAccount> {
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
    { ...account, groups: newcomer.roles, emailVerified: false, origin: 'ldap' },
    dateOf(clock),
  );
  return { userId, username, password, isActive: true, isSuperuser: isAdmin };
}
