import type { Caller } from '../../kernel/account.js';
import { presentPage } from '../../platform/http/page.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayCreate, mayDelete, mayList, mayUpdate, mayView } from './access.js';
import { presentOrganization } from './present.js';
import { OrganizationPage, OrganizationPatch, OrganizationRead, OrganizationWrite } from './schemas.js';
import type { OrganizationService } from './service.js';

export interface OrganizationRouteDeps {
  readonly service: OrganizationService;
}

const COLLECTION = '/api/organizations';
const DETAIL = '/api/organizations/:id';

const list = ({ service }: OrganizationRouteDeps) =>
  defineRoute({
    method: 'get',
    path: COLLECTION,
    operationId: 'organizations_list',
    summary: 'List organizations',
    description: 'Lists the organizations that the rules let you see.',
    tag: 'organizations',
    view: 'Organization List',
    access: { kind: 'policy', checks: mayList, filter: 'organizations' },
    list: service.listDefinition,
    responses: { 200: OrganizationPage },
    handle: async ({ exchange, policyFilter }) => {
      const rows = await service.list(exchange.query, policyFilter);
      return reply(
        200,
        presentPage(exchange, rows, (row) => presentOrganization(row, exchange.origin.base)),
      );
    },
  });

const create = ({ service }: OrganizationRouteDeps) =>
  defineRoute({
    method: 'post',
    path: COLLECTION,
    operationId: 'organizations_create',
    summary: 'Create an organization',
    description:
      'Creates an organization, and makes you its owner. The `slug` is its name in requests and must be unique.',
    tag: 'organizations',
    view: 'Organization List',
    access: { kind: 'policy', checks: mayCreate },
    body: OrganizationWrite,
    readBody: service.readNew,
    responses: { 201: OrganizationRead },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireCaller(caller);
      const organization = await service.create(account, body);
      exchange.report('organization.created', { account: account.id, organization: organization.id });
      return reply(201, presentOrganization(organization, exchange.origin.base));
    },
  });

export const loadOrganization =
  ({ find }: Pick<OrganizationService, 'find'>) =>
  ({ id }: Readonly<Record<string, string>>, caller: Caller | null, visible: object | null) =>
    find(id, { id: requireCaller(caller).account.id, visible });

const detail = ({ service }: OrganizationRouteDeps) =>
  ({
    path: DETAIL,
    tag: 'organizations',
    view: 'Organization Instance',
    load: loadOrganization(service),
  }) as const;

const retrieve = (deps: OrganizationRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'get',
    operationId: 'organizations_retrieve',
    summary: 'Get organization details',
    description: 'Returns the name, the description, the contact and the owner of an organization.',
    access: { kind: 'policy', checks: mayView, filter: 'organizations' },
    responses: { 200: OrganizationRead },
    handle: async ({ object, exchange }) => reply(200, presentOrganization(object, exchange.origin.base)),
  });

const partialUpdate = (deps: OrganizationRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'patch',
    operationId: 'organizations_partial_update',
    summary: 'Update an organization',
    description: 'Changes the details of an organization. Fields that you leave out stay as they are.',
    access: { kind: 'policy', checks: mayUpdate, filter: 'organizations' },
    body: OrganizationPatch,
    readBody: (body, { object }) => deps.service.readChanges(body, object),
    responses: { 200: OrganizationRead },
    handle: async ({ object, exchange, body }) => {
      const organization = await deps.service.update(object.id, body);
      return reply(200, presentOrganization(organization, exchange.origin.base));
    },
  });

const destroy = (deps: OrganizationRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'delete',
    operationId: 'organizations_destroy',
    summary: 'Delete an organization',
    description: 'Deletes an organization with its memberships and invitations.',
    access: { kind: 'policy', checks: mayDelete, filter: 'organizations' },
    needsProof: true,
    responses: { 204: null },
    handle: async ({ object, exchange }) => {
      await deps.service.remove(object.id);
      exchange.report('organization.removed', { organization: object.id });
      return reply(204, null);
    },
  });

export const organizationRoutes = (deps: OrganizationRouteDeps) => [
  list(deps),
  create(deps),
  retrieve(deps),
  partialUpdate(deps),
  destroy(deps),
];
