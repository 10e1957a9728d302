import type { PasswordService } from '../../authentication/passwords/service.js';
import { type Clock, DAY, dateOf } from '../../kernel/clock.js';
import { type CvatRelease, storedAddress } from '../../kernel/cvat-release.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { hasPendingInvitation } from '../invitations/index.js';
import {
  claimPlaceholder,
  insertAccount,
  isUsernameTaken,
  type NewAccount,
  type Origin,
  usernameProblem,
} from '../users/index.js';
import type { AccountMailer } from './mailer.js';
import type { RegistrationMode } from './registration-check.js';
import {
  findAddressOwners,
  insertPendingApproval,
  listAdministratorAddresses,
} from './registration-repository.js';

export interface NewcomersDeps {
  readonly clock: Clock;
  readonly release: CvatRelease;
  readonly passwords: Pick<PasswordService, 'makeUnusable'>;
  readonly mailer: Pick<AccountMailer, 'accountWaiting'>;
  readonly mode: RegistrationMode;
  /** Domains whose addresses may register; empty for any. */
  readonly domains: readonly string[];
  readonly defaultGroup: string;
  /** Number of days an invitation is valid (`ORG_INVITATION_EXPIRY_DAYS`). */
  readonly invitationDays: number;
}

/** A person without an account, as their identity provider describes them. */
export interface Newcomer {
  /** Names for the account, the best first. */
  readonly usernames: readonly string[];
  readonly email: string;
  /** The provider has checked that the address is theirs, and may speak for it. */
  readonly isEmailProven: boolean;
  readonly firstName: string;
  readonly lastName: string;
  readonly origin: Origin;
}

export type Reception =
  | { readonly kind: 'created'; readonly userId: number; readonly isActive: boolean }
  | { readonly kind: 'refused'; readonly problem: 'closed' | 'invite' | 'domain' | 'email_taken' };

const LONGEST_NAME = 150;

/** Creates accounts for people whom an identity provider knows: the registration modes hold for them too. */
export function createNewcomers(deps: NewcomersDeps) {
  /** Needs the lock of names. @returns the new account without a password, or why there is none */
  const receive = async (tx: Queryable, person: Newcomer): Promise<Reception> => {
    const newcomer = { ...person, email: storedAddress(person.email, deps.release) };
    const since = new Date(deps.clock.now() - deps.invitationDays * DAY);
    const isInvited = newcomer.isEmailProven && (await hasPendingInvitation(tx, newcomer.email, since));
    const problem = isInvited ? undefined : problemOf(newcomer);
    if (problem !== undefined) return { kind: 'refused', problem };
    const isActive = isInvited || deps.mode !== 'approval';
    const account = {
      username: await freeName(tx, newcomer.usernames),
      email: newcomer.email,
      firstName: newcomer.firstName,
      lastName: newcomer.lastName,
      password: deps.passwords.makeUnusable(),
      isStaff: false,
      isSuperuser: false,
      isActive,
      groups: [deps.defaultGroup],
      emailVerified: newcomer.isEmailProven,
      origin: newcomer.origin,
    };
    const userId = await store(tx, account, newcomer);
    if (userId === undefined) return { kind: 'refused', problem: 'email_taken' };
    if (!isActive) await awaitApproval(tx, userId, account);
    return { kind: 'created', userId, isActive };
  };

  const problemOf = ({ email, isEmailProven }: Newcomer): 'closed' | 'invite' | 'domain' | undefined => {
    if (deps.mode === 'closed' || deps.mode === 'invite') return deps.mode;
    if (deps.domains.length === 0) return undefined;
    const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
    const isAllowed = isEmailProven && deps.domains.some((allowed) => allowed.toLowerCase() === domain);
    return isAllowed ? undefined : 'domain';
  };

  /** An invited person gets the account reserved for their address. @returns undefined if it belongs to another */
  const store = async (
    tx: Queryable,
    account: NewAccount,
    { isEmailProven }: Newcomer,
  ): Promise<number | undefined> => {
    const [owner, ...others] = await findAddressOwners(tx, account.email);
    if (owner === undefined) return insertAccount(tx, account, dateOf(deps.clock));
    const isTheirs = others.length === 0 && owner.isPlaceholder && isEmailProven;
    return isTheirs && (await claimPlaceholder(tx, owner.userId, account)) ? owner.userId : undefined;
  };

  const awaitApproval = async (tx: Queryable, userId: number, account: NewAccount): Promise<void> => {
    await insertPendingApproval(tx, userId, dateOf(deps.clock));
    for (const address of await listAdministratorAddresses(tx))
      await deps.mailer.accountWaiting(tx, address, account);
  };

  return { receive };
}

export type Newcomers = ReturnType<typeof createNewcomers>;

/** @returns the first name that is free, or the best one with a number; Django's rule for names holds */
async function freeName(tx: Queryable, wanted: readonly string[]): Promise<string> {
  const names = wanted.map(nameOf).filter((name) => name !== '' && usernameProblem(name) === undefined);
  for (const name of names) if (!(await isUsernameTaken(tx, name))) return name;
  const [best = 'user'] = names;
  for (let number = 2; ; number += 1) {
    const suffix = String(number);
    const name = `${best.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
    if (!(await isUsernameTaken(tx, name))) return name;
  }
}

/** @returns what of a text can be in a name */
const nameOf = (text: string): string =>
  [...text.normalize('NFKC').replace(/[^\p{L}\p{N}_.@+-]/gu, '')].slice(0, LONGEST_NAME).join('');
