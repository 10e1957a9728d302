import type { PasswordService } from '../../authentication/passwords/service.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { codePoints } from '../../platform/values/python-text.js';
import { insertAccount, isUsernameTaken, lockNames } from '../users/index.js';
import { findInvitableAccounts, type InvitableAccount } from './lifecycle-repository.js';

const AMBIGUOUS = 'Several accounts have this e-mail address.';
/** The name of a placeholder is its address, and the column of names is the shorter one. */
const PLACEHOLDER_LENGTH = 150;

export interface InviteeDeps {
  readonly passwords: Pick<PasswordService, 'makeUnusable'>;
  /** Group of a placeholder account. */
  readonly defaultGroup: string;
}

export type Invitee = Pick<InvitableAccount, 'id' | 'isUnclaimed'>;

/**
 * The account that an invitation is for; a person without one gets a placeholder.
 *
 * @throws ValidationError if the address is ambiguous, or cannot be used as a name
 */
export async function inviteeOf(
  tx: Queryable,
  email: string,
  deps: InviteeDeps,
  now: Date,
): Promise<Invitee> {
  return (await findInvitee(tx, email)) ?? (await createPlaceholder(tx, email, deps, now));
}

async function findInvitee(tx: Queryable, email: string): Promise<Invitee | undefined> {
  const accounts = await findInvitableAccounts(tx, email);
  const verified = accounts.filter(({ isVerified }) => isVerified);
  const [one, ...others] = verified.length > 0 ? verified : accounts;
  if (others.length > 0) throw new ValidationError({ email: [AMBIGUOUS] });
  return one;
}

/** CVAT's dummy user. If two requests invite the same address at once, the second finds the first one's placeholder. */
async function createPlaceholder(
  tx: Queryable,
  email: string,
  { passwords, defaultGroup }: InviteeDeps,
  now: Date,
): Promise<Invitee> {
  if (codePoints(email) > PLACEHOLDER_LENGTH) {
    throw new ValidationError({
      email: [`Ensure this field has no more than ${PLACEHOLDER_LENGTH} characters.`],
    });
  }
  await lockNames(tx);
  const made = await findInvitee(tx, email);
  if (made !== undefined) return made;
  if (await isUsernameTaken(tx, email))
    throw new ValidationError({ email: ['A user with that username already exists.'] });
  const account = {
    username: email,
    email: normalizeDomain(email),
    firstName: '',
    lastName: '',
    password: passwords.makeUnusable(),
    isStaff: false,
    isSuperuser: false,
    isActive: true,
    groups: [defaultGroup],
    emailVerified: null,
    origin: 'invitation' as const,
  };
  return { id: await insertAccount(tx, account, now), isUnclaimed: true };
}

/** Django `UserManager.normalize_email`. */
function normalizeDomain(email: string): string {
  const at = email.lastIndexOf('@');
  return email.slice(0, at) + email.slice(at).toLowerCase();
}
