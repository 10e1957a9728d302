import { SERVER } from '../../authentication/passwords/queue.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import { sessionAuthHash } from '../../authentication/signing.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import { StartError } from '../../kernel/start-error.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import type { Database } from '../../platform/db/pool.js';
import { revokeAllTokens } from '../access-tokens/index.js';
import {
  type ApiTokenService,
  removeApiToken,
  replaceLineage,
  storePassword,
  type UserService,
} from '../users/index.js';
import { type AccountSummary, findAccount, listAccounts } from './administration-repository.js';
import type { AccountMailer } from './mailer.js';
import { findHolder, type PasswordHolder } from './password-repository.js';

export interface AdministrationDeps {
  readonly db: Database;
  readonly random: Random;
  readonly secretKey: () => string;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly mailer: AccountMailer;
  /** What administrators do over HTTP: the same rules, and the same mails. */
  readonly users: Pick<UserService, 'create' | 'update'>;
  readonly apiTokens: ApiTokenService;
  readonly clock: Clock;
  /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`: the API token ends with the password. */
  readonly logsOutOnPasswordChange: boolean;
  /** Where accounts come from that have no password here (`IAM_TYPE=LDAP`). */
  readonly directory: { readonly owns: (userId: number) => Promise<boolean> } | null;
}

export interface NewPerson {
  readonly username: string;
  /** Empty for none. */
  readonly email: string;
  readonly password: string;
  readonly isAdmin: boolean;
}

/**
 * What an operator does to accounts at the command line. He stands above the policy: whoever can run it can also read
 * the database. Refusals are `StartError`, one sentence, or `ValidationError` with the texts of the API.
 */
export function createAdministration(deps: AdministrationDeps) {
  const { db, random, secretKey, passwords, policy, mailer, users } = deps;

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

  const requireHolder = async (username: string): Promise<PasswordHolder> => {
    const holder = await findHolder(db, (await require(username)).id);
    if (holder === undefined) throw new StartError(`The account "${username}" was just deleted.`);
    return holder;
  };

  const create = async ({ isAdmin, ...person }: NewPerson): Promise<AccountSummary> => {
    const account = await users.create({ ...person, is_staff: isAdmin, is_superuser: isAdmin }, null);
    return require(account.username);
  };

  const change = async (username: string, changes: object): Promise<AccountSummary> => {
    const { id } = await require(username);
    await users.update({ id }, changes);
    return require(username);
  };

  /** Ends the sessions of the account and its API token, as every new password does. */
  const setPassword = async (
    username: string,
    password: string,
    { revokesAccessTokens = false } = {},
  ): Promise<AccountSummary> => {
    await requireLocal(username, 'change the password there');
    const holder = await requireHolder(username);
    const problems = await policy.validate(password, holder);
    if (problems.length > 0) throw new StartError(problems.join(' '));
    const hash = await passwords.hash(password, SERVER);
    await db.transaction(async (tx) => {
      await storePassword(tx, holder.id, hash);
      if (deps.logsOutOnPasswordChange) await removeApiToken(tx, holder.id);
      if (revokesAccessTokens) await revokeAllTokens(tx, holder.id, dateOf(deps.clock));
      await mailer.passwordChanged(tx, holder);
    });
    return require(username);
  };

  const makeAdmin = async (username: string): Promise<AccountSummary> => {
    await requireLocal(username, 'make it a member of one of AUTH_LDAP_ADMIN_GROUPS');
    return change(username, { is_staff: true, is_superuser: true });
  };

  /** @returns the link of a reset mail, for handing over by another way */
  const resetLink = async (username: string): Promise<string> => {
    if (deps.directory !== null)
      throw new StartError('With IAM_TYPE=LDAP no page takes such a link: use user set-password.');
    return mailer.resetLink(await requireHolder(username));
  };

  const endSessions = async (username: string): Promise<AccountSummary> => {
    const holder = await requireHolder(username);
    const current = sessionAuthHash(holder.password, secretKey());
    await replaceLineage(db, holder.id, { current, root: random.bytes(32).toString('hex') });
    return require(username);
  };

  /** @returns when the API token was made, null without one */
  const showApiToken = async (username: string): Promise<Timestamp | null> =>
    (await deps.apiTokens.find((await require(username)).id)) ?? null;

  /** @returns the key of the new token */
  const rotateApiToken = async (username: string): Promise<string> =>
    deps.apiTokens.rotate((await require(username)).id);

  /** @returns whether there was one */
  const revokeApiToken = async (username: string): Promise<boolean> =>
    deps.apiTokens.revoke((await require(username)).id);

  return {
    list: () => listAccounts(db),
    show: require,
    create,
    /** Tells somebody who registered and waited that they may come in now. */
    activate: (username: string) => change(username, { is_active: true }),
    /** Its sessions are over for good. */
    deactivate: (username: string) => change(username, { is_active: false }),
    makeAdmin,
    setPassword,
    resetLink,
    endSessions,
    showApiToken,
    rotateApiToken,
    revokeApiToken,
  };
}

export type Administration = ReturnType<typeof createAdministration>;
