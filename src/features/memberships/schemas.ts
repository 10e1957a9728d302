import { z } from 'zod';
import { ORGANIZATION_ROLES } from '../../kernel/account.js';
import { pageSchema } from '../../platform/http/page.js';
import { dateTime, readOnly } from '../../platform/http/read-fields.js';
import { choiceField } from '../../platform/http/value-fields.js';
import { BasicUserRead } from '../users/index.js';

export const MembershipRead = z
  .object({
    id: readOnly(z.int()),
    user: BasicUserRead,
    organization: readOnly(z.int()),
    is_active: readOnly(z.boolean()),
    joined_date: readOnly(dateTime().nullable()),
    role: readOnly(z.enum(ORGANIZATION_ROLES).meta({ id: 'RoleEnum' })),
    invitation: readOnly(
      z.string().nullable().meta({ description: 'Key of the invitation, if there was one.' }),
    ),
  })
  .meta({ id: 'MembershipRead' });

export const MembershipPage = pageSchema(MembershipRead, 'PaginatedMembershipReadList', '/api/memberships');

export const MembershipPatch = z
  .object({ role: choiceField(ORGANIZATION_ROLES, 'RoleEnum').optional() })
  .meta({ id: 'PatchedMembershipWriteRequest' });
