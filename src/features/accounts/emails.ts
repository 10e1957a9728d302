import type { FailureLimit } from '../../authentication/failure-limit.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Account } from '../../kernel/account.js';
import type { Clock } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Rate } from '../../platform/config/fields.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { type RateStore, requireRate } from '../../platform/throttle/rate-store.js';
import {
  findEmailAddress,
  findUnverified,
  primaryAddress,
  replaceAddress,
  verifyAddress,
} from './email-repository.js';
import { readConfirmationKey, readEmailChangeKey } from './keys.js';
import type { AccountMailer } from './mailer.js';
import { findHolder } from './password-repository.js';
import { findAddressOwners } from './registration-repository.js';

const WRONG_PASSWORD = 'Your password was entered incorrectly. Please enter it again.';
const SAME_EMAIL = 'This is already the e-mail address of the account.';
const EMAIL_TAKEN = 'A user is already registered with this e-mail address.';

/** allauth: one confirmation mail for an address in three minutes; the one of the registration counts. */
const CONFIRMATION_COOLDOWN: Rate = { limit: 1, periodSeconds: 180 };

export interface EmailDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly secretKey: () => string;
  readonly passwords: PasswordService;
  readonly failures: FailureLimit;
  readonly rates: RateStore;
  readonly mailer: AccountMailer;
  readonly mailRates: { readonly perRecipient: Rate | null; readonly perClient: Rate | null };
  readonly wakeMail: () => void;
}

/** What became of a click on a link: whose address it was, or nothing that a link could do. */
export type Confirmation = { readonly kind: 'done'; readonly userId: number } | { readonly kind: 'refused' };

/** Confirming addresses, asking for the link again, and changing one's own address. */
export function createEmailFlows(deps: EmailDeps) {
  const { db, clock, secretKey, mailer, rates } = deps;

  /** The answer is the same whoever has the address by now: only a bad or used key is refused (libraries.md E.8). */
  const confirm = async (key: string): Promise<Confirmation> => {
    const id = readConfirmationKey(key, secretKey(), clock.now());
    const address = id === undefined ? undefined : await findEmailAddress(db, id);
    if (address === undefined || address.verified) return { kind: 'refused' };
    try {
      await db.transaction((tx) => verifyAddress(tx, address.id));
    } catch (error) {
      // Somebody else confirmed the same address at this moment: theirs it is.
      if (uniqueViolation(error) !== 'unique_verified_email') throw error;
    }
    return { kind: 'done', userId: address.userId };
  };

  const isKey = (key: string): boolean => readConfirmationKey(key, secretKey(), clock.now()) !== undefined;

  /** @returns whether a confirmation mail may go to the address now; the cooldown starts if so */
  const mayMail = async (email: string): Promise<boolean> =>
    mailer.isConfigured && (await rates.take(`confirm:${email.toLowerCase()}`, CONFIRMATION_COOLDOWN)).allowed;

  /** The first mail of an account, in the transaction that makes it. */
  const mailAtSignUp = async (tx: Queryable, userId: number): Promise<void> => {
    const address = await primaryAddress(tx, userId);
    if (address === undefined || address.verified || !(await mayMail(address.email))) return;
    await mailer.confirmSignUp(tx, address, address.id);
  };

  /** Sends the link again to somebody who gave the right password. */
  const mailAtLogin = async (userId: number): Promise<void> => {
    await db.transaction(async (tx) => {
      const address = await primaryAddress(tx, userId);
      if (address === undefined || address.verified || !(await mayMail(address.email))) return;
      await mailer.confirmAtLogin(tx, address, address.id);
    });
    deps.wakeMail();
  };

  /** Says nothing of who exists. @throws Throttled by the client's own limit */
  const resend = async (email: string, client: string): Promise<void> => {
    await requireRate(rates, `resend:by:${client}`, deps.mailRates.perClient);
    const [address] = await findUnverified(db, email);
    if (address === undefined || !(await mayMail(address.email))) return;
    await db.transaction((tx) => mailer.confirmAtLogin(tx, address, address.id));
    deps.wakeMail();
  };

  /** First step of a change: the password again, then a mail to the new address. @throws ValidationError, Throttled */
  const requestChange = async (account: Account, password: string, to: string, client: string): Promise<void> => {
    const holder = await findHolder(db, account.id);
    if (holder === undefined) throw new TypeError(`User ${account.id} is gone.`);
    const attempt = { account: `id:${holder.id}`, address: client };
    await deps.failures.check(attempt);
    if (!(await deps.passwords.verify(password, holder.password)).valid) {
      await deps.failures.failed(attempt);
      throw new ValidationError({ password: [WRONG_PASSWORD] });
    }
    if (to.toLowerCase() === holder.email.toLowerCase()) throw new ValidationError({ email: [SAME_EMAIL] });
    await refuseTaken(db, account.id, to);
    await requireRate(rates, `change:${account.id}`, deps.mailRates.perRecipient);
    await db.transaction((tx) => mailer.confirmEmailChange(tx, holder.username, { userId: holder.id, from: holder.email, to }));
    deps.wakeMail();
  };

  const refuseTaken = async (queryable: Queryable, userId: number, email: string): Promise<void> => {
    const owners = await findAddressOwners(queryable, email);
    if (owners.some((owner) => owner.userId !== userId)) throw new ValidationError({ email: [EMAIL_TAKEN] });
  };

  /** Second step: the click at the new address; the old one is told. */
  const confirmChange = async (key: string): Promise<Confirmation> => {
    const change = readEmailChangeKey(key, secretKey(), clock.now());
    const holder = change && (await findHolder(db, change.userId));
    if (change === undefined || holder === undefined || holder.email !== change.from) return { kind: 'refused' };
    try {
      const done = await db.transaction(async (tx) => {
        await refuseTaken(tx, holder.id, change.to);
        if (!(await replaceAddress(tx, holder.id, change.from, change.to))) return false;
        await mailer.emailChanged(tx, { username: holder.username, email: change.from }, change.to);
        return true;
      });
      if (done) deps.wakeMail();
      return done ? { kind: 'done', userId: holder.id } : { kind: 'refused' };
    } catch (error) {
      if (error instanceof ValidationError || uniqueViolation(error) !== undefined) return { kind: 'refused' };
      throw error;
    }
  };

  const isChangeKey = (key: string): boolean => readEmailChangeKey(key, secretKey(), clock.now()) !== undefined;

  return { confirm, isKey, mailAtSignUp, mailAtLogin, resend, requestChange, confirmChange, isChangeKey };
}

export type EmailFlows = ReturnType<typeof createEmailFlows>;
