import type { Role } from '../../kernel/account.js';
import { isEmail } from '../../platform/http/email.js';
import type { Person } from '../../platform/ldap/person.js';
import type { Attributes } from '../users/index.js';

export interface Newcomer {
  readonly person: Person;
  readonly roles: readonly Role[];
  /** The name typed at the login, for choosing among several names; null outside of a login. */
  readonly typed: string | null;
}

export const ADMIN: Role = 'admin';
/** Lengths of Django's columns. */
export const LONGEST = { username: 150, name: 150, email: 254 };

/** @returns the account's attributes of a person, truncated to the lengths of their columns */
export function attributesOf({ person, roles }: Newcomer): Attributes {
  return {
    firstName: person.firstName.slice(0, LONGEST.name),
    lastName: person.lastName.slice(0, LONGEST.name),
    email: isEmail(person.email) && person.email.length <= LONGEST.email ? person.email : '',
    isAdmin: roles.includes(ADMIN),
  };
}

/**
 * The name of the account, in lower case as in django-auth-ldap: its current name while the directory still has it,
 * else the typed one, else the directory's first.
 *
 * @returns undefined if the entry has no name that an account can have
 */
export function chooseName({ person, typed }: Newcomer, current: string | null): string | undefined {
  const names = person.usernames
    .map((name) => name.toLowerCase())
    .filter((name) => name !== '' && name.length <= LONGEST.username && !/\p{Cc}/u.test(name));
  if (current !== null && names.includes(current.toLowerCase())) return current;
  return names.find((name) => name === typed?.toLowerCase()) ?? names[0];
}
