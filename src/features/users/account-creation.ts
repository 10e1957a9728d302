import type { z } from 'zod';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import type { Account } from '../../kernel/account.js';
import type { Client } from '../../kernel/client.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { checkFields } from '../../platform/http/validate.js';
import { REQUIRED } from '../../platform/values/field-errors.js';
import { EMAIL_TAKEN } from './errors.js';
import {
  groupErrors,
  refuseFields,
  requireFreeName,
  usernameErrors,
  whenNamesAreFree,
} from './field-errors.js';
import { insertAccount, isEmailTaken, lockNames } from './new-account-repository.js';
import { findTarget } from './repository.js';
import { createNewUserWrite } from './schemas.js';
import { columnsOf } from './user-schemas.js';

export interface AccountCreationDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly passwords: Pick<PasswordService, 'hash' | 'makeUnusable'>;
  readonly policy: PasswordPolicy;
  /** Group of an account that is created without groups. */
  readonly defaultGroup: string;
  /** `ACCOUNT_USERNAME_MIN_LENGTH`, in code points. */
  readonly minimumUsername: number;
  /** Mails a link for setting the first password, or says why such mails are not available. */
  readonly setPasswordMail:
    | { readonly send: (tx: Queryable, userId: number) => Promise<void> }
    | { readonly refusal: string };
  readonly wakeMail: () => void;
}

export type NewUser = Partial<z.output<ReturnType<typeof createNewUserWrite>>>;

/** Creating an account as an administrator, who vouches for its address. */
export function createAccountCreation(deps: AccountCreationDeps) {
  const { db, setPasswordMail } = deps;
  const newUserWrite = createNewUserWrite(deps.minimumUsername);

  /** Reads the body of a request. @throws ValidationError */
  const readNew = async (body: unknown): Promise<NewUser> => {
    const { values, errors } = checkFields(newUserWrite, body);
    const { username = '', email = '', groups, send_password_mail: sendsMail = false } = values;
    refuseFields(newUserWrite.shape, errors, {
      username: await usernameErrors(db, username),
      email: await emailErrors(email, sendsMail),
      groups: await groupErrors(db, groups),
      password: await passwordErrors(values),
      send_password_mail: sendsMail && 'refusal' in setPasswordMail ? [setPasswordMail.refusal] : undefined,
    });
    return values;
  };

  const emailErrors = async (email: string, isNeeded: boolean): Promise<readonly string[] | undefined> => {
    if (email === '') return isNeeded ? [REQUIRED] : undefined;
    return (await isEmailTaken(db, email)) ? [EMAIL_TAKEN] : undefined;
  };

  const passwordErrors = async ({ password, ...values }: NewUser): Promise<readonly string[] | undefined> => {
    const problems = password === undefined ? [] : await deps.policy.validate(password, personOf(values));
    return problems.length > 0 ? problems : undefined;
  };

  /**
   * @param client - the client that waits for it; null at the command line
   * @returns the new account
   * @throws ValidationError for values that were taken meanwhile; the errors of the hash queue
   */
  const create = async (values: NewUser, client: Client | null): Promise<Account> => {
    const { username = '', password } = values;
    const { isStaff = false, isSuperuser = false, isActive = true } = columnsOf(values);
    const account = {
      ...personOf(values),
      password:
        password === undefined
          ? deps.passwords.makeUnusable()
          : await deps.passwords.hash(password, { account: null, client }),
      isStaff,
      isSuperuser,
      isActive,
      groups: values.groups ?? [isStaff && isSuperuser ? 'admin' : deps.defaultGroup],
      emailVerified: true,
      origin: null,
    };
    const id = await whenNamesAreFree(() =>
      db.transaction(async (tx) => {
        await lockNames(tx);
        await requireFreeName(tx, username);
        const userId = await insertAccount(tx, account, dateOf(deps.clock));
        if (values.send_password_mail === true && 'send' in setPasswordMail)
          await setPasswordMail.send(tx, userId);
        return userId;
      }),
    );
    deps.wakeMail();
    return found(await findTarget(db, id, null), 'User').account;
  };

  return { newUserWrite, readNew, create };
}

const personOf = ({ username = '', email = '', first_name = '', last_name = '' }: NewUser) => ({
  username,
  email,
  firstName: first_name,
  lastName: last_name,
});
