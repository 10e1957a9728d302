import type { z } from 'zod';
import type { Account } from '../../kernel/account.js';
import type { Client } from '../../kernel/client.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import { checkFields } from '../../platform/http/validate.js';
import type { NewPassword } from './new-password.js';
import type { OwnPasswordCheck } from './own-password.js';
import { findHolder, type PasswordHolder } from './password-repository.js';
import { passwordChangeWrite } from './schemas.js';

const WRONG_OLD = 'Your old password was entered incorrectly. Please enter it again.';

export interface PasswordChangeDeps {
  readonly db: Database;
  readonly release: CvatRelease;
  readonly isOwnPassword: OwnPasswordCheck;
  readonly newPassword: NewPassword;
}

/** The fields, and the account for which the old password was right. */
export type PasswordChangeFields = Partial<z.output<ReturnType<typeof passwordChangeWrite>>> & {
  readonly holder: PasswordHolder;
};

/** Changing one's own password (dj-rest-auth 5 on top of allauth 0.57). */
export function createPasswordChange({ db, release, isOwnPassword, newPassword }: PasswordChangeDeps) {
  const write = passwordChangeWrite(release);

  /**
   * Reads the body of a change: a wrong old password is a field error like any other.
   *
   * @returns the new passwords, and the account for which the old one was right
   * @throws ValidationError in the order of dj-rest-auth's serializers; Throttled after too many wrong old passwords
   */
  const readChange = async (
    body: unknown,
    account: Account,
    client: Client,
  ): Promise<PasswordChangeFields> => {
    const { values, errors } = checkFields(write, body);
    const holder = await findHolder(db, account.id);
    if (holder === undefined) throw new TypeError(`User ${account.id} is gone.`);
    const oldErrors =
      errors['old_password'] ?? (await oldPasswordErrors(holder, values.old_password ?? '', client));
    const all = { ...(oldErrors === undefined ? {} : { old_password: oldErrors }), ...errors };
    if (Object.keys(all).length > 0) throw new ValidationError(all);
    return { ...values, holder };
  };

  /** @throws ValidationError for an unacceptable new password, and if another request changed the password meanwhile */
  const change = async ({ holder, ...values }: PasswordChangeFields, client: Client): Promise<void> => {
    const password = await newPassword.hash(holder, values, client);
    await newPassword.store(holder, password, values.revoke_access_tokens, { old_password: [WRONG_OLD] });
  };

  const oldPasswordErrors = async (
    holder: PasswordHolder,
    given: string,
    client: Client,
  ): Promise<string[] | undefined> =>
    (await isOwnPassword(holder, given, client)) ? undefined : [WRONG_OLD];

  return { write, readChange, change };
}

export type PasswordChange = ReturnType<typeof createPasswordChange>;
