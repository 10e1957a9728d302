import type { Caller } from '../../kernel/account.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { presentPage } from '../../platform/http/page.js';
import { defineRoute, reply, requireCaller, requireSession } from '../../platform/http/route.js';
import { cutPage } from '../../platform/lists/cut-page.js';
import { parsePage } from '../../platform/lists/pagination.js';
import type { UserService } from '../users/index.js';
import { mayLinkOwn, mayUnlink, mayUnlinkOwn, mayView, mayViewOwn } from './access.js';
import type { Links } from './links-service.js';
import type { Link } from './repository.js';
import { LinkedAccountPage, LinkWrite, ProviderUrl } from './schemas.js';

export interface LinkRouteDeps {
  readonly links: Links;
  readonly users: Pick<UserService, 'find'>;
}

const OWN = { path: '/api/auth/linked_accounts', tag: 'auth', view: 'Linked Account List' } as const;

async function pageOf({ links }: LinkRouteDeps, userId: number, exchange: Exchange) {
  const page = parsePage(exchange.query);
  const present = (link: Link) => {
    const provider = links.providerOf(link);
    return {
      id: link.id,
      provider: provider?.id ?? link.provider,
      provider_name: provider?.name ?? null,
      account: link.name,
      created_date: link.createdAt,
      last_login: link.lastLogin,
    };
  };
  return presentPage(exchange, cutPage(await links.list(userId), page), present);
}

const listOwn = (deps: LinkRouteDeps) =>
  defineRoute({
    ...OWN,
    method: 'get',
    operationId: 'auth_list_linked_accounts',
    summary: 'List the identities with which you can sign in',
    description:
      'Lists your identities at identity providers. `provider_name` is null for a provider that this server does not have any more. Not in CVAT.',
    access: { kind: 'policy', checks: mayViewOwn },
    isPaged: true,
    responses: { 200: LinkedAccountPage },
    handle: async ({ exchange, caller }) =>
      reply(200, await pageOf(deps, requireCaller(caller).account.id, exchange)),
  });

const link = ({ links }: LinkRouteDeps) =>
  defineRoute({
    ...OWN,
    method: 'post',
    operationId: 'auth_create_linked_accounts',
    summary: 'Begin to link an identity to your account',
    description:
      'Answers the address at the identity provider where you sign in. The provider leads you back, and then you can sign in to your account with this identity too. It works in this session alone, once, and for ten minutes. Not in CVAT.',
    access: { kind: 'policy', checks: mayLinkOwn },
    needsProof: true,
    body: LinkWrite,
    responses: { 200: ProviderUrl },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireSession(caller);
      return reply(200, { url: await links.begin(exchange, account.id, body.provider) });
    },
  });

const unlinkOwn = ({ links }: LinkRouteDeps) =>
  defineRoute({
    path: '/api/auth/linked_accounts/:id',
    tag: 'auth',
    view: 'Linked Account Instance',
    method: 'delete',
    operationId: 'auth_destroy_linked_accounts',
    summary: 'Unlink an identity from your account',
    description:
      'You can not sign in with it any more, and lose what its groups gave you. The last way to sign in stays. Not in CVAT.',
    access: { kind: 'policy', checks: mayUnlinkOwn },
    needsProof: true,
    responses: { 204: null },
    handle: async ({ exchange, caller, params }) => {
      await links.removeOwn(exchange, requireCaller(caller).account.id, Number(params['id']));
      return reply(204, null);
    },
  });

const ofAccount = (deps: LinkRouteDeps) =>
  ({
    tag: 'users',
    load: (params: Readonly<Record<string, string>>, caller: Caller | null) =>
      deps.users.find(params['id'], requireCaller(caller).organization?.id ?? null),
  }) as const;

const listOf = (deps: LinkRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    path: '/api/users/:id/linked_accounts',
    view: 'Linked Accounts',
    method: 'get',
    operationId: 'users_list_linked_accounts',
    summary: 'List the identities with which a person can sign in',
    description: 'Lists the identities of an account at identity providers, for administrators. Not in CVAT.',
    access: { kind: 'policy', checks: mayView },
    isPaged: true,
    responses: { 200: LinkedAccountPage },
    handle: async ({ exchange, object }) => reply(200, await pageOf(deps, object.account.id, exchange)),
  });

const unlinkOf = (deps: LinkRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    path: '/api/users/:id/linked_accounts/:link_id',
    view: 'Linked Account',
    method: 'delete',
    operationId: 'users_destroy_linked_accounts',
    summary: 'Unlink an identity from an account',
    description:
      'Ends all sessions of the account too. It may be the last way in: then you make a link that sets a password. For administrators. Not in CVAT.',
    access: { kind: 'policy', checks: mayUnlink },
    needsProof: true,
    responses: { 204: null },
    handle: async ({ exchange, object, params }) => {
      await deps.links.removeOf(exchange, object.account.id, Number(params['link_id']));
      return reply(204, null);
    },
  });

/** The identities of accounts at providers: one's own, and those of others for administrators. */
export const linkRoutes = (deps: LinkRouteDeps) => [
  listOwn(deps),
  link(deps),
  unlinkOwn(deps),
  listOf(deps),
  unlinkOf(deps),
];
