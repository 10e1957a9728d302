import type { Account, OrganizationContext, OrganizationRole } from '../../kernel/account.js';
import { dateOf } from '../../kernel/clock.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { ApiError, ValidationError } from '../../kernel/errors.js';
import { ALPHANUMERIC, type Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { insertMembership } from '../memberships/index.js';
import { lockOrganization } from '../organizations/index.js';
import { actOn } from './answers.js';
import type { Lifetime } from './expiry.js';
import { type InviteeDeps, inviteeOf } from './invitee.js';
import { insertInvitation, keepAccount, lockInvitation, noteSent } from './lifecycle-repository.js';
import type { InvitationLetter } from './mails.js';
import { getInvitation, type Invitation } from './repository.js';

const NO_MAIL = 'Email backend is not configured.';
const IS_MEMBER = ['The user is a member of the organization already.'];
const NOTHING_TO_RESEND = 'This invitation is already accepted.';
const NO_ORGANIZATION = [
  'An invitation needs an organization: name it with "org", "org_id" or "X-Organization".',
];
const NO_SECOND_OWNER =
  'An organization has one owner. To make another member the owner, transfer the organization.';
const MODEL = 'Invitation';
const KEY_LENGTH = 64;

export interface InvitationSendingDeps extends InviteeDeps {
  readonly db: Database;
  readonly random: Random;
  readonly release: CvatRelease;
  /** `ORG_INVITATION_EXPIRY_DAYS`. */
  readonly lifetime: Lifetime;
  /** `ORG_INVITATION_CONFIRM`: people who have an account have to accept too. */
  readonly needsConfirmation: boolean;
  /** Null without a mail server. */
  readonly mail: ((tx: Queryable, letter: InvitationLetter) => Promise<void>) | null;
  /** Counts a mail before it is sent. @throws Throttled */
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

/** Inviting a person, and resending invitations (CVAT 2.62). */
export function createInvitationSending(deps: InvitationSendingDeps) {
  const { db, random, lifetime } = deps;
  const now = (): Date => dateOf(lifetime.clock);

  /**
   * Invites a person by address; without an account here, they get a placeholder. All or nothing.
   *
   * @throws ValidationError; ApiError 500 if a mail is required and there is no mail server; Throttled
   */
  const create = async (
    inviter: Account,
    organization: OrganizationContext | null,
    offer: Offer,
  ): Promise<Invitation> => {
    if (organization === null) throw new ValidationError(NO_ORGANIZATION);
    if (offer.role === 'owner') throw new ValidationError({ role: [NO_SECOND_OWNER] });
    const email = deps.release.has('lowersInvitedAddresses') ? offer.email.toLowerCase() : offer.email;
    const key = random.text(KEY_LENGTH, ALPHANUMERIC);
    await db.transaction(async (tx) => {
      found((await lockOrganization(tx, organization.id, 'member')) || undefined, 'Organization');
      found((await keepAccount(tx, inviter.id)) || undefined, 'User');
      const invitee = await inviteeOf(tx, email, deps, now());
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

  /**
   * @param inviter the user who requests the mail
   * @throws ApiError 500, CVAT's text as a bare JSON string (deviation 13: nothing is left behind); Throttled
   */
  const post = async (tx: Queryable, key: string, inviter: Pick<Account, 'id'>): Promise<void> => {
    if (deps.mail === null) throw new ApiError(500, NO_MAIL);
    const { organization, owner } = found(await getInvitation(tx, key), MODEL);
    const { email } = found(await lockInvitation(tx, key), MODEL);
    await deps.requireMail({ inviterId: inviter.id, organizationId: organization.id, email });
    await deps.mail(tx, { key, email, inviter: owner?.username, organization: organization.slug });
  };

  /** @throws ValidationError if it was accepted; ApiError 500 without a mail server; NotFound; Throttled */
  const resend = async (key: string, sender: Pick<Account, 'id'>): Promise<void> => {
    await actOn(db, key, async (tx, { isAccepted }) => {
      if (isAccepted) throw new ValidationError(NOTHING_TO_RESEND);
      await post(tx, key, sender);
      await noteSent(tx, key, now());
    });
    deps.wakeMail();
  };

  return { create, resend };
}
