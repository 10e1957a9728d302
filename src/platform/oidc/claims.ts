import { isStorable } from '../../kernel/storable.js';
import type { ClaimNames } from '../config/auth-config.js';
import type { Profile } from './provider.js';

export type Claims = Readonly<Record<string, unknown>>;

/** Columns of the account, in code points. */
const LONGEST = { username: 150, email: 254, name: 150, subject: 191 } as const;
/** Nobody is in more groups that matter here, and each is compared with the configured ones. */
const MAXIMUM_GROUPS = 2000;

/**
 * Reads a person from the claims of a provider. It leaves out values of a wrong type.
 *
 * @returns undefined without a usable subject
 */
export function profileOf(
  claims: Claims,
  names: ClaimNames,
  emailDomain: string | null,
): Profile | undefined {
  const subject = subjectOf(claims[names.uid]);
  if (subject === undefined) return undefined;
  const email = textOf(claims[names.email], LONGEST.email);
  const isEmailVerified = email !== null && isTrue(claims[names.email_verified]);
  return {
    subject,
    username: textOf(claims[names.username], LONGEST.username),
    email,
    isEmailVerified,
    vouchesForEmail: isEmailVerified && domainOf(email) === emailDomain,
    firstName: textOf(claims[names.first_name], LONGEST.name) ?? '',
    lastName: textOf(claims[names.last_name], LONGEST.name) ?? '',
    groups: groupsOf(claims[names.groups]),
  };
}

/** A subject is compared exactly and never shortened: two people must not become one. */
function subjectOf(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text === '' || !isStorable(text)) return undefined;
  return [...text].length <= LONGEST.subject ? text : undefined;
}

function textOf(value: unknown, longest: number): string | null {
  if (typeof value !== 'string' || !isStorable(value)) return null;
  const text = value.trim();
  return text === '' || [...text].length > longest ? null : text;
}

/** Amazon Cognito sends a text. */
const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** @returns the part after the last @, in lower case; homographs stay different */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase();

/** A single group may be sent without a list. */
function groupsOf(value: unknown): readonly string[] | null {
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list)) return null;
  return list.filter((group): group is string => typeof group === 'string').slice(0, MAXIMUM_GROUPS);
}
