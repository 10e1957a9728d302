import { organizationScope } from '../../authorization/organization-scope.js';
import type { Caller } from '../../kernel/account.js';
import { presentPage } from '../../platform/http/page.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayDelete, mayList, mayUpdate, mayView } from './access.js';
import { presentMembership } from './present.js';
import type { ViewedMembership } from './repository.js';
import { MembershipPage, MembershipPatch, MembershipRead } from './schemas.js';
import type { MembershipService } from './service.js';

export interface MembershipRouteDeps {
  readonly service: MembershipService;
}

const list = ({ service }: MembershipRouteDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/memberships',
    operationId: 'memberships_list',
    summary: 'List memberships',
    description: 'Lists the memberships that the rules let you see.',
    tag: 'memberships',
    view: 'Membership List',
    access: { kind: 'policy', checks: mayList, filter: 'memberships' },
    list: service.listDefinition,
    responses: { 200: MembershipPage },
    handle: async ({ caller, exchange, policyFilter }) => {
      const scope = organizationScope(exchange, requireCaller(caller));
      const rows = await service.list(exchange.query, policyFilter, scope);
      return reply(
        200,
        presentPage(exchange, rows, (row) => presentMembership(row, exchange.origin.base)),
      );
    },
  });

const load =
  ({ service }: MembershipRouteDeps) =>
  ({ id }: Readonly<Record<string, string>>, caller: Caller | null) =>
    service.find(id, requireCaller(caller).account.id);

const detail = (deps: MembershipRouteDeps) =>
  ({
    path: '/api/memberships/:id',
    tag: 'memberships',
    view: 'Membership Instance',
    load: load(deps),
  }) as const;

const about = ({ id, user, organizationId }: ViewedMembership) => ({
  account: user.id,
  organization: organizationId,
  membership: id,
});

const retrieve = (deps: MembershipRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'get',
    operationId: 'memberships_retrieve',
    summary: 'Get membership details',
    description: 'Returns the person, the role and the organization of a membership, and when it began.',
    access: { kind: 'policy', checks: mayView },
    responses: { 200: MembershipRead },
    handle: async ({ object, exchange }) => reply(200, presentMembership(object, exchange.origin.base)),
  });

const partialUpdate = (deps: MembershipRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'patch',
    operationId: 'memberships_partial_update',
    summary: 'Update a membership',
    description:
      'Changes the role of a member. Nobody becomes the owner this way: transfer the organization instead.',
    access: { kind: 'policy', checks: mayUpdate },
    body: MembershipPatch,
    responses: { 200: MembershipRead },
    handle: async ({ object, body, exchange }) => {
      const membership = await deps.service.setRole(object, body.role);
      if (membership.role !== object.role)
        exchange.report('member.role_changed', { ...about(object), role: membership.role });
      return reply(200, presentMembership(membership, exchange.origin.base));
    },
  });

const destroy = (deps: MembershipRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'delete',
    operationId: 'memberships_destroy',
    summary: 'Delete a membership',
    description: 'Removes a member from an organization, or lets you leave it. The owner cannot leave.',
    access: { kind: 'policy', checks: mayDelete },
    responses: { 204: null },
    handle: async ({ object, exchange }) => {
      await deps.service.remove(object);
      exchange.report('member.removed', about(object));
      return reply(204, null);
    },
  });

export const membershipRoutes = (deps: MembershipRouteDeps) => [
  list(deps),
  retrieve(deps),
  partialUpdate(deps),
  destroy(deps),
];
