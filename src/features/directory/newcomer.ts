import type { Role } from '../../kernel/account.js';
import { isEmail } from '../../platform/http/email.js';
import type { Person } from '../../platform/ldap/person.js';
import type { Attributes } from '../users/index.js';

export interface Newcomer {
  readonly person: Person;
  readonly roles: readonly Role[];
  /** What was typed at the login, for a choice among several names; null when nobody signs in. */
  readonly typed: string | null;
}

export const ADMIN: Role = 'admin';
/** Lengths of Django's columns. */
export const LONGEST = { username: 150, name: 150, email: 254 };

/** @returns what the account shows of a person, cut to what its columns hold */
export function attributesOf({ person, roles }: Newcomer): Attributes {
  return {
    firstName: person.firstName.slice(0, LONGEST.name),
    lastName: person.lastName.slice(0, LONGEST.name),
    email: isEmail(person.email) && person.email.length <= LONGEST.email ? person.email : '',
    isAdmin: roles.includes(ADMIN),
  };
}

/**
 * The name of the account, in lower case as django-auth-ldap has it: the one it has while the directory still knows
 * it, else the one that was typed, else the directory's first.
 *
 * @returns undefined when the entry has no name that an account can have
 */
export function chooseName({ person, typed }: Newcomer, current: string | null): string | undefined {
  const names = person.usernames
    .map((name) => name.toLowerCase())
    .filter((name) => name !== '' && name.length <= LONGEST.username && !/\p{Cc}/u.test(name));
  if (current !== null && names.includes(current.toLowerCase())) return current;
  return names.find((name) => name === typed?.toLowerCase()) ?? names[0];
}
