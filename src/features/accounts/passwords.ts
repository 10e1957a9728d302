import type { z } from 'zod';
import { foldEmail } from '../../authentication/credentials.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import { isResetToken, parseBase36 } from '../../authentication/reset-token.js';
import { type Account, isId } from '../../kernel/account.js';
import type { Client } from '../../kernel/client.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { type FieldErrors, ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import { checkFields } from '../../platform/http/validate.js';
import { revokeAllTokens } from '../access-tokens/index.js';
import { addMissingAddress, removeApiToken, replacePassword } from '../users/index.js';
import { evenly, type MailLimits } from './mail-limits.js';
import type { AccountMailer } from './mailer.js';
import type { OwnPasswordCheck } from './own-password.js';
import { findHolder, findHoldersByEmail, type PasswordHolder } from './password-repository.js';
import { PasswordChangeWrite, PasswordResetConfirmWrite } from './schemas.js';

/** With a typographic apostrophe, unlike the one of the registration. */
const MISMATCH = 'The two password fields didn’t match.';
const WRONG_OLD = 'Your old password was entered incorrectly. Please enter it again.';
const INVALID = ['Invalid value'];

export interface PasswordDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly secretKey: () => string;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly isOwnPassword: OwnPasswordCheck;
  readonly mailer: AccountMailer;
  readonly mailLimits: MailLimits;
  readonly wakeMail: () => void;
  /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`: the API token, which a login gave for the old password, ends too. */
  readonly logsOutOnChange: boolean;
}

/** Changing a password, and setting a new one with a link (dj-rest-auth 5 over allauth 0.57). */
export function createPasswordFlows(deps: PasswordDeps) {
  const { db, clock, passwords, policy, mailer } = deps;

  /** @throws ValidationError in the order of dj-rest-auth's serializers; Throttled after too many wrong old passwords */
  const change = async (account: Account, body: unknown, client: Client): Promise<void> => {
    const { values, errors } = checkFields(PasswordChangeWrite, body);
    const holder = await findHolder(db, account.id);
    if (holder === undefined) throw new TypeError(`User ${account.id} is gone.`);
    const oldErrors =
      errors['old_password'] ?? (await oldPasswordErrors(holder, values.old_password ?? '', client));
    const all = { ...(oldErrors === undefined ? {} : { old_password: oldErrors }), ...errors };
    if (Object.keys(all).length > 0) throw new ValidationError(all);
    const password = await newPassword(holder, values, client);
    await replace(holder, password, values.revoke_access_tokens, { old_password: [WRONG_OLD] });
  };

  const oldPasswordErrors = async (
    holder: PasswordHolder,
    given: string,
    client: Client,
  ): Promise<string[] | undefined> =>
    (await deps.isOwnPassword(holder, given, client)) ? undefined : [WRONG_OLD];

  /** Django's `SetPasswordForm`: the mismatch first, strength only when both are the same. @returns the new hash */
  const newPassword = async (
    holder: PasswordHolder,
    { new_password1: first = '', new_password2: second = '' }: Partial<NewPasswords>,
    client: Client,
  ): Promise<string> => {
    if (first !== second) throw new ValidationError({ new_password2: [MISMATCH] });
    const problems = await policy.validate(first, holder);
    if (problems.length > 0) throw new ValidationError({ new_password2: problems });
    return passwords.hash(first, { account: `id:${holder.id}`, client });
  };

  /** @throws ValidationError when somebody else changed the password meanwhile */
  const replace = async (
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

  /** Says nothing of who exists, neither by its words nor by its time. @throws Throttled */
  const requestReset = async (email: string, client: string): Promise<void> => {
    await deps.mailLimits.requireClient(client);
    await deps.mailLimits.requireRecipient(email);
    if (mailer.isConfigured) await evenly(mailReset(email));
  };

  const mailReset = async (email: string): Promise<void> => {
    const holders = (await findHoldersByEmail(db, email)).filter((holder) => isAddressOf(holder, email));
    if (holders.length === 0) return;
    await db.transaction(async (tx) => {
      for (const holder of holders) {
        await addMissingAddress(tx, holder.id);
        await mailer.resetPassword(
          tx,
          { username: holder.username, email: deliveryAddress(holder, email) },
          holder,
        );
      }
    });
    deps.wakeMail();
  };

  /** @returns the id of the account. @throws ValidationError: fields, then uid, token, mismatch, strength (dj-rest-auth 5) */
  const confirmReset = async (body: unknown, client: Client): Promise<number> => {
    const { values, errors } = checkFields(PasswordResetConfirmWrite, body);
    if (Object.keys(errors).length > 0) throw new ValidationError(errors);
    const id = parseBase36(values.uid ?? '');
    const holder = id !== undefined && isId(id) ? await findHolder(db, id) : undefined;
    if (holder === undefined) throw new ValidationError({ uid: INVALID });
    if (!isResetToken(values.token ?? '', holder, deps.secretKey(), clock.now()))
      throw new ValidationError({ token: INVALID });
    const password = await newPassword(holder, values, client);
    await replace(holder, password, values.revoke_access_tokens, { token: INVALID });
    return holder.id;
  };

  return { change, requestReset, confirmReset };
}

export type PasswordFlows = ReturnType<typeof createPasswordFlows>;

type NewPasswords = Pick<z.output<typeof PasswordChangeWrite>, 'new_password1' | 'new_password2'>;

const addressesOf = ({ email, addresses }: PasswordHolder): readonly string[] => [email, ...addresses];

/** SQL's lower() finds more than allauth does, and more than the limit counts as one address. */
const isAddressOf = (holder: PasswordHolder, email: string): boolean =>
  addressesOf(holder).some((known) => foldEmail(known) === foldEmail(email));

/**
 * The mail goes to the address as it was typed, as in dj-rest-auth, but only if that differs from a known one in
 * nothing but ASCII case: other letters that fold together are other mailboxes (CVE-2019-19844).
 */
function deliveryAddress(holder: PasswordHolder, typed: string): string {
  const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return addressesOf(holder).some((known) => lower(known) === lower(typed)) ? typed : holder.email;
}
