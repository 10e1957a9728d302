import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Account, OrganizationContext, OrganizationRole } from '../../kernel/account.js';
import { dateOf } from '../../kernel/clock.js';
import { ApiError, ValidationError } from '../../kernel/errors.js';
import { ALPHANUMERIC, type Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { codePoints } from '../../platform/values/python-text.js';
import { activateMembership, insertMembership, isMembershipOfOwner } from '../memberships/index.js';
import { lockOrganization } from '../organizations/index.js';
import { insertAccount, isUsernameTaken, lockNames } from '../users/index.js';
import { isExpired, type Lifetime } from './expiry.js';
import {
  type Addressee,
  endMemberships,
  findAddressees,
  insertInvitation,
  keepAccount,
  type LockedInvitation,
  lockInvitation,
  noteSent,
  removeInvitation,
} from './lifecycle-repository.js';
import type { InvitationLetter } from './mails.js';
import { getInvitation, type Invitation } from './repository.js';

const NO_MAIL = 'Email backend is not configured.';
const IS_MEMBER = ['The user is a member of the organization already.'];
const EXPIRED = 'Your invitation is expired. Please contact organization owner to renew it.';
const ACCEPTED = 'Your invitation is already accepted.';
const NOTHING_TO_RESEND = 'This invitation is already accepted.';
const NO_ORGANIZATION = [
  'An invitation needs an organization: name it with "org", "org_id" or "X-Organization".',
];
const NO_SECOND_OWNER =
  'An organization has one owner. To make another member the owner, transfer the organization.';
const OWNER_STAYS = 'The owner keeps this role until the organization is transferred to another member.';
const AMBIGUOUS = 'Several accounts have this e-mail address.';
const MODEL = 'Invitation';
const KEY_LENGTH = 64;
/** The name of a placeholder is its address, and the column of names is the shorter one. */
const PLACEHOLDER_LENGTH = 150;

export interface InvitationServiceDeps {
  readonly db: Database;
  readonly random: Random;
  readonly passwords: Pick<PasswordService, 'makeUnusable'>;
  /** `ORG_INVITATION_EXPIRY_DAYS`. */
  readonly lifetime: Lifetime;
  /** `ORG_INVITATION_CONFIRM`: people who have an account are asked too. */
  readonly needsConfirmation: boolean;
  /** Group of a placeholder account. */
  readonly defaultGroup: string;
  /** Null without a mail server. */
  readonly mail: ((tx: Queryable, letter: InvitationLetter) => Promise<void>) | null;
  /** Counts a mail before it leaves. @throws Throttled */
  readonly requireMail: (mail: {
    readonly inviterId: number;
    readonly organizationId: number;
    readonly email: string;
  }) => Promise<void>;
  readonly wakeMail: () => void;
}

export interface Offer {
  readonly role: OrganizationRole;
  readonly email: string;
}

type Invitee = Pick<Addressee, 'id' | 'isUnclaimed'>;

/** Inviting people, and what they and others may do with an invitation (CVAT 2.62). */
export function createInvitationService(deps: InvitationServiceDeps) {
  const { db, random, lifetime } = deps;
  const now = (): Date => dateOf(lifetime.clock);

  /**
   * Invites somebody by address; who has none here gets a placeholder account. All of it happens, or nothing.
   *
   * @throws ValidationError; ApiError 500 where a mail is needed and there is no mail server; Throttled
   */
  const create = async (
    inviter: Account,
    organization: OrganizationContext | null,
    offer: Offer,
  ): Promise<Invitation> => {
    if (organization === null) throw new ValidationError(NO_ORGANIZATION);
    if (offer.role === 'owner') throw new ValidationError({ role: [NO_SECOND_OWNER] });
    const key = random.text(KEY_LENGTH, ALPHANUMERIC);
    await db.transaction(async (tx) => {
      found((await lockOrganization(tx, organization.id, 'member')) || undefined, 'Organization');
      found((await keepAccount(tx, inviter.id)) || undefined, 'User');
      const invitee = (await findInvitee(tx, offer.email)) ?? (await createPlaceholder(tx, offer.email));
      const joins = !deps.needsConfirmation && !invitee.isUnclaimed;
      const [joinedAt, sentAt] = joins ? [now(), null] : [null, now()];
      const membership = { organizationId: organization.id, userId: invitee.id, role: offer.role, joinedAt };
      const membershipId = await insertMembership(tx, membership);
      if (membershipId === undefined) throw new ValidationError(IS_MEMBER);
      await insertInvitation(tx, { key, membershipId, ownerId: inviter.id, sentAt }, now());
      if (!joins) await post(tx, key, inviter);
    });
    deps.wakeMail();
    return found(await getInvitation(db, key), MODEL);
  };

  /** @throws ValidationError when it is not clear who is meant */
  const findInvitee = async (tx: Queryable, email: string): Promise<Invitee | undefined> => {
    const addressees = await findAddressees(tx, email);
    const verified = addressees.filter(({ isVerified }) => isVerified);
    const [one, ...others] = verified.length > 0 ? verified : addressees;
    if (others.length > 0) throw new ValidationError({ email: [AMBIGUOUS] });
    return one;
  };

  /** CVAT's dummy user. Of two who invite the same address at once, the second finds the first one's placeholder. */
  const createPlaceholder = async (tx: Queryable, email: string): Promise<Invitee> => {
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
      password: deps.passwords.makeUnusable(),
      isStaff: false,
      isSuperuser: false,
      isActive: true,
      groups: [deps.defaultGroup],
      emailVerified: null,
    };
    return { id: await insertAccount(tx, account, now()), isUnclaimed: true };
  };

  /**
   * @param inviter who asks for the mail
   * @throws ApiError 500, CVAT's text as a bare JSON string (deviation 13: nothing is left behind); Throttled
   */
  const post = async (tx: Queryable, key: string, inviter: Pick<Account, 'id'>): Promise<void> => {
    if (deps.mail === null) throw new ApiError(500, NO_MAIL);
    const { organization, owner } = found(await getInvitation(tx, key), MODEL);
    const { email } = found(await lockInvitation(tx, key), MODEL);
    await deps.requireMail({ inviterId: inviter.id, organizationId: organization.id, email });
    await deps.mail(tx, { key, email, inviter: owner?.username, organization: organization.slug });
  };

  /** @throws NotFound when somebody else was faster */
  const act = <T>(
    key: string,
    work: (tx: Queryable, invitation: LockedInvitation) => Promise<T>,
  ): Promise<T> => db.transaction(async (tx) => work(tx, found(await lockInvitation(tx, key), MODEL)));

  /** Of two at once, exactly one accepts (deviation 16). @throws ValidationError with CVAT's texts; NotFound */
  const accept = (key: string): Promise<void> =>
    act(key, async (tx, { membershipId, isAccepted, sentAt }) => {
      if (isExpired(sentAt, lifetime)) throw new ValidationError(EXPIRED);
      if (isAccepted) throw new ValidationError(ACCEPTED);
      await activateMembership(tx, membershipId, now());
    });

  /** The PATCH of CVAT up to 2.69, which does not mind an accepted one. @returns whether the person is new. @throws ValidationError; NotFound */
  const acceptOnce = (key: string): Promise<boolean> =>
    act(key, async (tx, { membershipId, isAccepted, sentAt }) => {
      if (isAccepted) return false;
      if (isExpired(sentAt, lifetime)) throw new ValidationError(EXPIRED);
      await activateMembership(tx, membershipId, now());
      return true;
    });

  /** Also after it was accepted, which is leaving (CVAT); an owner can not. @throws ValidationError; NotFound */
  const decline = (key: string): Promise<void> =>
    act(key, async (tx, { membershipId }) => {
      if (await isMembershipOfOwner(tx, membershipId)) throw new ValidationError(OWNER_STAYS);
      await endMemberships(tx, { membershipId });
    });

  /** @throws ValidationError when it was accepted; ApiError 500 without a mail server; NotFound; Throttled */
  const resend = async (key: string, sender: Pick<Account, 'id'>): Promise<void> => {
    await act(key, async (tx, { isAccepted }) => {
      if (isAccepted) throw new ValidationError(NOTHING_TO_RESEND);
      await post(tx, key, sender);
      await noteSent(tx, key, now());
    });
    deps.wakeMail();
  };

  /** @throws NotFound */
  const remove = async (key: string): Promise<void> => {
    found((await removeInvitation(db, key)) || undefined, MODEL);
  };

  return { create, accept, acceptOnce, decline, resend, remove };
}

export type InvitationService = ReturnType<typeof createInvitationService>;

/** Django `UserManager.normalize_email`. */
function normalizeDomain(email: string): string {
  const at = email.lastIndexOf('@');
  return email.slice(0, at) + email.slice(at).toLowerCase();
}
