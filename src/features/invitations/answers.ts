import { dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { activateMembership, isMembershipOfOwner } from '../memberships/index.js';
import { isExpired, type Lifetime } from './expiry.js';
import { endMemberships, type LockedInvitation, lockInvitation } from './lifecycle-repository.js';

const EXPIRED = 'Your invitation is expired. Please contact organization owner to renew it.';
const ACCEPTED = 'Your invitation is already accepted.';
const OWNER_STAYS = 'The owner keeps this role until the organization is transferred to another member.';

/**
 * Runs work on an invitation that no other request can change meanwhile. @throws NotFound if another request was
 * faster
 */
export const actOn = <T>(
  db: Database,
  key: string,
  work: (tx: Queryable, invitation: LockedInvitation) => Promise<T>,
): Promise<T> => db.transaction(async (tx) => work(tx, found(await lockInvitation(tx, key), 'Invitation')));

/** The answers of an invited person (CVAT 2.62). */
export function createInvitationAnswers({
  db,
  lifetime,
}: {
  readonly db: Database;
  readonly lifetime: Lifetime;
}) {
  const now = (): Date => dateOf(lifetime.clock);

  /**
   * Of two concurrent requests, exactly one accepts (deviation 16). @throws ValidationError with CVAT's texts;
   * NotFound
   */
  const accept = (key: string): Promise<void> =>
    actOn(db, key, async (tx, { membershipId, isAccepted, sentAt }) => {
      if (isExpired(sentAt, lifetime)) throw new ValidationError(EXPIRED);
      if (isAccepted) throw new ValidationError(ACCEPTED);
      await activateMembership(tx, membershipId, now());
    });

  /**
   * The PATCH of CVAT up to 2.69, which ignores that an invitation was already accepted. @returns whether the person
   * is new. @throws ValidationError; NotFound
   */
  const acceptOnce = (key: string): Promise<boolean> =>
    actOn(db, key, async (tx, { membershipId, isAccepted, sentAt }) => {
      if (isAccepted) return false;
      if (isExpired(sentAt, lifetime)) throw new ValidationError(EXPIRED);
      await activateMembership(tx, membershipId, now());
      return true;
    });

  /**
   * Also possible after it was accepted, which means leaving (CVAT); owners cannot. @throws ValidationError; NotFound
   */
  const decline = (key: string): Promise<void> =>
    actOn(db, key, async (tx, { membershipId }) => {
      if (await isMembershipOfOwner(tx, membershipId)) throw new ValidationError(OWNER_STAYS);
      await endMemberships(tx, { membershipId });
    });

  return { accept, acceptOnce, decline };
}
