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

/** allauth: one confirmation mail for an address in three minutes; the one of the registration counts. */
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

/** What became of a click on a link: whose address it was, or nothing that a link could do. */
export type Confirmation = { readonly kind: 'done'; readonly userId: number } | { readonly kind: 'refused' };

export const REFUSED: Confirmation = { kind: 'refused' };

/** Confirming addresses, and asking for the link again. */
export function createEmailConfirmation(deps: EmailConfirmationDeps) {
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

  return { confirm, isKey, mailAtSignUp, noteSignUp, mailAtLogin, resend };
}

export type EmailConfirmation = ReturnType<typeof createEmailConfirmation>;
