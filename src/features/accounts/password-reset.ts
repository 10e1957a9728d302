import type { z } from 'zod';
import { foldEmail } from '../../authentication/credentials.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import { isResetToken, parseBase36 } from '../../authentication/reset-token.js';
import { isId } from '../../kernel/account.js';
import type { Client } from '../../kernel/client.js';
import type { Clock } from '../../kernel/clock.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import { addMissingAddress } from '../users/index.js';
import { evenly, type MailLimits } from './mail-limits.js';
import type { AccountMailer } from './mailer.js';
import type { NewPassword } from './new-password.js';
import { findHolder, findHoldersByEmail, type PasswordHolder } from './password-repository.js';
import { passwordResetConfirmWrite } from './schemas.js';

const INVALID = ['Invalid value'];

export interface PasswordResetDeps {
  readonly db: Database;
  readonly release: CvatRelease;
  readonly clock: Clock;
  readonly secretKey: () => string;
  readonly mailer: AccountMailer;
  readonly mailLimits: MailLimits;
  readonly wakeMail: () => void;
  readonly newPassword: NewPassword;
  readonly passwords: Pick<PasswordService, 'isUsable'>;
  /** The identity providers of this server, as the database calls them. */
  readonly providers: readonly string[];
}

/** Setting a new password with a link (dj-rest-auth 5 on top of allauth 0.57). */
export function createPasswordReset(deps: PasswordResetDeps) {
  const { db, clock, mailer, newPassword } = deps;
  const confirmWrite = passwordResetConfirmWrite(deps.release);

  /** Does not reveal which accounts exist, neither by its text nor by its time. @throws Throttled */
  const requestReset = async (email: string, client: string): Promise<void> => {
    await deps.mailLimits.requireClient(client);
    await deps.mailLimits.requireRecipient(email);
    if (mailer.isConfigured) await evenly(mailReset(email));
  };

  const mailReset = async (email: string): Promise<void> => {
    const holders = (await findHoldersByEmail(db, email)).filter(
      (holder) => isAddressOf(holder, email) && !signsInElsewhere(holder),
    );
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

  /** People of a provider would get a second way in, which nobody there can close. */
  const signsInElsewhere = ({ password, providers }: PasswordHolder): boolean =>
    !deps.passwords.isUsable(password) && providers.some((one) => deps.providers.includes(one));

  /** @returns the id of the account. @throws ValidationError: uid, token, mismatch, strength (dj-rest-auth 5) */
  const confirmReset = async (values: z.output<typeof confirmWrite>, client: Client): Promise<number> => {
    const id = parseBase36(values.uid);
    const holder = id !== undefined && isId(id) ? await findHolder(db, id) : undefined;
    if (holder === undefined) throw new ValidationError({ uid: INVALID });
    if (!isResetToken(values.token, holder, deps.secretKey(), clock.now()))
      throw new ValidationError({ token: INVALID });
    const password = await newPassword.hash(holder, values, client);
    await newPassword.store(holder, password, values.revoke_access_tokens, { token: INVALID });
    return holder.id;
  };

  return { confirmWrite, requestReset, confirmReset };
}

export type PasswordReset = ReturnType<typeof createPasswordReset>;

const addressesOf = ({ email, addresses }: PasswordHolder): readonly string[] => [email, ...addresses];

/** SQL's lower() matches more than allauth does, and more than the limit counts as one address. */
const isAddressOf = (holder: PasswordHolder, email: string): boolean =>
  addressesOf(holder).some((known) => foldEmail(known) === foldEmail(email));

/**
 * The mail goes to the address as typed, as in dj-rest-auth, but only if that differs from a known one in ASCII case
 * alone: other letters that fold together belong to other mailboxes (CVE-2019-19844).
 */
function deliveryAddress(holder: PasswordHolder, typed: string): string {
  const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return addressesOf(holder).some((known) => lower(known) === lower(typed)) ? typed : holder.email;
}
