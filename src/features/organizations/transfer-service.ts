import type { Account } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found, noMatch } from '../../platform/http/objects.js';
import { swapOwnerRole } from '../memberships/index.js';
import type { OfferLetter } from './mails.js';
import { getOrganization, lockOrganization, type Organization, replaceOwner } from './repository.js';
import { findTransfer, offerOrganization, type Transfer, withdrawOffer } from './transfer-repository.js';

const NO_MEMBER = { user: ['Choose another active member of the organization.'] };
const MODEL = 'OrganizationTransfer';

export interface TransferServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Number of days an offer is valid. */
  readonly offerDays: number;
  /** Null without a mail server, and without a page on which the offer could be answered. */
  readonly offerMail: ((tx: Queryable, letter: OfferLetter) => Promise<void>) | null;
  /** Counts a mail before it is sent, like one of an invitation. @throws Throttled */
  readonly requireMail: (mail: {
    readonly inviterId: number;
    readonly organizationId: number;
    readonly email: string;
  }) => Promise<void>;
  readonly wakeMail: () => void;
}

/** Transferring an organization to another member, who has to agree. Not in CVAT. */
export function createTransferService(deps: TransferServiceDeps) {
  const { db, clock, offerDays } = deps;
  const termsOf = (organizationId: number) => ({ organizationId, days: offerDays, now: dateOf(clock) });

  /** @throws NotFound */
  const get = async (organizationId: number): Promise<Transfer> =>
    found(await findTransfer(db, termsOf(organizationId)), MODEL);

  /**
   * Offers the organization, and tells the successor by mail. Both or neither.
   *
   * @throws ValidationError unless the successor is another active member; NotFound if the organization was deleted
   *   meanwhile; Throttled
   */
  const offer = async (
    organizationId: number,
    successorId: number,
    author: Pick<Account, 'id' | 'username'>,
  ): Promise<Transfer> => {
    const transfer = await db.transaction(async (tx) => {
      found((await lockOrganization(tx, organizationId, 'member')) || undefined, 'Organization');
      if (!(await offerOrganization(tx, organizationId, successorId, dateOf(clock))))
        throw new ValidationError(NO_MEMBER);
      const offered = found(await findTransfer(tx, termsOf(organizationId)), MODEL);
      await post(tx, offered, author);
      return offered;
    });
    deps.wakeMail();
    return transfer;
  };

  const post = async (
    tx: Queryable,
    { organizationId, slug, email, successor }: Transfer,
    author: Pick<Account, 'id' | 'username'>,
  ): Promise<void> => {
    // Those who offer it to themselves, as administrators of the server, know of it.
    if (deps.offerMail === null || email === '' || successor.id === author.id) return;
    await deps.requireMail({ inviterId: author.id, organizationId, email });
    await deps.offerMail(tx, {
      email,
      username: successor.username,
      author: author.username,
      organization: slug,
    });
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

  /**
   * The successor does not want the organization: the offer ends.
   *
   * @throws NotFound for anyone else, and for an offer that is not valid
   */
  const decline = (organizationId: number, successorId: number): Promise<void> =>
    db.transaction(async (tx) => {
      const isThere = await lockOrganization(tx, organizationId, 'owner');
      const transfer = isThere ? await findTransfer(tx, termsOf(organizationId)) : undefined;
      if (transfer?.successor.id !== successorId) throw noMatch(MODEL);
      // A newer offer may have come before this: one to somebody else stays.
      if (!(await withdrawOffer(tx, organizationId, successorId))) throw noMatch(MODEL);
    });

  return { get, offer, withdraw, confirm, decline };
}

export type TransferService = ReturnType<typeof createTransferService>;
