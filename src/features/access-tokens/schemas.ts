import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/lists/page-schema.js';
import { dateTime } from '../../platform/http/read-fields.js';
import { booleanField, dateTimeField, integerField } from '../../platform/http/scalar-fields.js';
import { BasicUserRead } from '../users/index.js';

const name = () => charField({ maximum: 50 });

const LAST_USED_IP = 'last_used_ip';

/** CVAT's objects stay as they are unless a request asks for more. */
export const AccessTokenQuery = z.object({
  include: z
    .string()
    .optional()
    .transform((fields) => fields?.split(',').includes(LAST_USED_IP) ?? false)
    .meta({ description: 'Fields to add, separated by commas: `last_used_ip`.' }),
});

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
    organization: z.int().nullable().optional().meta({
      description: 'Not in CVAT: only of a token that is bound to an organization; null when that is gone.',
    }),
    last_used_ip: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Not in CVAT: only with `include=last_used_ip`.' }),
    value: z.string().optional().meta({ description: 'Only in the answer to the creation of the token.' }),
  })
  .meta({ id: 'AccessTokenRead' });

export const AccessTokenPage = pageSchema(AccessTokenRead, 'PaginatedAccessTokenReadList');
