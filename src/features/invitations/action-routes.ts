import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayAccept, mayDecline, mayResend } from './access.js';
import { about, type InvitationRouteDeps, loadInvitation } from './routes.js';
import { AcceptedRead } from './schemas.js';

/** Name of the limit on resending: 5 per hour and account (CVAT `org/throttle.py`). */
export const RESEND_THROTTLE = 'invitation-resend';

const accept = ({ service }: InvitationRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/invitations/:key/accept',
    operationId: 'invitations_accept',
    summary: 'Accept an invitation to an organization',
    description: 'Makes the invited person a member of the organization, unless the invitation has expired.',
    tag: 'invitations',
    view: 'Accept',
    parsesBody: true,
    load: loadInvitation(service),
    access: { kind: 'policy', checks: mayAccept, filter: 'invitations' },
    responses: { 200: AcceptedRead },
    handle: async ({ object, exchange }) => {
      await service.accept(object.key);
      exchange.report('member.added', { ...about(object), role: object.role });
      return reply(200, { organization_slug: object.organization.slug });
    },
  });

const decline = ({ service }: InvitationRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/invitations/:key/decline',
    operationId: 'invitations_decline',
    summary: 'Decline an invitation to an organization',
    description: 'Deletes the invitation, so that the invited person does not become a member.',
    tag: 'invitations',
    view: 'Decline',
    parsesBody: true,
    load: loadInvitation(service),
    access: { kind: 'policy', checks: mayDecline, filter: 'invitations' },
    responses: { 204: null },
    handle: async ({ object, exchange }) => {
      await service.decline(object.key);
      exchange.report('invitation.removed', about(object));
      return reply(204, null);
    },
  });

const resend = ({ service }: InvitationRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/invitations/:key/resend',
    operationId: 'invitations_resend',
    summary: 'Send an invitation again',
    description:
      'Mails the invitation again, and its time starts anew. The number of mails is limited for each account.',
    tag: 'invitations',
    view: 'Resend',
    throttle: RESEND_THROTTLE,
    parsesBody: true,
    load: loadInvitation(service),
    access: { kind: 'policy', checks: mayResend, filter: 'invitations' },
    responses: { 204: null },
    handle: async ({ object, caller }) => {
      await service.resend(object.key, requireCaller(caller).account);
      return reply(204, null);
    },
  });

export const actionRoutes = (deps: InvitationRouteDeps) => [accept(deps), decline(deps), resend(deps)];
