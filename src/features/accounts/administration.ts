import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import { sessionAuthHash } from '../../authentication/signing.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import { StartError } from '../../kernel/start-error.js';
import type { Database } from '../../platform/db/pool.js';
import { insertAccount, isUsernameTaken, lockNames } from '../users/index.js';
import {
  type AccountSummary,
  findAccount,
  listAccounts,
  promote,
  replaceSessionRoot,
  setActive,
  setPasswordHash,
} from './administration-repository.js';
import type { AccountMailer } from './mailer.js';
import { findHolder } from './password-repository.js';
import { endPendingApproval } from './registration-repository.js';
import { usernameProblem } from './schemas.js';

export interface AdministrationDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly secretKey: () => string;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly mailer: AccountMailer;
  readonly defaultGroup: string;
  /** Where accounts come from that have no password here (`IAM_TYPE=LDAP`). */
  readonly directory: { readonly owns: (userId: number) => Promise<boolean> } | null;
}

export interface NewPerson {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly isAdmin: boolean;
}

/**
 * What an operator does to accounts at the command line. He stands above the policy: whoever can run it can also read
 * the database. Every refusal is one sentence (`StartError`).
 */
export function createAdministration(deps: AdministrationDeps) {
  const { db, clock, random, secretKey, passwords, policy, mailer } = deps;

  const require = async (username: string): Promise<AccountSummary> => {
    const account = await findAccount(db, username);
    if (account === undefined) throw new StartError(`There is no account "${username}".`);
    return account;
  };

  /** Of people of a directory: what it keeps is not changed here, where the next check would take it back. */
  const requireLocal = async (username: string, advice: string): Promise<AccountSummary> => {
    const account = await require(username);
    if (await deps.directory?.owns(account.id))
      throw new StartError(`"${username}" belongs to the directory: ${advice}.`);
    return account;
  };

  const hashOf = async (password: string, owner: { username: string; email: string }): Promise<string> => {
    const problems = await policy.validate(password, owner);
    if (problems.length > 0) throw new StartError(problems.join(' '));
    return passwords.hash(password);
  };

  const create = async ({ isAdmin, ...person }: NewPerson): Promise<AccountSummary> => {
    const { username, email } = person;
    if (usernameProblem(username) !== undefined || username.length > 150) {
      throw new StartError(
        `"${username}" can't be a user name: it may hold letters, digits and @.+-_, 150 at most.`,
      );
    }
    const password = await hashOf(person.password, { username, email });
    await db.transaction(async (tx) => {
      await lockNames(tx);
      if (await isUsernameTaken(tx, username)) throw new StartError(`The name "${username}" is taken.`);
      const names = { username, email, firstName: '', lastName: '', password };
      const rights = { isStaff: isAdmin, isSuperuser: isAdmin, isActive: true };
      const groups = [isAdmin ? 'admin' : deps.defaultGroup];
      await insertAccount(tx, { ...names, ...rights, groups, emailVerified: isAdmin }, dateOf(clock));
    });
    return require(username);
  };

  /** Tells somebody who registered and waited that he may come in now. */
  const activate = async (username: string): Promise<AccountSummary> => {
    const account = await require(username);
    await db.transaction(async (tx) => {
      await setActive(tx, account.id, true);
      if (await endPendingApproval(tx, account.id)) await mailer.accountActivated(tx, account);
    });
    return require(username);
  };

  const deactivate = async (username: string): Promise<AccountSummary> => {
    const { id } = await require(username);
    await setActive(db, id, false);
    return require(username);
  };

  /** Ends the sessions of the account, as every new password does. */
  const setPassword = async (username: string, password: string): Promise<AccountSummary> => {
    const account = await requireLocal(username, 'change the password there');
    const hash = await hashOf(password, account);
    await db.transaction(async (tx) => {
      await setPasswordHash(tx, account.id, hash);
      await mailer.passwordChanged(tx, account);
    });
    return account;
  };

  const makeAdmin = async (username: string): Promise<AccountSummary> => {
    const { id } = await requireLocal(username, 'make it a member of one of AUTH_LDAP_ADMIN_GROUPS');
    await db.transaction((tx) => promote(tx, id));
    return require(username);
  };

  /** @returns the link of a reset mail, for handing over by another way */
  const resetLink = async (username: string): Promise<string> => {
    if (deps.directory !== null)
      throw new StartError('With IAM_TYPE=LDAP no page takes such a link: use user set-password.');
    const { id } = await require(username);
    const holder = await findHolder(db, id);
    if (holder === undefined) throw new StartError(`The account "${username}" was just deleted.`);
    return mailer.resetLink(holder);
  };

  const endSessions = async (username: string): Promise<AccountSummary> => {
    const account = await require(username);
    const holder = await findHolder(db, account.id);
    if (holder === undefined) throw new StartError(`The account "${username}" was just deleted.`);
    const current = sessionAuthHash(holder.password, secretKey());
    await replaceSessionRoot(db, account.id, current, random.bytes(32).toString('hex'));
    return account;
  };

  return {
    list: () => listAccounts(db),
    show: require,
    create,
    activate,
    deactivate,
    setPassword,
    makeAdmin,
    resetLink,
    endSessions,
  };
}

export type Administration = ReturnType<typeof createAdministration>;
