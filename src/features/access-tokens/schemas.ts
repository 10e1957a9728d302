import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/page.js';
import { dateTime, readOnly, unrequired } from '../../platform/http/read-fields.js';
import { booleanField, dateTimeField, integerField } from '../../platform/http/scalar-fields.js';
import { BasicUserRead } from '../users/index.js';

const NAME = 'Your own name for the token. Two tokens may have the same one.';
const EXPIRY = 'From this moment on the token is refused. A token without it does not expire.';
const READ_ONLY = 'The token may read, but not change anything.';

const name = () => charField({ maximum: 50, description: NAME });

const LAST_USED_IP = 'last_used_ip';

/** Answers have CVAT's format unless a request asks for more. */
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
    expiry_date: dateTimeField(EXPIRY),
    read_only: booleanField(READ_ONLY),
    /** Not in CVAT: the id of the only organization the token is valid for. */
    organization: integerField(),
  })
  .meta({ id: 'AccessTokenWriteRequest' });

export const AccessTokenPatch = z
  .object({ name: name().optional(), expiry_date: dateTimeField(EXPIRY), read_only: booleanField(READ_ONLY) })
  .meta({ id: 'PatchedAccessTokenWriteRequest' });

export const AccessTokenRead = z
  .object({
    id: readOnly(z.int()),
    name: readOnly(z.string().meta({ description: NAME })),
    created_date: readOnly(dateTime()),
    updated_date: readOnly(dateTime()),
    expiry_date: readOnly(dateTime().nullable().meta({ description: EXPIRY })),
    last_used_date: readOnly(
      dateTime().nullable().meta({ description: 'Not updated at every use, so it may be out of date.' }),
    ),
    read_only: readOnly(z.boolean().meta({ description: READ_ONLY })),
    owner: unrequired(BasicUserRead),
    organization: z.int().nullable().optional().meta({
      description: 'Not in CVAT: only for a token bound to an organization; null if that was deleted.',
    }),
    last_used_ip: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Not in CVAT: only with `include=last_used_ip`.' }),
    value: z.string().optional().meta({ description: 'Only in the answer to the creation of the token.' }),
  })
  .meta({ id: 'AccessTokenRead' });

export const AccessTokenPage = pageSchema(
  AccessTokenRead,
  'PaginatedAccessTokenReadList',
  '/api/auth/access_tokens',
);
