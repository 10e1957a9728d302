import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import type { Client } from '../../kernel/client.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { type FieldErrors, ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import { revokeAllTokens } from '../access-tokens/index.js';
import { removeApiToken, replacePassword } from '../users/index.js';
import type { AccountMailer } from './mailer.js';
import type { PasswordHolder } from './password-repository.js';

/** With a typographic apostrophe, unlike the one of the registration. */
const MISMATCH = 'The two password fields didn’t match.';

export interface NewPasswordDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly mailer: AccountMailer;
  readonly wakeMail: () => void;
  /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`: also revokes the API token, which a login issued for the old password. */
  readonly logsOutOnChange: boolean;
}

/** The fields that a change and a reset share. */
export interface NewPasswordFields {
  readonly new_password1?: string | undefined;
  readonly new_password2?: string | undefined;
  readonly revoke_access_tokens?: boolean | undefined;
}

/** Validates and stores a new password, for changes and resets. */
export function createNewPassword({ passwords, policy, ...deps }: NewPasswordDeps) {
  const { db, clock, mailer } = deps;

  /**
   * Django's `SetPasswordForm`: a mismatch is reported first; the strength is only checked if both are the same.
   *
   * @returns the new hash
   * @throws ValidationError; the errors of the hash queue
   */
  const hash = async (
    holder: PasswordHolder,
    { new_password1: first = '', new_password2: second = '' }: NewPasswordFields,
    client: Client,
  ): Promise<string> => {
    if (first !== second) throw new ValidationError({ new_password2: [MISMATCH] });
    const problems = await policy.validate(first, holder);
    if (problems.length > 0) throw new ValidationError({ new_password2: problems });
    return passwords.hash(first, { account: `id:${holder.id}`, client });
  };

  /**
   * Stores a new hash, ends everything that the old password gave access to, and informs the account holder.
   *
   * @param lost - the error if another request changed the password meanwhile
   * @throws ValidationError
   */
  const store = async (
    holder: PasswordHolder,
    password: string,
    revokesAccessTokens: boolean | undefined,
    lost: FieldErrors,
  ): Promise<void> => {
    await db.transaction(async (tx) => {
      if (!(await replacePassword(tx, holder.id, holder.password, password))) throw new ValidationError(lost);
      if (deps.logsOutOnChange) await removeApiToken(tx, holder.id);
      if (revokesAccessTokens === true) await revokeAllTokens(tx, holder.id, dateOf(clock));
      await mailer.passwordChanged(tx, holder);
    });
    deps.wakeMail();
  };

  return { hash, store };
}

export type NewPassword = ReturnType<typeof createNewPassword>;
