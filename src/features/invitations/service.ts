import type { OrganizationScope } from '../../authorization/organization-scope.js';
import { NotFound } from '../../kernel/errors.js';
import { isStorable } from '../../kernel/storable.js';
import { found } from '../../platform/http/objects.js';
import { planList } from '../../platform/lists/list-query.js';
import { createInvitationAnswers } from './answers.js';
import { removeInvitation } from './lifecycle-repository.js';
import {
  findInvitation,
  getInvitation,
  type Invitation,
  invitationList,
  listInvitations,
  type ViewedInvitation,
} from './repository.js';
import { createInvitationSending, type InvitationSendingDeps } from './sending.js';

export type InvitationServiceDeps = InvitationSendingDeps;

const MODEL = 'Invitation';

/** Invitations: listing and sending them, and the answers of invited people. */
export function createInvitationService(deps: InvitationServiceDeps) {
  const { db, release } = deps;
  const listDefinition = invitationList(release);

  const list = (params: URLSearchParams, visible: unknown, scope: OrganizationScope) =>
    listInvitations(db, { plan: planList(listDefinition, params), visible, scope });

  /**
   * CVAT before 2.65 searches the invitations that the list filter lets through: a hidden one is a 404, not a 403.
   *
   * @throws NotFound
   */
  const find = async (
    key: string,
    viewer: { readonly id: number; readonly visible: unknown },
  ): Promise<ViewedInvitation> => {
    if (!isStorable(key)) throw new NotFound();
    const visible = release.has('forbidsStrangers') ? {} : viewer.visible;
    return found(await findInvitation(db, key, { ...viewer, visible }), MODEL);
  };

  /** @throws NotFound */
  const get = async (key: string): Promise<Invitation> => found(await getInvitation(db, key), MODEL);

  /** @throws NotFound */
  const remove = async (key: string): Promise<void> => {
    found((await removeInvitation(db, key)) || undefined, MODEL);
  };

  return {
    listDefinition,
    list,
    find,
    get,
    ...createInvitationSending(deps),
    ...createInvitationAnswers(deps),
    remove,
  };
}

export type InvitationService = ReturnType<typeof createInvitationService>;
