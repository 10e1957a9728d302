import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Client } from '../../kernel/client.js';
import { dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Queryable } from '../../platform/db/queryable.js';
import type { Language } from '../../platform/html/language.js';
import { storeLanguage } from '../preferences/index.js';
import {
  claimPlaceholder,
  EMAIL_TAKEN,
  insertAccount,
  isUsernameTaken,
  lockNames,
  type NewAccount,
  USERNAME_TAKEN,
} from '../users/index.js';
import type { AccountMailer } from './mailer.js';
import {
  type Application,
  createRegistrationCheck,
  findPlaceholder,
  type RegistrationCheckDeps,
} from './registration-check.js';
import { askForProof, insertPendingApproval, listAdministratorAddresses } from './registration-repository.js';

export interface RegistrationDeps extends RegistrationCheckDeps {
  readonly passwords: PasswordService;
  readonly defaultGroup: string;
  readonly mailer: AccountMailer;
  /** `ACCOUNT_EMAIL_VERIFICATION`: every new address must be confirmed. */
  readonly confirmsAddresses: boolean;
  /** The confirmation of a new address, mailed in the transaction and recorded after it. */
  readonly confirmation: {
    readonly mail: (tx: Queryable, userId: number) => Promise<void>;
    readonly noteMailed: (email: string) => Promise<void>;
  };
  readonly wakeMail: () => void;
}

export interface Registered {
  readonly id: number;
  /** False while the account waits for an administrator's approval. */
  readonly isActive: boolean;
  /** The address was the reason for creating the account, so nobody can sign in until a mail has proven it. */
  readonly awaitsProof: boolean;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** CVAT's registration. */
export function createRegistration(deps: RegistrationDeps) {
  const { db, clock } = deps;

  /**
   * @param language of the mails to the account, if it is known
   * @returns the new account
   * @throws ValidationError for values that were taken meanwhile; the errors of the hash queue
   */
  const register = async (
    application: Application,
    client: Client,
    language: Language | undefined,
  ): Promise<Registered> => {
    const { isInvited, password: typed, ...person } = application;
    const isActive = isInvited || deps.mode !== 'approval';
    const awaitsProof = isInvited || deps.domains.length > 0;
    const confirms = isActive && (deps.confirmsAddresses || awaitsProof);
    // Slow work stays outside the transaction: hashing takes a fifth of a second.
    const password = await deps.passwords.hash(typed, { account: null, client });
    const groups = [deps.defaultGroup];
    const account = { ...person, password, isActive, groups, ...NEWCOMER };
    const id = await whenNameIsFree(() =>
      db.transaction(async (tx) => {
        await lockNames(tx);
        if (await isUsernameTaken(tx, account.username))
          throw new ValidationError({ username: [USERNAME_TAKEN] });
        const userId = await store(tx, account);
        if (language !== undefined) await storeLanguage(tx, userId, language);
        if (awaitsProof) await askForProof(tx, userId, dateOf(clock));
        if (!isActive) await awaitApproval(tx, userId, account);
        if (confirms) await deps.confirmation.mail(tx, userId);
        return userId;
      }),
    );
    if (confirms) await deps.confirmation.noteMailed(account.email);
    deps.wakeMail();
    return { id, isActive, awaitsProof, ...person };
  };

  /** An invited person gets the account reserved for their address. */
  const store = async (tx: Queryable, account: NewAccount): Promise<number> => {
    const placeholder = await findPlaceholder(tx, account.email);
    if (placeholder === undefined) return insertAccount(tx, account, dateOf(clock));
    if (!(await claimPlaceholder(tx, placeholder, account))) throw new ValidationError([EMAIL_TAKEN]);
    return placeholder;
  };

  /** Informs every administrator who has an address. */
  const awaitApproval = async (tx: Queryable, userId: number, account: NewAccount): Promise<void> => {
    await insertPendingApproval(tx, userId, dateOf(clock));
    for (const address of await listAdministratorAddresses(tx))
      await deps.mailer.accountWaiting(tx, address, account);
  };

  return { ...createRegistrationCheck(deps), register };
}

export type Registration = ReturnType<typeof createRegistration>;

const NEWCOMER = {
  isStaff: false,
  isSuperuser: false,
  emailVerified: false,
  origin: 'registration',
} as const;

/** A CVAT on the same database does not use our lock. @throws ValidationError */
async function whenNameIsFree<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (uniqueViolation(error) === 'auth_user_username_key')
      throw new ValidationError({ username: [USERNAME_TAKEN] });
    throw error;
  }
}
