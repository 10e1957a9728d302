import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import type { Client } from '../../kernel/client.js';
import { type Clock, DAY, dateOf } from '../../kernel/clock.js';
import { type FieldErrors, PermissionDenied, ValidationError } from '../../kernel/errors.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { checkFields } from '../../platform/http/validate.js';
import { hasPendingInvitation } from '../invitations/index.js';
import {
  claimPlaceholder,
  EMAIL_TAKEN,
  insertAccount,
  isUsernameTaken,
  lockNames,
  type NewAccount,
  USERNAME_TAKEN,
  usernameProblem,
} from '../users/index.js';
import type { AccountMailer } from './mailer.js';
import {
  askForProof,
  findAddressOwners,
  insertPendingApproval,
  isAnyoneWithoutAddress,
  listAdministratorAddresses,
} from './registration-repository.js';
import { RegisterWithEmailWrite, RegisterWrite } from './schemas.js';

const CLOSED = 'Registration is closed on this server. Ask an administrator for an account.';
const INVITED_ONLY = 'Registration needs an invitation to an organization for this e-mail address.';
const WRONG_DOMAIN = 'Addresses of this domain may not register on this server.';
const MISMATCH = "The two password fields didn't match.";

export interface RegistrationDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly defaultGroup: string;
  readonly emailIsRequired: boolean;
  readonly mode: RegistrationMode;
  /** Domains whose addresses may register; any when there are none. */
  readonly domains: readonly string[];
  /** Days an invitation lasts (`ORG_INVITATION_EXPIRY_DAYS`). */
  readonly invitationDays: number;
  readonly mailer: AccountMailer;
  /** `ACCOUNT_EMAIL_VERIFICATION`: every new address is asked to be confirmed. */
  readonly confirmsAddresses: boolean;
  /** The confirmation of a new address, mailed in the transaction and noted after it. */
  readonly confirmation: {
    readonly mail: (tx: Queryable, userId: number) => Promise<void>;
    readonly noteMailed: (email: string) => Promise<void>;
  };
  readonly wakeMail: () => void;
}

/** Who may register: anybody; whom an organization invited; anybody, after an administrator agreed; nobody. */
export type RegistrationMode = 'open' | 'invite' | 'approval' | 'closed';

export interface Registered {
  readonly id: number;
  /** False while the account waits for an administrator. */
  readonly isActive: boolean;
  /** The address let the account in, so it lets nobody in before a mail has proven it. */
  readonly awaitsProof: boolean;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}

type Admission = Pick<Registered, 'isActive' | 'awaitsProof'>;

interface Applicant {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly password: string;
}

/** CVAT's registration: dj-rest-auth's serializer over allauth, with the order of its errors. */
export function createRegistration(deps: RegistrationDeps) {
  const { db, policy, passwords } = deps;

  /**
   * @returns the new account
   * @throws ValidationError in the shapes of the contract; the errors of the hash queue
   */
  const register = async (body: unknown, client: Client): Promise<Registered> => {
    const isInvited = await hasInvitation(body);
    // Before anything is checked: a server that takes nobody in says nothing of who is in it.
    if (!isInvited) refuseUninvited();
    const applicant = await readApplicant(body);
    if (!isInvited) refuseDomain(applicant);
    // Slow work outside the transaction: hashing takes a fifth of a second.
    await refuseUnsuitable(db, applicant);
    const password = await passwords.hash(applicant.password, { account: null, client });
    return create(
      { ...applicant, password },
      { isActive: isInvited || deps.mode !== 'approval', awaitsProof: isInvited || deps.domains.length > 0 },
    );
  };

  /** Invitations work in every mode and from every domain, where a mail can prove that the address is theirs. */
  const hasInvitation = async (body: unknown): Promise<boolean> => {
    if ((deps.mode === 'open' && deps.domains.length === 0) || !deps.mailer.isConfigured) return false;
    const email = RegisterWithEmailWrite.pick({ email: true }).safeParse(body).data?.email;
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

  /** All field errors are reported together, the mismatch of the passwords only when there are none. */
  const readApplicant = async (body: unknown): Promise<Applicant> => {
    const { values, errors } = checkFields(
      deps.emailIsRequired ? RegisterWithEmailWrite : RegisterWrite,
      body,
    );
    const {
      username,
      email = '',
      password1,
      password2,
      first_name: firstName = '',
      last_name: lastName = '',
    } = values;
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

  /** The second pass of CVAT: an address that anybody has, then the password against the person. */
  const refuseUnsuitable = async (queryable: Queryable, applicant: Applicant): Promise<void> => {
    await placeholderOf(queryable, applicant.email);
    const problems = await policy.validate(applicant.password, applicant);
    if (problems.length > 0) throw new ValidationError({ non_field_errors: problems });
  };

  /**
   * @returns the id of the invited placeholder with this address, if there is one (CVAT `get_dummy_or_regular_user`)
   * @throws ValidationError when the address belongs to anybody else; no address counts as one in CVAT, so that a
   *   single account may be without
   */
  const placeholderOf = async (queryable: Queryable, email: string): Promise<number | undefined> => {
    if (email === '') {
      if (await isAnyoneWithoutAddress(queryable)) throw new ValidationError([EMAIL_TAKEN]);
      return undefined;
    }
    const owners = await findAddressOwners(queryable, email);
    const [first] = owners;
    if (first === undefined) return undefined;
    if (owners.length === 1 && first.isPlaceholder) return first.userId;
    throw new ValidationError([EMAIL_TAKEN]);
  };

  const create = async (applicant: Applicant, { isActive, awaitsProof }: Admission): Promise<Registered> => {
    const confirms = deps.confirmsAddresses || awaitsProof;
    const account: NewAccount = {
      ...applicant,
      isStaff: false,
      isSuperuser: false,
      isActive,
      groups: [deps.defaultGroup],
      emailVerified: false,
    };
    try {
      const id = await db.transaction(async (tx) => {
        await lockNames(tx);
        if (await isUsernameTaken(tx, account.username))
          throw new ValidationError({ username: [USERNAME_TAKEN] });
        const userId = await store(tx, account);
        if (awaitsProof) await askForProof(tx, userId, dateOf(deps.clock));
        if (!isActive) await awaitApproval(tx, userId, account);
        else if (confirms) await deps.confirmation.mail(tx, userId);
        return userId;
      });
      if (isActive && confirms) await deps.confirmation.noteMailed(account.email);
      deps.wakeMail();
      const { username, email, firstName, lastName } = account;
      return { id, isActive, awaitsProof, username, email, firstName, lastName };
    } catch (error) {
      // CVAT beside us on the same database does not know our lock.
      if (uniqueViolation(error) === 'auth_user_username_key')
        throw new ValidationError({ username: [USERNAME_TAKEN] });
      throw error;
    }
  };

  const store = async (tx: Queryable, account: NewAccount): Promise<number> => {
    const placeholder = await placeholderOf(tx, account.email);
    if (placeholder === undefined) return insertAccount(tx, account, dateOf(deps.clock));
    if (!(await claimPlaceholder(tx, placeholder, account))) throw new ValidationError([EMAIL_TAKEN]);
    return placeholder;
  };

  /** Every administrator with an address is told. */
  const awaitApproval = async (tx: Queryable, userId: number, account: NewAccount): Promise<void> => {
    await insertPendingApproval(tx, userId, dateOf(deps.clock));
    for (const address of await listAdministratorAddresses(tx))
      await deps.mailer.accountWaiting(tx, address, account);
  };

  return { register };
}

export type Registration = ReturnType<typeof createRegistration>;
