import { organizationScope } from '../../authorization/organization-scope.js';
import type { Account, Caller } from '../../kernel/account.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { presentPage } from '../../platform/http/page.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import {
  changesMoreThanOwnNames,
  mayCreate,
  mayDelete,
  mayList,
  mayUpdate,
  mayView,
  mayViewSelf,
} from './access.js';
import {
  type Presentation,
  presentListedUser,
  presentUser,
  presentUserTo,
  presentWaiting,
  seesInFull,
} from './present.js';
import { UserQuery, UsersQuery } from './schemas.js';
import type { UserService } from './service.js';

export interface UserRouteDeps {
  readonly service: UserService;
}

interface Question {
  readonly viewer: Caller;
  readonly query: { readonly include: boolean };
  readonly accounts: readonly Account[];
}

/** @returns those of the accounts that wait for approval, if a superuser asks for it */
const waitingFor = async (service: UserService, { viewer, query, accounts }: Question) =>
  query.include && viewer.account.isSuperuser
    ? service.waitingAmong(accounts.map(({ id }) => id))
    : undefined;

/** @param accounts those that the answer shows in full. @returns what it depends on besides them */
const presentationOf = async (
  service: UserService,
  { origin }: Exchange,
  viewer: Account,
  accounts: readonly Account[],
): Promise<Presentation> => ({
  base: origin.base,
  profileOf: await service.profilesOf(viewer, accounts),
});

/** @returns the account, as much of it as the viewer may see */
const show = async (service: UserService, exchange: Exchange, viewer: Account, account: Account) =>
  presentUserTo(
    viewer,
    account,
    await presentationOf(service, exchange, viewer, seesInFull(viewer, account) ? [account] : []),
  );

const list = ({ service }: UserRouteDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/users',
    operationId: 'users_list',
    summary: 'List users',
    description:
      'Lists the accounts that the rules let you see. Superusers see all fields of an account, others only its names; of your own account you always see all.',
    tag: 'users',
    view: 'User List',
    access: { kind: 'policy', checks: mayList, filter: 'users' },
    list: service.listDefinition,
    query: UsersQuery,
    responses: { 200: service.schemas.page },
    handle: async ({ caller, exchange, policyFilter, query }) => {
      const viewer = requireCaller(caller);
      const rows = await service.list(exchange.query, {
        visible: policyFilter,
        scope: organizationScope(exchange, viewer),
        // Nobody else sees flags and addresses; CVAT ignores such a parameter.
        superusersAlone: query.is_superuser && viewer.account.isSuperuser,
        waitingAlone: query.waits_for_approval && viewer.account.isSuperuser,
        findsAddresses: query.search_email && viewer.account.isSuperuser,
      });
      const waiting = await waitingFor(service, { viewer, query, accounts: rows.rows });
      const shown = viewer.account.isSuperuser ? rows.rows : [];
      const presentation = await presentationOf(service, exchange, viewer.account, shown);
      return reply(
        200,
        presentPage(exchange, rows, (row) => ({
          ...presentListedUser(viewer.account, row, presentation),
          ...presentWaiting(row, waiting),
        })),
      );
    },
  });

const create = ({ service }: UserRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/users',
    operationId: 'users_create',
    summary: 'Create a user',
    description:
      'Creates an account, with a password or with a mail that lets the person set one. Not in CVAT.',
    tag: 'users',
    view: 'User List',
    access: { kind: 'policy', checks: mayCreate },
    needsProof: true,
    body: service.newUserWrite,
    readBody: service.readNew,
    responses: { 201: service.schemas.read },
    handle: async ({ caller, exchange, body }) => {
      const account = await service.create(body, exchange.client);
      exchange.report('account.created', { account: account.id });
      return reply(201, await show(service, exchange, requireCaller(caller).account, account));
    },
  });

const retrieveSelf = ({ service }: UserRouteDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/users/self',
    operationId: 'users_retrieve_self',
    summary: 'Get details of the current user',
    description: 'Returns all fields of your own account.',
    tag: 'users',
    view: 'Self',
    responses: { 200: service.schemas.read },
    access: { kind: 'policy', checks: mayViewSelf },
    handle: async ({ caller, exchange }) => {
      const { account } = requireCaller(caller);
      return reply(200, presentUser(account, await presentationOf(service, exchange, account, [account])));
    },
  });

const load =
  ({ service }: UserRouteDeps) =>
  ({ id }: Readonly<Record<string, string>>, caller: Caller | null) =>
    service.find(id, caller?.organization?.id ?? null);

const detail = (deps: UserRouteDeps) =>
  ({ path: '/api/users/:id', tag: 'users', view: 'User Instance', load: load(deps) }) as const;

const retrieve = (deps: UserRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'get',
    operationId: 'users_retrieve',
    summary: 'Get user details',
    description:
      'Returns an account. Superusers and the account holder see all fields, others only the names.',
    access: { kind: 'policy', checks: mayView },
    query: UserQuery,
    responses: { 200: deps.service.schemas.read },
    handle: async ({ object: { account }, caller, exchange, query }) => {
      const viewer = requireCaller(caller);
      const waiting = await waitingFor(deps.service, { viewer, query, accounts: [account] });
      return reply(200, {
        ...(await show(deps.service, exchange, viewer.account, account)),
        ...presentWaiting(account, waiting),
      });
    },
  });

const partialUpdate = (deps: UserRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'patch',
    operationId: 'users_partial_update',
    summary: 'Update a user',
    description:
      'Changes an account. The rules decide which fields you may change. Fields that you leave out stay as they are.',
    access: { kind: 'policy', checks: mayUpdate(deps.service.release) },
    needsProof: changesMoreThanOwnNames,
    body: deps.service.schemas.write,
    readBody: (body, { object }) => deps.service.readChanges(body, object.account),
    responses: { 200: deps.service.schemas.read },
    handle: async ({ object, caller, exchange, body }) => {
      const account = await deps.service.update(object.account, body);
      reportChanges(exchange, object.account, account);
      return reply(200, await show(deps.service, exchange, requireCaller(caller).account, account));
    },
  });

/** The parts of a change that matter to operators. Names are private. */
function reportChanges({ report }: Exchange, before: Account, after: Account): void {
  const about = { account: after.id };
  if (before.email !== after.email) report('email.changed', about);
  if (before.isActive && !after.isActive) report('account.deactivated', about);
  if (!before.isActive && after.isActive) report('account.activated', about);
  const rightsOf = ({ groups, isStaff, isSuperuser }: Account) =>
    JSON.stringify([groups, isStaff, isSuperuser]);
  if (rightsOf(before) !== rightsOf(after)) report('account.rights_changed', about);
}

const destroy = (deps: UserRouteDeps) =>
  defineRoute({
    ...detail(deps),
    method: 'delete',
    operationId: 'users_destroy',
    summary: 'Delete a user',
    description: 'Deletes an account with its tokens and memberships.',
    access: { kind: 'policy', checks: mayDelete },
    needsProof: true,
    responses: { 204: null },
    handle: async ({ object, exchange }) => {
      await deps.service.remove(object.account.id);
      exchange.report('account.removed', { account: object.account.id });
      return reply(204, null);
    },
  });

/** `self` precedes the ids: paths are tried in order. */
export const userRoutes = (deps: UserRouteDeps) => [
  list(deps),
  create(deps),
  retrieveSelf(deps),
  retrieve(deps),
  partialUpdate(deps),
  destroy(deps),
];
