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
  /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`: the API token, which a login gave for the old password, ends too. */
  readonly logsOutOnChange: boolean;
}

/** The fields that a change and a reset have in common. */
export interface NewPasswordFields {
  readonly new_password1?: string | undefined;
  readonly new_password2?: string | undefined;
  readonly revoke_access_tokens?: boolean | undefined;
}

/** Judges and stores a new password, for the change and for the reset. */
export function createNewPassword({ passwords, policy, ...deps }: NewPasswordDeps) {
  const { db, clock, mailer } = deps;

  /**
   * Django's `SetPasswordForm`: the mismatch first, strength only when both are the same.
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
   * Stores a new hash, ends what the old password gave, and tells the holder.
   *
   * @param lost - what is told when somebody else changed the password meanwhile
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
