import type { z } from 'zod';
import { presentBasicUser } from '../users/index.js';
import type { AccessToken } from './repository.js';
import type { AccessTokenRead } from './schemas.js';

/** @param base `scheme://host` of the request. @param withAddress the request asked for the address of the last use */
export const presentAccessToken = (
  token: AccessToken,
  base: string,
  withAddress = false,
): z.input<typeof AccessTokenRead> => ({
  id: token.id,
  name: token.name,
  created_date: token.createdAt,
  updated_date: token.updatedAt,
  expiry_date: token.expiresAt,
  last_used_date: token.lastUsedAt,
  read_only: token.readOnly,
  owner: presentBasicUser(
    {
      id: token.ownerId,
      username: token.ownerUsername,
      firstName: token.ownerFirstName,
      lastName: token.ownerLastName,
    },
    base,
  ),
  ...(token.isBound ? { organization: token.organizationId } : {}),
  ...(withAddress ? { last_used_ip: token.lastUsedIp } : {}),
});
