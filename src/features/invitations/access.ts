import type { PolicyCheck } from '../../kernel/policy.js';
import type { Unchecked } from '../../platform/http/route.js';
import { isObject } from '../../platform/values/json.js';
import type { ViewedInvitation } from './repository.js';

/** Decisions about an invitation use its own organization, whatever context the request names. */
const may =
  (scope: string) =>
  ({ owner, user, role, context }: ViewedInvitation): PolicyCheck[] => [
    {
      package: 'invitations',
      scope,
      resource: {
        owner: { id: owner?.id ?? null },
        invitee: { id: user.id },
        role,
        organization: { id: context.id },
      },
      organization: context,
      belongsTo: context.id,
    },
  ];

export const mayView = may('view');
export const mayDelete = may('delete');
export const mayAccept = may('accept');
export const mayDecline = may('decline');
export const mayResend = may('resend');

export const mayList = (): PolicyCheck[] => [
  { package: 'invitations', scope: 'list', resource: null, belongsTo: 'context' },
];

/** With the role as sent, checked or not (CVAT `InvitationPermission`). */
export const mayCreate = async (_object: unknown, { body, caller }: Unchecked): Promise<PolicyCheck[]> => [
  {
    package: 'invitations',
    scope: 'create',
    resource: {
      owner: { id: caller.account.id },
      invitee: { id: null },
      role: roleOf(await body()),
      organization: caller.organization && { id: caller.organization.id },
    },
    belongsTo: 'context',
  },
];

const roleOf = (body: unknown): unknown =>
  isObject(body) && Object.hasOwn(body, 'role') ? body['role'] : null;

/** CVAT up to 2.69: a PATCH with `?accepted` accepts, one without it counts as resending. */
export const isAcceptance = (query: URLSearchParams): boolean => query.has('accepted');

export const mayUpdate = (invitation: ViewedInvitation, { query }: Unchecked): PolicyCheck[] =>
  isAcceptance(query) ? mayAccept(invitation) : mayResend(invitation);
