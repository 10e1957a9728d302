import { z } from 'zod';
import { ORGANIZATION_ROLES } from '../../kernel/account.js';
import { emailField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/page.js';
import { dateTime, readOnly, text } from '../../platform/http/read-fields.js';
import { choiceField } from '../../platform/http/value-fields.js';
import { DOCUMENTED_SLUG } from '../organizations/index.js';
import { BasicUserRead } from '../users/index.js';

export const InvitationRead = z
  .object({
    key: readOnly(z.string()),
    created_date: readOnly(dateTime()),
    owner: BasicUserRead.nullable(),
    role: z.enum(ORGANIZATION_ROLES).meta({ id: 'RoleEnum' }),
    user: BasicUserRead,
    organization: z.int(),
    expired: readOnly(
      z.boolean().nullable().meta({ description: 'Null for an invitation that was never mailed.' }),
    ),
    organization_info: z
      .object({ id: readOnly(z.int()), slug: readOnly(text(DOCUMENTED_SLUG)) })
      .meta({ id: 'BasicOrganization' }),
  })
  .meta({ id: 'InvitationRead' });

export const InvitationPage = pageSchema(InvitationRead, 'PaginatedInvitationReadList', '/api/invitations');

export const InvitationWrite = z
  .object({ role: choiceField(ORGANIZATION_ROLES, 'RoleEnum'), email: emailField() })
  .meta({ id: 'InvitationWriteRequest' });

export const InvitationPatch = z
  .object({ role: choiceField(ORGANIZATION_ROLES, 'RoleEnum').optional(), email: emailField().optional() })
  .meta({ id: 'PatchedInvitationWriteRequest' });

export const InvitationPatchQuery = z.object({
  accepted: z.string().optional().meta({ description: 'Accepts the invitation; its value does not matter.' }),
});

export const AcceptedRead = z.object({ organization_slug: z.string() }).meta({ id: 'AcceptInvitationRead' });
