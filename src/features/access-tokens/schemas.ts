import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { booleanField, dateTimeField, integerField } from '../../platform/http/scalar-fields.js';
import { BasicUserRead } from '../users/index.js';

const name = () => charField({ maximum: 50 });

export const AccessTokenWrite = z
  .object({
    name: name(),
    expiry_date: dateTimeField(),
    read_only: booleanField(),
    /** Not in CVAT: the id of the one organization the token is good for. */
    organization: integerField(),
  })
  .meta({ id: 'AccessTokenWriteRequest' });

export const AccessTokenPatch = z
  .object({ name: name().optional(), expiry_date: dateTimeField(), read_only: booleanField() })
  .meta({ id: 'PatchedAccessTokenWriteRequest' });

const fields = {
  id: z.int(),
  name: z.string(),
  created_date: z.string(),
  updated_date: z.string(),
  expiry_date: z.string().nullable(),
  last_used_date: z.string().nullable(),
  read_only: z.boolean(),
  owner: BasicUserRead,
  /** Not in CVAT, both. */
  organization: z.int().nullable(),
  last_used_ip: z.string().nullable(),
};

export const AccessTokenRead = z.object(fields).meta({ id: 'AccessTokenRead' });

/** The only answer that ever holds the value. */
export const AccessTokenCreated = z
  .object({ ...fields, value: z.string() })
  .meta({ id: 'AccessTokenCreated' });

export const AccessTokenPage = z
  .object({
    count: z.int(),
    next: z.string().nullable(),
    previous: z.string().nullable(),
    results: z.array(AccessTokenRead).readonly(),
  })
  .meta({ id: 'PaginatedAccessTokenReadList' });
