import type { CvatRelease } from '../../kernel/cvat-release.js';
import { presentBasicUser } from '../users/index.js';
import { isExpired, type Lifetime } from './expiry.js';
import type { Invitation } from './repository.js';
import type { InvitationRead } from './schemas.js';

/** What an answer with an invitation depends on. */
export interface Presentation {
  readonly lifetime: Lifetime;
  readonly release: CvatRelease;
}

/** @param base `scheme://host` of the request */
export const presentInvitation = (
  { key, createdAt, sentAt, owner, role, user, isAccepted, organization }: Invitation,
  base: string,
  { lifetime, release }: Presentation,
): InvitationRead => ({
  key,
  created_date: createdAt,
  owner: owner && presentBasicUser(owner, base),
  role,
  user: presentBasicUser(user, base),
  organization: organization.id,
  expired: isExpired(sentAt, lifetime),
  ...(release.has('filtersByState') ? { accepted: isAccepted } : {}),
  organization_info: { id: organization.id, slug: organization.slug },
});
