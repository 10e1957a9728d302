import { type Clock, dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import { found, noMatch } from '../../platform/http/objects.js';
import { swapOwnerRole } from '../memberships/index.js';
import { getOrganization, lockOrganization, type Organization, replaceOwner } from './repository.js';
import { findTransfer, offerOrganization, type Transfer, withdrawOffer } from './transfer-repository.js';

const NO_MEMBER = { user: ['Choose another active member of the organization.'] };
const MODEL = 'OrganizationTransfer';

export interface TransferServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Number of days an offer is valid. */
  readonly offerDays: number;
}

/** Transferring an organization to another member, who has to agree. Not in CVAT. */
export function createTransferService({ db, clock, offerDays }: TransferServiceDeps) {
  const termsOf = (organizationId: number) => ({ organizationId, days: offerDays, now: dateOf(clock) });

  /** @throws NotFound */
  const get = async (organizationId: number): Promise<Transfer> =>
    found(await findTransfer(db, termsOf(organizationId)), MODEL);

  /** @throws ValidationError unless the successor is another active member */
  const offer = async (organizationId: number, successorId: number): Promise<Transfer> => {
    if (!(await offerOrganization(db, organizationId, successorId, dateOf(clock))))
      throw new ValidationError(NO_MEMBER);
    return get(organizationId);
  };

  /** @throws NotFound */
  const withdraw = async (organizationId: number): Promise<void> => {
    if (!(await withdrawOffer(db, organizationId))) throw noMatch(MODEL);
  };

  /**
   * The successor agrees: the roles are swapped.
   *
   * @throws NotFound for anyone else, and for an offer that is not valid
   */
  const confirm = async (organizationId: number, successorId: number): Promise<Organization> => {
    await db.transaction(async (tx) => {
      const isThere = await lockOrganization(tx, organizationId, 'owner');
      const transfer = isThere ? await findTransfer(tx, termsOf(organizationId)) : undefined;
      if (transfer?.successor.id !== successorId) throw noMatch(MODEL);
      if (!(await swapOwnerRole(tx, organizationId, successorId))) throw noMatch(MODEL);
      await replaceOwner(tx, organizationId, successorId, dateOf(clock));
      await withdrawOffer(tx, organizationId);
    });
    return found(await getOrganization(db, organizationId), 'Organization');
  };

  return { get, offer, withdraw, confirm };
}

export type TransferService = ReturnType<typeof createTransferService>;
