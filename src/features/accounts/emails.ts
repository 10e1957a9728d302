import type { Account } from '../../kernel/account.js';
import type { Client } from '../../kernel/client.js';
import type { Clock } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Rate } from '../../platform/config/fields.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import type { RateStore } from '../../platform/throttle/rate-store.js';
import { addMissingAddress, EMAIL_TAKEN, lockNames, replaceAddress, verifyAddress } from '../users/index.js';
import { type EmailAddress, findEmailAddress, findOwnAddress, findUnverified } from './email-repository.js';
import { accountState, readConfirmationKey, readEmailChangeKey } from './keys.js';
import { evenly, type MailLimits } from './mail-limits.js';
import type { AccountMailer } from './mailer.js';
import type { OwnPasswordCheck } from './own-password.js';
import { findHolder } from './password-repository.js';
import { findAddressOwners } from './registration-repository.js';

const WRONG_PASSWORD = 'Your password was entered incorrectly. Please enter it again.';
const SAME_EMAIL = 'This is already the e-mail address of the account.';
const NO_MAIL = 'Email backend is not configured.';

/** allauth: one confirmation mail for an address in three minutes; the one of the registration counts. */
const CONFIRMATION_COOLDOWN: Rate = { limit: 1, periodSeconds: 180 };

export interface EmailDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly secretKey: () => string;
  readonly isOwnPassword: OwnPasswordCheck;
  readonly rates: RateStore;
  readonly mailer: AccountMailer;
  readonly mailLimits: MailLimits;
  readonly wakeMail: () => void;
}

/** What became of a click on a link: whose address it was, or nothing that a link could do. */
export type Confirmation = { readonly kind: 'done'; readonly userId: number } | { readonly kind: 'refused' };

const REFUSED: Confirmation = { kind: 'refused' };

/** Confirming addresses, asking for the link again, and changing one's own address. */
export function createEmailFlows(deps: EmailDeps) {
  const { db, clock, secretKey, mailer, rates, mailLimits } = deps;

  /** The answer is the same whoever has the address by now: only a bad or used key is refused. */
  const confirm = async (key: string): Promise<Confirmation> => {
    const id = readConfirmationKey(key, secretKey(), clock.now());
    const address = id === undefined ? undefined : await findEmailAddress(db, id);
    if (address === undefined || address.verified) return REFUSED;
    try {
      await db.transaction(async (tx) => {
        await lockNames(tx);
        await verifyAddress(tx, address.id);
      });
    } catch (error) {
      // CVAT beside us on the same database does not know our lock: the address is somebody else's.
      if (uniqueViolation(error) !== 'unique_verified_email') throw error;
    }
    return { kind: 'done', userId: address.userId };
  };

  const isKey = (key: string): boolean => readConfirmationKey(key, secretKey(), clock.now()) !== undefined;

  const cooldownKey = (email: string): string => `confirm:${email.toLowerCase()}`;

  /** Starts the cooldown of an address. @returns whether a confirmation mail may go to it now */
  const takeTurn = async (email: string): Promise<boolean> =>
    mailer.isConfigured && (await rates.take(cooldownKey(email), CONFIRMATION_COOLDOWN)).allowed;

  /**
   * The first mail of an account, in the transaction that makes it. That may run again or be rolled back, so the
   * cooldown starts after it, with `noteSignUp`.
   */
  const mailAtSignUp = async (tx: Queryable, userId: number): Promise<void> => {
    const address = mailer.isConfigured ? await findOwnAddress(tx, userId) : undefined;
    if (
      address === undefined ||
      !(await rates.peek(cooldownKey(address.email), CONFIRMATION_COOLDOWN)).allowed
    )
      return;
    await mailer.confirmSignUp(tx, address, address.id);
  };

  const noteSignUp = async (email: string): Promise<void> => {
    if (email !== '') await takeTurn(email);
  };

  /** Sends the link again to somebody who gave the right password. */
  const mailAtLogin = async (userId: number): Promise<void> => {
    await addMissingAddress(db, userId);
    const address = await findOwnAddress(db, userId);
    if (address !== undefined && !address.verified) await mailAgain(address);
  };

  const mailAgain = async (address: EmailAddress): Promise<void> => {
    if (!(await takeTurn(address.email))) return;
    await mailer.confirmAtLogin(db, address, address.id);
    deps.wakeMail();
  };

  /** Says nothing of who exists. @throws Throttled by the client's own limit */
  const resend = async (email: string, client: string): Promise<void> => {
    await mailLimits.requireClient(client);
    await evenly(resendTo(email));
  };

  const resendTo = async (email: string): Promise<void> => {
    const [address] = await findUnverified(db, email);
    if (address !== undefined) await mailAgain(address);
  };

  /** First step of a change: the password again, then a mail to the new address. @throws ValidationError, Throttled */
  const requestChange = async (
    account: Account,
    password: string,
    to: string,
    client: Client,
  ): Promise<void> => {
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
      // A row that came later would end the link.
      await addMissingAddress(tx, holder.id);
      const current = (await findHolder(tx, holder.id)) ?? holder;
      const state = accountState(current, secretKey());
      await mailer.confirmEmailChange(tx, holder.username, { userId: holder.id, to, state });
    });
    deps.wakeMail();
  };

  const refuseTaken = async (queryable: Queryable, userId: number, email: string): Promise<void> => {
    const owners = await findAddressOwners(queryable, email);
    if (owners.some((owner) => owner.userId !== userId)) throw new ValidationError({ email: [EMAIL_TAKEN] });
  };

  /** Second step: the click at the new address; the old one is told. */
  const confirmChange = async (key: string): Promise<Confirmation> => {
    const change = readEmailChangeKey(key, secretKey(), clock.now());
    if (change === undefined) return REFUSED;
    try {
      const isDone = await db.transaction(async (tx) => {
        await lockNames(tx);
        const holder = await findHolder(tx, change.userId);
        if (holder === undefined || accountState(holder, secretKey()) !== change.state) return false;
        await refuseTaken(tx, holder.id, change.to);
        if (!(await replaceAddress(tx, holder.id, holder.email, change.to))) return false;
        await mailer.emailChanged(tx, holder, change.to);
        return true;
      });
      if (!isDone) return REFUSED;
      deps.wakeMail();
      return { kind: 'done', userId: change.userId };
    } catch (error) {
      if (error instanceof ValidationError || uniqueViolation(error) !== undefined) return REFUSED;
      throw error;
    }
  };

  const isChangeKey = (key: string): boolean =>
    readEmailChangeKey(key, secretKey(), clock.now()) !== undefined;

  return {
    confirm,
    isKey,
    mailAtSignUp,
    noteSignUp,
    mailAtLogin,
    resend,
    requestChange,
    confirmChange,
    isChangeKey,
  };
}

export type EmailFlows = ReturnType<typeof createEmailFlows>;
