import { organizationScope } from '../../authorization/organization-scope.js';
import type { Caller } from '../../kernel/account.js';
import { ValidationError } from '../../kernel/errors.js';
import { presentPage } from '../../platform/http/page.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { isAcceptance, mayCreate, mayDelete, mayList, mayUpdate, mayView } from './access.js';
import { type Presentation, presentInvitation } from './present.js';
import type { Invitation } from './repository.js';
import { InvitationPatch, InvitationPatchQuery, InvitationWrite, type invitationSchemas } from './schemas.js';
import type { InvitationService } from './service.js';

export interface InvitationRouteDeps extends Presentation {
  readonly service: InvitationService;
  readonly schemas: ReturnType<typeof invitationSchemas>;
}

const COLLECTION = '/api/invitations';

/** The details of an invitation in events: its key is a secret. */
export const about = ({ user, organization }: Invitation) => ({
  account: user.id,
  organization: organization.id,
});

const list = ({ service, schemas, ...presentation }: InvitationRouteDeps) =>
  defineRoute({
    method: 'get',
    path: COLLECTION,
    operationId: 'invitations_list',
    summary: 'List invitations',
    description: 'Lists the invitations that the rules let you see.',
    tag: 'invitations',
    view: 'Invitation List',
    access: { kind: 'policy', checks: mayList, filter: 'invitations' },
    parsesBody: true,
    list: service.listDefinition,
    responses: { 200: schemas.page },
    handle: async ({ caller, exchange, policyFilter }) => {
      const scope = organizationScope(exchange, requireCaller(caller));
      const rows = await service.list(exchange.query, policyFilter, scope);
      return reply(
        200,
        presentPage(exchange, rows, (row) => presentInvitation(row, exchange.origin.base, presentation)),
      );
    },
  });

const create = ({ service, schemas, ...presentation }: InvitationRouteDeps) =>
  defineRoute({
    method: 'post',
    path: COLLECTION,
    operationId: 'invitations_create',
    summary: 'Create an invitation',
    description:
      'Invites the person with this e-mail address to the organization of the request. The person gets a mail, unless they have an account and the server lets them join at once.',
    tag: 'invitations',
    view: 'Invitation List',
    access: { kind: 'policy', checks: mayCreate },
    body: InvitationWrite,
    responses: { 201: schemas.read },
    handle: async ({ caller, exchange, body }) => {
      const { account, organization } = requireCaller(caller);
      const invitation = await service.create(account, organization, body);
      const details = { ...about(invitation), role: invitation.role };
      exchange.report('invitation.created', details);
      if (invitation.sentAt === null) exchange.report('member.added', details);
      return reply(201, presentInvitation(invitation, exchange.origin.base, presentation));
    },
  });

export const loadInvitation =
  ({ find }: Pick<InvitationService, 'find'>) =>
  ({ key = '' }: Readonly<Record<string, string>>, caller: Caller | null, visible: object | null) =>
    find(key, { id: requireCaller(caller).account.id, visible });

const detail = ({ service }: InvitationRouteDeps) =>
  ({
    path: '/api/invitations/:key',
    tag: 'invitations',
    view: 'Invitation Instance',
    parsesBody: true,
    load: loadInvitation(service),
  }) as const;

const retrieve = (deps: InvitationRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'get',
    operationId: 'invitations_retrieve',
    summary: 'Get invitation details',
    description:
      'Returns the inviter, the invited person and the role, and whether the invitation has expired.',
    access: { kind: 'policy', checks: mayView, filter: 'invitations' },
    responses: { 200: deps.schemas.read },
    handle: async ({ object, exchange }) => reply(200, presentInvitation(object, exchange.origin.base, deps)),
  });

const partialUpdate = (deps: InvitationRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'patch',
    operationId: 'invitations_partial_update',
    summary: 'Accept an invitation, with ?accepted; superseded by the operation of that name',
    description:
      'Accepts an invitation when the query has `accepted`. Use `invitations_accept` instead: this one is for old clients.',
    access: { kind: 'policy', checks: mayUpdate, filter: 'invitations' },
    query: InvitationPatchQuery,
    body: InvitationPatch,
    responses: { 200: deps.schemas.read },
    handle: async ({ object, exchange }) => {
      if (!isAcceptance(exchange.query))
        throw new ValidationError(['An invitation can only be changed with "?accepted".']);
      if (await deps.service.acceptOnce(object.key))
        exchange.report('member.added', { ...about(object), role: object.role });
      const invitation = await deps.service.get(object.key);
      return reply(200, presentInvitation(invitation, exchange.origin.base, deps));
    },
  });

const destroy = (deps: InvitationRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'delete',
    operationId: 'invitations_destroy',
    summary: 'Delete an invitation',
    description: 'Deletes an invitation. If it has not been accepted yet, nobody can accept it any more.',
    access: { kind: 'policy', checks: mayDelete, filter: 'invitations' },
    responses: { 204: null },
    handle: async ({ object, exchange }) => {
      await deps.service.remove(object.key);
      exchange.report('invitation.removed', about(object));
      return reply(204, null);
    },
  });

export const invitationRoutes = (deps: InvitationRouteDeps) => [
  list(deps),
  create(deps),
  retrieve(deps),
  ...(deps.release.has('fixesInvitations') ? [] : [partialUpdate(deps)]),
  destroy(deps),
];
