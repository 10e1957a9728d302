import type { Caller } from '../../kernel/account.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayUpdateApiToken, mayUpdateOwnApiToken, mayViewApiToken, mayViewOwnApiToken } from './access.js';
import type { ApiTokenService } from './api-token-service.js';
import { ApiTokenRead, NewApiTokenRead } from './schemas.js';
import type { UserService } from './service.js';

export interface ApiTokenRouteDeps {
  readonly service: Pick<UserService, 'find'>;
  readonly apiTokens: ApiTokenService;
}

const OWN = { path: '/api/auth/api_token', tag: 'auth', view: 'Own Api Token' } as const;

/** `self` stands for the id of the caller. */
const ofAccount = ({ service }: ApiTokenRouteDeps) =>
  ({
    path: '/api/users/:id/api_token',
    tag: 'users',
    view: 'Api Token',
    load: ({ id }: Readonly<Record<string, string>>, caller: Caller | null) => {
      const { account, organization } = requireCaller(caller);
      return service.find(id === 'self' ? String(account.id) : id, organization?.id ?? null);
    },
  }) as const;

const show = async ({ apiTokens }: ApiTokenRouteDeps, userId: number) => {
  const createdAt = await apiTokens.find(userId);
  return reply(200, { exists: createdAt !== undefined, created_date: createdAt ?? null });
};

/** A caller who replaces another user's token does not see the new one: its owner gets it at the next login. */
const replace = async (
  { apiTokens }: ApiTokenRouteDeps,
  userId: number,
  caller: Caller | null,
  exchange: Exchange,
) => {
  const key = await apiTokens.rotate(userId);
  exchange.report('api_token.rotated', { account: userId });
  return reply(201, requireCaller(caller).account.id === userId ? { key } : {});
};

const end = async ({ apiTokens }: ApiTokenRouteDeps, userId: number, exchange: Exchange) => {
  if (await apiTokens.revoke(userId)) exchange.report('api_token.revoked', { account: userId });
  return reply(204, null);
};

const retrieveOwn = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...OWN,
    method: 'get',
    operationId: 'auth_retrieve_api_token',
    summary: 'Check whether you have an API token, and since when',
    description: 'Returns when your API token was created, but never the token itself. Not in CVAT.',
    access: { kind: 'policy', checks: mayViewOwnApiToken },
    responses: { 200: ApiTokenRead },
    handle: ({ caller }) => show(deps, requireCaller(caller).account.id),
  });

const rotateOwn = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...OWN,
    method: 'post',
    operationId: 'auth_create_api_token',
    summary: 'Create your API token, or replace it',
    description:
      'Creates a token and revokes the current one. Later logins return the same token, until it ends. Not in CVAT.',
    access: { kind: 'policy', checks: mayUpdateOwnApiToken },
    needsProof: true,
    responses: { 201: NewApiTokenRead },
    handle: ({ caller, exchange }) => replace(deps, requireCaller(caller).account.id, caller, exchange),
  });

const revokeOwn = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...OWN,
    method: 'delete',
    operationId: 'auth_destroy_api_token',
    summary: 'Revoke your API token',
    description: 'Revokes the token. Your next login creates a new one. Not in CVAT.',
    access: { kind: 'policy', checks: mayUpdateOwnApiToken },
    responses: { 204: null },
    handle: ({ caller, exchange }) => end(deps, requireCaller(caller).account.id, exchange),
  });

const retrieve = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    method: 'get',
    operationId: 'users_retrieve_api_token',
    summary: 'Check whether an account has an API token, and since when',
    description:
      'Returns when the API token of the account was created, but never the token itself. `self` as the id stands for your own account. Not in CVAT.',
    access: { kind: 'policy', checks: mayViewApiToken },
    responses: { 200: ApiTokenRead },
    handle: ({ object }) => show(deps, object.account.id),
  });

const rotate = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    method: 'post',
    operationId: 'users_rotate_api_token',
    summary: 'Replace the API token of an account; only its owner sees the new one',
    description:
      'Revokes the current token and creates a new one. If you do it for another account, its owner gets the new token at the next login. Not in CVAT.',
    access: { kind: 'policy', checks: mayUpdateApiToken },
    needsProof: true,
    responses: { 201: NewApiTokenRead },
    handle: ({ object, caller, exchange }) => replace(deps, object.account.id, caller, exchange),
  });

const revoke = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    method: 'delete',
    operationId: 'users_destroy_api_token',
    summary: 'Revoke the API token of an account',
    description: 'Revokes the token. The next login creates a new one. Not in CVAT.',
    access: { kind: 'policy', checks: mayUpdateApiToken },
    responses: { 204: null },
    handle: ({ object, exchange }) => end(deps, object.account.id, exchange),
  });

/** The API token of an account, which a login returns, for its owner and for administrators. Not in CVAT. */
export const apiTokenRoutes = (deps: ApiTokenRouteDeps) => [
  retrieveOwn(deps),
  rotateOwn(deps),
  revokeOwn(deps),
  retrieve(deps),
  rotate(deps),
  revoke(deps),
];
