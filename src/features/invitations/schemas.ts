import { z } from 'zod';
import { ORGANIZATION_ROLES } from '../../kernel/account.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { emailField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/page.js';
import { dateTime, readOnly, text } from '../../platform/http/read-fields.js';
import { choiceField } from '../../platform/http/value-fields.js';
import { DOCUMENTED_SLUG } from '../organizations/index.js';
import { BasicUserRead } from '../users/index.js';

const invitationRead = ({ has }: CvatRelease) =>
  z
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
      ...(has('filtersByState') ? { accepted: readOnly(z.boolean()) } : {}),
      organization_info: z
        .object({ id: readOnly(z.int()), slug: readOnly(text(DOCUMENTED_SLUG)) })
        .meta({ id: 'BasicOrganization' }),
    })
    .meta({ id: 'InvitationRead' });

/** An invitation, and a page of them. */
export function invitationSchemas(release: CvatRelease) {
  const read = invitationRead(release);
  return { read, page: pageSchema(read, 'PaginatedInvitationReadList', '/api/invitations') };
}

export type InvitationRead = z.input<ReturnType<typeof invitationRead>>;

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
