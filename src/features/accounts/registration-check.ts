import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import { type Clock, DAY } from '../../kernel/clock.js';
import { type CvatRelease, storedAddress } from '../../kernel/cvat-release.js';
import { type FieldErrors, PermissionDenied, ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { checkFields } from '../../platform/http/validate.js';
import { hasPendingInvitation } from '../invitations/index.js';
import { EMAIL_TAKEN, isUsernameTaken, USERNAME_TAKEN, usernameProblem } from '../users/index.js';
import type { AccountMailer } from './mailer.js';
import { findAddressOwners, isAnyoneWithoutAddress } from './registration-repository.js';
import { registerWrite, withEmail } from './schemas.js';

const CLOSED = 'Registration is closed on this server. Ask an administrator for an account.';
const INVITED_ONLY = 'Registration needs an invitation to an organization for this e-mail address.';
const WRONG_DOMAIN = 'Addresses of this domain may not register on this server.';
const MISMATCH = "The two password fields didn't match.";

/** Who may register: anyone; anyone invited by an organization; anyone, after an administrator's approval; nobody. */
export type RegistrationMode = 'open' | 'invite' | 'approval' | 'closed';

export interface RegistrationCheckDeps {
  readonly db: Database;
  readonly release: CvatRelease;
  readonly clock: Clock;
  readonly policy: PasswordPolicy;
  readonly emailIsRequired: boolean;
  /** `ACCOUNT_USERNAME_MIN_LENGTH`, in code points. */
  readonly minimumUsername: number;
  readonly mode: RegistrationMode;
  /** Domains whose addresses may register; empty for any. */
  readonly domains: readonly string[];
  /** Number of days an invitation is valid (`ORG_INVITATION_EXPIRY_DAYS`). */
  readonly invitationDays: number;
  readonly mailer: Pick<AccountMailer, 'isConfigured'>;
}

/** A person who wants an account, with the data known before it is created. */
export interface Application {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Exactly as typed. */
  readonly password: string;
  /** An organization has invited this address. */
  readonly isInvited: boolean;
}

type Applicant = Omit<Application, 'isInvited'>;

/** Reads a registration: dj-rest-auth's serializer on top of allauth, with errors in the same order. */
export function createRegistrationCheck(deps: RegistrationCheckDeps) {
  const { db, policy } = deps;
  const write = registerWrite(deps.minimumUsername, deps.release);
  const writeWithEmail = withEmail(write);

  /**
   * @throws ValidationError in the formats of the contract; PermissionDenied before any check: a server with closed
   *   registration does not reveal which accounts exist
   */
  const readApplication = async (body: unknown): Promise<Application> => {
    const isInvited = await hasInvitation(body);
    if (!isInvited) refuseUninvited();
    const applicant = await readApplicant(body);
    if (!isInvited) refuseDomain(applicant);
    await refuseUnsuitable(applicant);
    return { ...applicant, isInvited };
  };

  /** Invitations work in every mode and from every domain, if a mail can prove that the address is theirs. */
  const hasInvitation = async (body: unknown): Promise<boolean> => {
    if ((deps.mode === 'open' && deps.domains.length === 0) || !deps.mailer.isConfigured) return false;
    const email = writeWithEmail.pick({ email: true }).safeParse(body).data?.email;
    const since = new Date(deps.clock.now() - deps.invitationDays * DAY);
    return email !== undefined && hasPendingInvitation(db, email, since);
  };

  const refuseUninvited = (): void => {
    if (deps.mode === 'closed') throw new PermissionDenied(CLOSED);
    if (deps.mode === 'invite') throw new PermissionDenied(INVITED_ONLY);
  };

  const refuseDomain = ({ email }: Applicant): void => {
    const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
    const isAllowed =
      deps.domains.length === 0 || deps.domains.some((allowed) => allowed.toLowerCase() === domain);
    if (!isAllowed) throw new ValidationError({ email: [WRONG_DOMAIN] });
  };

  /** All field errors are reported together; the mismatch of the passwords only if there are none. */
  const readApplicant = async (body: unknown): Promise<Applicant> => {
    const { values, errors } = checkFields(deps.emailIsRequired ? writeWithEmail : write, body);
    const {
      username,
      email: typed = '',
      password1,
      password2,
      first_name: firstName = '',
      last_name: lastName = '',
    } = values;
    const email = storedAddress(typed, deps.release);
    const found: Record<string, FieldErrors[string] | undefined> = {
      username: errors['username'] ?? (username === undefined ? undefined : await usernameErrors(username)),
      email: errors['email'] ?? (email === '' ? undefined : await emailErrors(email)),
      password1:
        errors['password1'] ?? (password1 === undefined ? undefined : await passwordErrors(password1)),
      password2: errors['password2'],
      first_name: errors['first_name'],
      last_name: errors['last_name'],
    };
    const failing = Object.entries(found).filter(
      (entry): entry is [string, FieldErrors[string]] => entry[1] !== undefined,
    );
    if (failing.length > 0) throw new ValidationError(Object.fromEntries(failing));
    if (password1 !== password2) throw new ValidationError({ non_field_errors: [MISMATCH] });
    return { username: username ?? '', email, firstName, lastName, password: password1 ?? '' };
  };

  const usernameErrors = async (username: string): Promise<readonly string[] | undefined> => {
    const problem = usernameProblem(username);
    if (problem !== undefined) return [problem];
    return (await isUsernameTaken(db, username)) ? [USERNAME_TAKEN] : undefined;
  };

  const emailErrors = async (email: string): Promise<readonly string[] | undefined> => {
    const owners = await findAddressOwners(db, email);
    return owners.some(({ isVerified }) => isVerified) ? [EMAIL_TAKEN] : undefined;
  };

  const passwordErrors = async (password: string): Promise<readonly string[] | undefined> => {
    const problems = await policy.validate(password);
    return problems.length > 0 ? problems : undefined;
  };

  /** CVAT's second pass: an address that is already in use, then the password compared with the person's data. */
  const refuseUnsuitable = async (applicant: Applicant): Promise<void> => {
    await findPlaceholder(db, applicant.email);
    const problems = await policy.validate(applicant.password, applicant);
    if (problems.length > 0) throw new ValidationError({ non_field_errors: problems });
  };

  return { write, readApplication };
}

/**
 * @returns the id of the invited placeholder with this address, if there is one (CVAT `get_dummy_or_regular_user`)
 * @throws ValidationError if the address belongs to another user; in CVAT, an empty address counts as one, so only a
 *   single account may lack an address
 */
export async function findPlaceholder(db: Queryable, email: string): Promise<number | undefined> {
  if (email === '') {
    if (await isAnyoneWithoutAddress(db)) throw new ValidationError([EMAIL_TAKEN]);
    return undefined;
  }
  const owners = await findAddressOwners(db, email);
  const [first] = owners;
  if (first === undefined) return undefined;
  if (owners.length === 1 && first.isPlaceholder) return first.userId;
  throw new ValidationError([EMAIL_TAKEN]);
}
