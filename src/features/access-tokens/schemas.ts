import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/lists/page-schema.js';
import { dateTime } from '../../platform/http/read-fields.js';
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

export const AccessTokenRead = z
  .object({
    id: z.int(),
    name: z.string(),
    created_date: dateTime(),
    updated_date: dateTime(),
    expiry_date: dateTime().nullable(),
    last_used_date: dateTime().nullable(),
    read_only: z.boolean(),
    owner: BasicUserRead,
    /** Not in CVAT, both. */
    organization: z.int().nullable(),
    last_used_ip: z.string().nullable(),
    value: z.string().optional().meta({ description: 'Only in the answer to the creation of the token.' }),
  })
  .meta({ id: 'AccessTokenRead' });

export const AccessTokenPage = pageSchema(AccessTokenRead, 'PaginatedAccessTokenReadList');
