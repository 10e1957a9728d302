import { ValidationError } from '../../kernel/errors.js';
import { isStorable } from '../../kernel/storable.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { EMAIL_TAKEN, USERNAME_TAKEN } from './errors.js';
import { isUsernameTaken } from './new-account-repository.js';
import { missingGroups } from './repository.js';

/** Field errors that only the database can detect. */
export type LookUpErrors = Readonly<Record<string, readonly string[] | undefined>>;

/** @throws ValidationError with the errors of all fields, in the order of the fields; syntax errors come first */
export function refuseFields(
  shape: object,
  errors: Readonly<Record<string, unknown>>,
  lookUps: LookUpErrors,
): void {
  const all = Object.keys(shape).flatMap((field) => {
    const messages = errors[field] ?? lookUps[field];
    return messages === undefined ? [] : [[field, messages] as const];
  });
  if (all.length > 0) throw new ValidationError(Object.fromEntries(all) as Record<string, readonly string[]>);
}

/** @param except - id of the account that may have the name */
export const usernameErrors = async (
  db: Queryable,
  username: string,
  except?: number,
): Promise<readonly string[] | undefined> =>
  (await isUsernameTaken(db, username, except)) ? [USERNAME_TAKEN] : undefined;

/**
 * DRF `SlugRelatedField`: only the first invalid name is reported, and one that cannot be looked up is just invalid.
 */
export async function groupErrors(
  db: Queryable,
  groups: readonly string[] = [],
): Promise<readonly string[] | undefined> {
  const names = groups.filter(isStorable);
  const missing = names.length === 0 ? [] : await missingGroups(db, names);
  const bad = groups.find((name) => !isStorable(name) || missing.includes(name));
  if (bad === undefined) return undefined;
  return [isStorable(bad) ? `Object with name=${bad} does not exist.` : 'Invalid value.'];
}

/** Requires the lock for names. @throws ValidationError */
export async function requireFreeName(tx: Queryable, username: string, except?: number): Promise<void> {
  const errors = await usernameErrors(tx, username, except);
  if (errors !== undefined) throw new ValidationError({ username: errors });
}

/** A CVAT on the same database does not use our lock. @throws ValidationError */
export async function whenNamesAreFree<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const constraint = uniqueViolation(error);
    if (constraint === 'auth_user_username_key') throw new ValidationError({ username: [USERNAME_TAKEN] });
    if (constraint === 'unique_verified_email') throw new ValidationError({ email: [EMAIL_TAKEN] });
    throw error;
  }
}
