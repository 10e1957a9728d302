import type { Clock } from '../../kernel/clock.js';
import type { Rate } from '../../platform/config/fields.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import type { RateStore } from '../../platform/throttle/rate-store.js';
import { addMissingAddress, lockNames, verifyAddress } from '../users/index.js';
import { type EmailAddress, findEmailAddress, findOwnAddress, findUnverified } from './email-repository.js';
import { readConfirmationKey } from './keys.js';
import { evenly, type MailLimits } from './mail-limits.js';
import type { AccountMailer } from './mailer.js';

/** allauth: one confirmation mail per address in three minutes, including the one from the registration. */
const CONFIRMATION_COOLDOWN: Rate = { limit: 1, periodSeconds: 180 };

export interface EmailConfirmationDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly secretKey: () => string;
  readonly rates: RateStore;
  readonly mailer: AccountMailer;
  readonly mailLimits: MailLimits;
  readonly wakeMail: () => void;
}

/**
 * The result of opening a link: the owner of the address, that the link had its effect before (a mail scanner may have
 * opened it), or that it cannot be used.
 */
export type Confirmation =
  | { readonly kind: 'done'; readonly userId: number }
  | { readonly kind: 'already' }
  | { readonly kind: 'refused' };

export const REFUSED: Confirmation = { kind: 'refused' };
export const ALREADY: Confirmation = { kind: 'already' };

/** What a link would do. */
export type LinkState = 'open' | 'done' | 'expired' | 'wrong';

/** Confirming addresses, and requesting the link again. */
export function createEmailConfirmation(deps: EmailConfirmationDeps) {
  const { db, clock, secretKey, mailer, rates, mailLimits } = deps;

  /** The answer does not depend on the present owner of the address: only an invalid key is refused. */
  const confirm = async (key: string): Promise<Confirmation> => {
    const id = readConfirmationKey(key, secretKey(), clock.now());
    const address = id === undefined ? undefined : await findEmailAddress(db, id);
    if (address === undefined) return REFUSED;
    if (address.verified) return ALREADY;
    try {
      await db.transaction(async (tx) => {
        await lockNames(tx);
        await verifyAddress(tx, address.id);
      });
    } catch (error) {
      // A CVAT on the same database does not use our lock: the address belongs to another user.
      if (uniqueViolation(error) !== 'unique_verified_email') throw error;
    }
    return { kind: 'done', userId: address.userId };
  };

  /** Changes nothing. */
  const look = async (key: string): Promise<LinkState> => {
    const address = await ownerOf(key);
    if (address === undefined) return 'wrong';
    if (address.verified) return 'done';
    return isKey(key) ? 'open' : 'expired';
  };

  /** @returns the address of a link, also of an expired one */
  const ownerOf = async (key: string): Promise<EmailAddress | undefined> => {
    const id = readConfirmationKey(key, secretKey(), clock.now(), Number.POSITIVE_INFINITY);
    return id === undefined ? undefined : findEmailAddress(db, id);
  };

  /** Mails a new link to the address of an expired one. @throws Throttled by the client's own limit */
  const renew = async (key: string, client: string): Promise<void> => {
    await mailLimits.requireClient(client);
    const address = await ownerOf(key);
    if (address !== undefined && !address.verified) await resendTo(address.email);
  };

  const isKey = (key: string): boolean => readConfirmationKey(key, secretKey(), clock.now()) !== undefined;

  const cooldownKey = (email: string): string => `confirm:${email.toLowerCase()}`;

  /** Starts the cooldown of an address. @returns whether a confirmation mail may be sent to it now */
  const takeTurn = async (email: string): Promise<boolean> =>
    mailer.isConfigured && (await rates.take(cooldownKey(email), CONFIRMATION_COOLDOWN)).allowed;

  /**
   * The first mail of an account, in the transaction that creates it. That transaction may be repeated or rolled back,
   * so the cooldown starts after it, with `noteSignUp`.
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

  /** Sends the link again to a user who gave the right password. */
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

  /** Does not reveal which accounts exist. @throws Throttled by the client's own limit */
  const resend = async (email: string, client: string): Promise<void> => {
    await mailLimits.requireClient(client);
    await evenly(resendTo(email));
  };

  const resendTo = async (email: string): Promise<void> => {
    const [address] = await findUnverified(db, email);
    if (address !== undefined) await mailAgain(address);
  };

  return { confirm, look, renew, isKey, mailAtSignUp, noteSignUp, mailAtLogin, resend };
}

export type EmailConfirmation = ReturnType<typeof createEmailConfirmation>;
