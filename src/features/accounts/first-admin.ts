import { SERVER } from '../../authentication/passwords/queue.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import { StartError } from '../../kernel/start-error.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import {
  countAdministrators,
  insertAccount,
  isUsernameTaken,
  lockNames,
  usernameProblem,
} from '../users/index.js';

/** Easy to read aloud and to type: no look-alikes. 20 of them give about 99 bits. */
const PASSWORD_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const PASSWORD_LENGTH = 20;

export interface FirstAdminOptions {
  readonly username: string;
  readonly email: string;
  /** Generated if missing. */
  readonly password: string | undefined;
}

export interface FirstAdmin {
  readonly username: string;
  /** To be shown once; null if the operator chose the password. */
  readonly generatedPassword: string | null;
}

/** The result of looking for an administrator. Empty if there was one. */
export interface FirstAdminOutcome {
  readonly admin?: FirstAdmin;
  /** A sentence for the operator: there is no active superuser, and none could be created. */
  readonly problem?: string;
}

const noSuperuser = (username: string): string =>
  `There is no active superuser, and "${username}" is an account already: run "cvat-auth user activate ${username}" and "cvat-auth user make-admin ${username}", or set ADMIN_USERNAME to a name that is free.`;

const hasSuperuser = async (db: Queryable): Promise<boolean> =>
  (await countAdministrators(db)).superusers > 0;

/**
 * Creates the first administrator if there is no active superuser: superuser, staff, group `admin`, verified address.
 * Replicas that start together create only one.
 *
 * @returns the created account, or why none could be created: users can continue to work, and an operator has to fix
 *   it
 * @throws StartError if ADMIN_USERNAME or ADMIN_PASSWORD cannot be used
 */
export async function ensureFirstAdmin(
  deps: {
    readonly db: Database;
    readonly passwords: PasswordService;
    readonly policy: PasswordPolicy;
    readonly clock: Clock;
    readonly random: Random;
  },
  options: FirstAdminOptions,
): Promise<FirstAdminOutcome> {
  const { db, passwords, clock, random } = deps;
  if (await hasSuperuser(db)) return {};
  if (usernameProblem(options.username) !== undefined || options.username.length > 150) {
    throw new StartError(
      `ADMIN_USERNAME is "${options.username}": it may contain letters, digits and @.+-_, 150 characters at most.`,
    );
  }
  if (await isUsernameTaken(db, options.username)) return { problem: noSuperuser(options.username) };
  if (options.password !== undefined) {
    const problems = await deps.policy.validate(options.password, options);
    if (problems.length > 0) throw new StartError(`ADMIN_PASSWORD can't be used: ${problems.join(' ')}`);
  }
  const generated = options.password === undefined ? random.text(PASSWORD_LENGTH, PASSWORD_ALPHABET) : null;
  const password = await passwords.hash(options.password ?? generated ?? '', SERVER);
  return db.transaction(async (tx) => {
    await lockNames(tx);
    if (await hasSuperuser(tx)) return {};
    if (await isUsernameTaken(tx, options.username)) return { problem: noSuperuser(options.username) };
    const account = {
      ...options,
      password,
      firstName: '',
      lastName: '',
      groups: ['admin'],
      emailVerified: true,
    };
    await insertAccount(
      tx,
      { ...account, isStaff: true, isSuperuser: true, isActive: true, origin: null },
      dateOf(clock),
    );
    return { admin: { username: options.username, generatedPassword: generated } };
  });
}
