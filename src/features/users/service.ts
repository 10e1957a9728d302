import type { z } from 'zod';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import { sessionAuthHash } from '../../authentication/signing.js';
import type { Account } from '../../kernel/account.js';
import type { Client } from '../../kernel/client.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import { isStorable } from '../../kernel/storable.js';
import { foreignKeyViolation, uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { checkFields } from '../../platform/http/validate.js';
import { REQUIRED } from '../../platform/values/field-errors.js';
import { moveAddress } from './address-repository.js';
import { countAdministrators, lockAdministrators } from './administrators-repository.js';
import { removeApiToken } from './api-token-repository.js';
import { EMAIL_TAKEN, USERNAME_TAKEN } from './errors.js';
import { insertAccount, isEmailTaken, isUsernameTaken, lockNames } from './new-account-repository.js';
import { replaceLineage } from './password-repository.js';
import { removeAccount } from './removal-repository.js';
import {
  addGroups,
  findTarget,
  grantAnalytics,
  type LockedAccount,
  lockAccount,
  missingGroups,
  removeOtherGroups,
  updateAccount,
} from './repository.js';
import { NewUserWrite, UserWrite } from './schemas.js';

const LAST_SUPERUSER = 'This is the last active superuser. Make another account a superuser first.';
const LAST_ADMIN =
  'This is the last active member of the group admin. Put another account into the group first.';
const ADMIN = 'admin';

export interface UserServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly secretKey: () => string;
  readonly passwords: Pick<PasswordService, 'hash' | 'makeUnusable'>;
  readonly policy: PasswordPolicy;
  /** Group of an account that is created without groups. */
  readonly defaultGroup: string;
  /** What else belongs to the activation of an account, in its transaction. */
  readonly onActivated: (tx: Queryable, account: Pick<Account, 'id' | 'username' | 'email'>) => Promise<void>;
  /** Mails a link that sets the first password, or says why there are no such mails. */
  readonly setPasswordMail:
    | { readonly send: (tx: Queryable, userId: number) => Promise<void> }
    | { readonly refusal: string };
  readonly wakeMail: () => void;
  /** Removes the memberships of an account with the invitations to them. */
  readonly endMemberships: (tx: Queryable, of: { readonly userId: number }) => Promise<void>;
}

/** Errors that only the database knows of, beside those of the fields. */
type Found = Readonly<Record<string, readonly string[] | undefined>>;

