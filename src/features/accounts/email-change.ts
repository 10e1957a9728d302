import type { Account } from '../../kernel/account.js';
import type { Client } from '../../kernel/client.js';
import type { Clock } from '../../kernel/clock.js';
import { type CvatRelease, storedAddress } from '../../kernel/cvat-release.js';
import { ValidationError } from '../../kernel/errors.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { addMissingAddress, EMAIL_TAKEN, lockNames, replaceAddress } from '../users/index.js';
import { ALREADY, type Confirmation, type LinkState, REFUSED } from './email-confirmation.js';
import { accountState, type EmailChange, readEmailChangeKey } from './keys.js';
import type { MailLimits } from './mail-limits.js';
import type { AccountMailer } from './mailer.js';
import type { OwnPasswordCheck } from './own-password.js';
import { findHolder } from './password-repository.js';
import { findAddressOwners } from './registration-repository.js';

const WRONG_PASSWORD = 'Your password was entered incorrectly. Please enter it again.';
const SAME_EMAIL = 'This is already the e-mail address of the account.';
const NO_MAIL = 'Email backend is not configured.';

export interface EmailChangeDeps {
  readonly db: Database;
  readonly release: CvatRelease;
  readonly clock: Clock;
  readonly secretKey: () => string;
  readonly isOwnPassword: OwnPasswordCheck;
  readonly mailer: AccountMailer;
  readonly mailLimits: MailLimits;
  readonly wakeMail: () => void;
}

/** Changing one's own address. */
export function createEmailChange(deps: EmailChangeDeps) {
  const { db, clock, secretKey, mailer, mailLimits } = deps;

  /**
   * First step of a change: asks for the password again, then mails the new address. @throws ValidationError,
   * Throttled
   */
  const requestChange = async (
    account: Account,
    password: string,
    typed: string,
    client: Client,
  ): Promise<void> => {
    const to = storedAddress(typed, deps.release);
    const holder = await findHolder(db, account.id);
    if (holder === undefined) throw new TypeError(`User ${account.id} is gone.`);
    if (!(await deps.isOwnPassword(holder, password, client)))
      throw new ValidationError({ password: [WRONG_PASSWORD] });
    if (!mailer.isConfigured) throw new ValidationError({ email: [NO_MAIL] });
    if (to.toLowerCase() === holder.email.toLowerCase()) throw new ValidationError({ email: [SAME_EMAIL] });
    await refuseTaken(db, account.id, to);
    await mailLimits.requireClient(client.address);
    await mailLimits.requireAccount(account.id);
    await mailLimits.requireRecipient(to);
    await db.transaction(async (tx) => {
      // A row added later would invalidate the link.
      await addMissingAddress(tx, holder.id);
      const current = (await findHolder(tx, holder.id)) ?? holder;
      const state = accountState(current, secretKey());
      await mailer.confirmEmailChange(tx, holder, { userId: holder.id, to, state });
    });
    deps.wakeMail();
  };

  const refuseTaken = async (queryable: Queryable, userId: number, email: string): Promise<void> => {
    const owners = await findAddressOwners(queryable, email);
    if (owners.some((owner) => owner.userId !== userId)) throw new ValidationError({ email: [EMAIL_TAKEN] });
  };

  /** Second step: the link in the mail to the new address was opened; the old address is informed. */
  const confirmChange = async (key: string): Promise<Confirmation> => {
    const change = readEmailChangeKey(key, secretKey(), clock.now());
    if (change === undefined) return REFUSED;
    try {
      const outcome = await db.transaction(async (tx): Promise<Confirmation> => {
        await lockNames(tx);
        const holder = await findHolder(tx, change.userId);
        if (holder === undefined) return REFUSED;
        if (isMade(change, holder)) return ALREADY;
        if (accountState(holder, secretKey()) !== change.state) return REFUSED;
        await refuseTaken(tx, holder.id, change.to);
        if (!(await replaceAddress(tx, holder.id, holder.email, change.to))) return REFUSED;
        await mailer.emailChanged(tx, holder, change.to);
        return { kind: 'done', userId: change.userId } as const;
      });
      if (outcome.kind === 'done') deps.wakeMail();
      return outcome;
    } catch (error) {
      if (error instanceof ValidationError || uniqueViolation(error) !== undefined) return REFUSED;
      throw error;
    }
  };

  /** Changes nothing. */
  const look = async (key: string): Promise<LinkState> => {
    const change = readEmailChangeKey(key, secretKey(), clock.now());
    const holder = change && (await findHolder(db, change.userId));
    if (change === undefined || holder === undefined) return 'wrong';
    if (isMade(change, holder)) return 'done';
    return accountState(holder, secretKey()) === change.state ? 'open' : 'wrong';
  };

  const isChangeKey = (key: string): boolean =>
    readEmailChangeKey(key, secretKey(), clock.now()) !== undefined;

  return { requestChange, confirmChange, look, isChangeKey };
}

const isMade = ({ to }: EmailChange, { email }: { readonly email: string }): boolean => email === to;

export type EmailChangeFlow = ReturnType<typeof createEmailChange>;
