import type { z } from 'zod';
import { presentBasicUser } from '../users/index.js';
import type { Organization } from './repository.js';
import type { OrganizationRead, TransferRead } from './schemas.js';
import type { Transfer } from './transfer-repository.js';

/** @param base `scheme://host` of the request */
export const presentOrganization = (
  organization: Organization,
  base: string,
): z.input<typeof OrganizationRead> => ({
  id: organization.id,
  slug: organization.slug,
  name: organization.name,
  description: organization.description,
  created_date: organization.createdAt,
  updated_date: organization.updatedAt,
  contact: organization.contact,
  owner: organization.owner && presentBasicUser(organization.owner, base),
});

export const presentTransfer = (transfer: Transfer, base: string): z.input<typeof TransferRead> => ({
  organization: transfer.organizationId,
  user: presentBasicUser(transfer.successor, base),
  created_date: transfer.createdAt,
  expires_date: transfer.expiresAt,
});