export function createUserService(deps: UserServiceDeps) {
  const { db } = deps;

  /**
   * Changes an account, with the side effects of CVAT's signals. Groups are set after them, as in CVAT.
   *
   * @returns the account as it is now
   * @throws ValidationError; NotFound when it was removed meanwhile
   */
  const update = async ({ id }: Pick<Account, 'id'>, body: unknown): Promise<Account> => {
    const { values, errors } = checkFields(UserWrite, body);
    const { username, groups } = values;
    refuse(UserWrite.shape, errors, {
      username:
        username !== undefined && (await isUsernameTaken(db, username, id)) ? [USERNAME_TAKEN] : undefined,
      groups: await groupErrors(groups),
    });
    const takesRights = values.is_active === false || values.is_superuser === false || groups !== undefined;
    const inTransaction = takesRights ? keepingAdministrators : db.transaction;
    await whenNamesAreFree(() =>
      inTransaction(async (tx) => {
        if (username !== undefined || values.email !== undefined) await lockNames(tx);
        if (username !== undefined) await requireFreeName(tx, username, id);
        const before = found(await lockAccount(tx, id), 'User');
        const changes = { username, ...columnsOf(values) };
        await updateAccount(tx, id, changes);
        if (groups !== undefined) await setGroups(tx, id, groups);
        if (values.email !== undefined && values.email !== before.email)
          await moveAddress(tx, id, before.email, values.email);
        await noteActivity(tx, id, before, values.is_active);
      }),
    );
    deps.wakeMail();
    return found(await findTarget(db, id, null), 'User').account;
  };

  /**
   * Runs work that may take rights away, in a transaction. Two administrators who do so to one another at once take turns.
   *
   * @throws ValidationError where nobody would be left who can administer the server
   */
  const keepingAdministrators = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> =>
    db.transaction(async (tx) => {
      await lockAdministrators(tx);
      const before = await countAdministrators(tx);
      const result = await work(tx);
      const after = await countAdministrators(tx);
      if (before.superusers > 0 && after.superusers === 0) throw new ValidationError([LAST_SUPERUSER]);
      if (before.members > 0 && after.members === 0) throw new ValidationError([LAST_ADMIN]);
      return result;
    });

  const setGroups = async (tx: Queryable, id: number, groups: readonly string[]): Promise<void> => {
    await removeOtherGroups(tx, id, groups);
    const joined = await addGroups(tx, id, groups);
    if (joined.includes(ADMIN)) await grantAnalytics(tx, id);
  };

  /** Sessions and the API token end with the account: if it comes back, they do not. */
  const noteActivity = async (
    tx: Queryable,
    id: number,
    before: LockedAccount,
    isActive = before.isActive,
  ): Promise<void> => {
    if (before.isActive && !isActive) {
      const current = sessionAuthHash(before.password, deps.secretKey());
      await replaceLineage(tx, id, { current, root: deps.random.bytes(32).toString('hex') });
    }
    if (before.isActive || !isActive) return;
    // Until now its token was told that the account is inactive, as in CVAT.
    await removeApiToken(tx, id);
    await deps.onActivated(tx, found(await findTarget(tx, id, null), 'User').account);
  };

  /**
   * Creates an account, for an administrator, who vouches for its address.
   *
   * @param client - who waits for it; null at the command line
   * @returns the new account
   * @throws ValidationError; the errors of the hash queue
   */
  const create = async (body: unknown, client: Client | null): Promise<Account> => {
    const { values, errors } = checkFields(NewUserWrite, body);
    const { setPasswordMail } = deps;
    const { username = '', email = '', password, groups, send_password_mail: sendsMail = false } = values;
    const person = { username, email, firstName: values.first_name ?? '', lastName: values.last_name ?? '' };
    const problems = password === undefined ? [] : await deps.policy.validate(password, person);
    refuse(NewUserWrite.shape, errors, {
      username: (await isUsernameTaken(db, username)) ? [USERNAME_TAKEN] : undefined,
      email: await emailErrors(email, sendsMail),
      groups: await groupErrors(groups),
      password: problems.length > 0 ? problems : undefined,
      send_password_mail: sendsMail && 'refusal' in setPasswordMail ? [setPasswordMail.refusal] : undefined,
    });
    const encoded =
      password === undefined
        ? deps.passwords.makeUnusable()
        : await deps.passwords.hash(password, { account: null, client });
    const flags = columnsOf(values);
    const [isStaff, isSuperuser] = [flags.isStaff ?? false, flags.isSuperuser ?? false];
    const account = {
      ...person,
      password: encoded,
      isStaff,
      isSuperuser,
      isActive: flags.isActive ?? true,
      groups: groups ?? [isStaff && isSuperuser ? ADMIN : deps.defaultGroup],
      emailVerified: true,
    };
    const id = await whenNamesAreFree(() =>
      db.transaction(async (tx) => {
        await lockNames(tx);
        await requireFreeName(tx, username);
        const userId = await insertAccount(tx, account, dateOf(deps.clock));
        if (sendsMail && 'send' in setPasswordMail) await setPasswordMail.send(tx, userId);
        return userId;
      }),
    );
    deps.wakeMail();
    return found(await findTarget(db, id, null), 'User').account;
  };

  /** Needs the lock of the names. */
  const requireFreeName = async (tx: Queryable, username: string, except?: number): Promise<void> => {
    if (await isUsernameTaken(tx, username, except))
      throw new ValidationError({ username: [USERNAME_TAKEN] });
  };

  /** DRF `SlugRelatedField`: only the first bad name is told, and one that cannot be looked up is just invalid. */
  const groupErrors = async (groups: readonly string[] = []): Promise<readonly string[] | undefined> => {
    const names = groups.filter(isStorable);
    const missing = names.length === 0 ? [] : await missingGroups(db, names);
    const bad = groups.find((name) => !isStorable(name) || missing.includes(name));
    if (bad === undefined) return undefined;
    return [isStorable(bad) ? `Object with name=${bad} does not exist.` : 'Invalid value.'];
  };

  const emailErrors = async (email: string, isNeeded: boolean): Promise<readonly string[] | undefined> => {
    if (email === '') return isNeeded ? [REQUIRED] : undefined;
    return (await isEmailTaken(db, email)) ? [EMAIL_TAKEN] : undefined;
  };

  /** @throws NotFound when it is gone already; ValidationError when something unknown to us still needs it */
  const remove = async (id: number): Promise<void> => {
    try {
      await keepingAdministrators(async (tx) => {
        // Whoever adds a row that names the account waits for this lock, and then finds that the account is gone.
        found(await lockAccount(tx, id), 'User');
        await deps.endMemberships(tx, { userId: id });
        await removeAccount(tx, id);
      });
    } catch (error) {
      const table = foreignKeyViolation(error);
      if (table === undefined) throw error;
      throw new ValidationError([`The account can not be removed: ${table} still needs it.`], {
        cause: error,
      });
    }
  };

  return { update, create, remove };
}

export type UserService = ReturnType<typeof createUserService>;

type Values = Partial<Omit<z.output<typeof UserWrite>, 'username' | 'groups'>>;

const columnsOf = (values: Values) => ({
  firstName: values.first_name,
  lastName: values.last_name,
  email: values.email,
  isStaff: values.is_staff,
  isSuperuser: values.is_superuser,
  isActive: values.is_active,
});

/** @throws ValidationError with the errors of all fields, in the order of the fields; those of their syntax come first */
function refuse(shape: object, errors: Readonly<Record<string, unknown>>, foundErrors: Found): void {
  const all = Object.keys(shape).flatMap((field) => {
    const messages = errors[field] ?? foundErrors[field];
    return messages === undefined ? [] : [[field, messages] as const];
  });
  if (all.length > 0) throw new ValidationError(Object.fromEntries(all) as Record<string, readonly string[]>);
}

/** CVAT beside us on the same database does not know our lock. @throws ValidationError */
async function whenNamesAreFree<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const constraint = uniqueViolation(error);
    if (constraint === 'auth_user_username_key') throw new ValidationError({ username: [USERNAME_TAKEN] });
    if (constraint === 'unique_verified_email') throw new ValidationError({ email: [EMAIL_TAKEN] });
    throw error;
  }
}
