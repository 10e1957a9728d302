import type { z } from 'zod';
import { presentBasicUser } from '../users/index.js';
import type { Membership } from './repository.js';
import type { MembershipRead } from './schemas.js';

/** @param base `scheme://host` of the request */
export const presentMembership = (membership: Membership, base: string): z.input<typeof MembershipRead> => ({
  id: membership.id,
  user: presentBasicUser(membership.user, base),
  organization: membership.organizationId,
  is_active: membership.isActive,
  joined_date: membership.joinedAt,
  role: membership.role,
  invitation: membership.invitationKey,
});
