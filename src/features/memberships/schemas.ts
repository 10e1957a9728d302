import { z } from 'zod';
import { ORGANIZATION_ROLES } from '../../kernel/account.js';
import { pageSchema } from '../../platform/http/lists/page-schema.js';
import { dateTime } from '../../platform/http/read-fields.js';
import { choiceField } from '../../platform/http/value-fields.js';
import { BasicUserRead } from '../users/index.js';

export const MembershipRead = z
  .object({
    id: z.int(),
    user: BasicUserRead,
    organization: z.int(),
    is_active: z.boolean(),
    joined_date: dateTime().nullable(),
    role: z.enum(ORGANIZATION_ROLES).meta({ id: 'RoleEnum' }),
    /** Key of the invitation, if there was one. */
    invitation: z.string().nullable(),
  })
  .meta({ id: 'MembershipRead' });

export const MembershipPage = pageSchema(MembershipRead, 'PaginatedMembershipReadList');

export const MembershipPatch = z
  .object({ role: choiceField(ORGANIZATION_ROLES, 'RoleEnum').optional() })
  .meta({ id: 'PatchedMembershipWriteRequest' });
