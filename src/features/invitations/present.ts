import type { z } from 'zod';
import { presentBasicUser } from '../users/index.js';
import { isExpired, type Lifetime } from './expiry.js';
import type { Invitation } from './repository.js';
import type { InvitationRead } from './schemas.js';

/** @param base `scheme://host` of the request */
export const presentInvitation = (
  { key, createdAt, sentAt, owner, role, user, organization }: Invitation,
  base: string,
  lifetime: Lifetime,
): z.input<typeof InvitationRead> => ({
  key,
  created_date: createdAt,
  owner: owner && presentBasicUser(owner, base),
  role,
  user: presentBasicUser(user, base),
  organization: organization.id,
  expired: isExpired(sentAt, lifetime),
  organization_info: { id: organization.id, slug: organization.slug },
});
