import { SERVER } from '../../authentication/passwords/queue.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { StartError } from '../../kernel/start-error.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import type { Database } from '../../platform/db/pool.js';
import { revokeAllTokens } from '../access-tokens/index.js';
import { type ApiTokenService, removeApiToken, storePassword } from '../users/index.js';
import type { AdministeredAccount } from './administered-account.js';
import type { AccountSummary } from './administration-repository.js';
import type { AccountMailer } from './mailer.js';

export interface AdministeredCredentialsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly endSessions: (userId: number) => Promise<void>;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly mailer: AccountMailer;
  readonly apiTokens: ApiTokenService;
  /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`: the API token ends with the password. */
  readonly logsOutOnPasswordChange: boolean;
  readonly directory: object | null;
}

/** An operator's operations on the password, the sessions and the API token of an account. */
export function createAdministeredCredentials(
  deps: AdministeredCredentialsDeps,
  { require, requireLocal, requireHolder }: AdministeredAccount,
) {
  const { db, passwords, policy, mailer } = deps;

  /** Ends the account's sessions and its API token, as every new password does. */
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

  /** @returns the link of a reset mail, for delivery by other means */
  const resetLink = async (username: string): Promise<string> => {
    if (deps.directory !== null)
      throw new StartError('With IAM_TYPE=LDAP no page accepts such a link: use user set-password.');
    return mailer.resetLink(await requireHolder(username));
  };

  const endSessions = async (username: string): Promise<AccountSummary> => {
    const account = await require(username);
    await deps.endSessions(account.id);
    return account;
  };

  /** @returns the creation time of the API token, null without one */
  const showApiToken = async (username: string): Promise<Timestamp | null> =>
    (await deps.apiTokens.find((await require(username)).id)) ?? null;

  /** @returns the key of the new token */
  const rotateApiToken = async (username: string): Promise<string> =>
    deps.apiTokens.rotate((await require(username)).id);

  /** @returns whether there was one */
  const revokeApiToken = async (username: string): Promise<boolean> =>
    deps.apiTokens.revoke((await require(username)).id);

  return { setPassword, resetLink, endSessions, showApiToken, rotateApiToken, revokeApiToken };
}
