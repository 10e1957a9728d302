import type { Caller } from '../../kernel/account.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayUpdateApiToken, mayViewApiToken } from './access.js';
import type { ApiTokenService } from './api-token-service.js';
import { ApiTokenRead, NewApiTokenRead } from './schemas.js';
import type { UserService } from './service.js';

export interface ApiTokenRouteDeps {
  readonly service: Pick<UserService, 'find'>;
  readonly apiTokens: ApiTokenService;
}

/** `self` stands for the id of the caller. */
const load =
  ({ service }: ApiTokenRouteDeps) =>
  ({ id }: Readonly<Record<string, string>>, caller: Caller | null) => {
    const { account, organization } = requireCaller(caller);
    return service.find(id === 'self' ? String(account.id) : id, organization?.id ?? null);
  };

const view = (deps: ApiTokenRouteDeps) =>
  ({ path: '/api/users/:id/api_token', tag: 'users', view: 'Api Token', load: load(deps) }) as const;

const retrieve = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...view(deps),
    method: 'get',
    operationId: 'users_retrieve_api_token',
    summary: 'Check whether an account has an API token, and since when',
    description:
      'Returns when the API token of the account was created, but never the token itself. `self` as the id stands for your own account. Not in CVAT.',
    access: { kind: 'policy', checks: mayViewApiToken },
    responses: { 200: ApiTokenRead },
    handle: async ({ object }) => {
      const createdAt = await deps.apiTokens.find(object.account.id);
      return reply(200, { exists: createdAt !== undefined, created_date: createdAt ?? null });
    },
  });

/** A caller who replaces another user's token does not see the new one: its owner gets it at the next login. */
const rotate = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...view(deps),
    method: 'post',
    operationId: 'users_rotate_api_token',
    summary: 'Replace the API token of an account; only its owner sees the new one',
    description:
      'Revokes the current token and creates a new one. If you do it for another account, its owner gets the new token at the next login. Not in CVAT.',
    access: { kind: 'policy', checks: mayUpdateApiToken },
    responses: { 201: NewApiTokenRead },
    handle: async ({ object, caller, exchange }) => {
      const key = await deps.apiTokens.rotate(object.account.id);
      exchange.report('api_token.rotated', { account: object.account.id });
      return reply(201, requireCaller(caller).account.id === object.account.id ? { key } : {});
    },
  });

const revoke = (deps: ApiTokenRouteDeps) =>
  defineRoute({
    ...view(deps),
    method: 'delete',
    operationId: 'users_destroy_api_token',
    summary: 'Revoke the API token of an account',
    description: 'Revokes the token. The next login creates a new one. Not in CVAT.',
    access: { kind: 'policy', checks: mayUpdateApiToken },
    responses: { 204: null },
    handle: async ({ object, exchange }) => {
      if (await deps.apiTokens.revoke(object.account.id))
        exchange.report('api_token.revoked', { account: object.account.id });
      return reply(204, null);
    },
  });

/** The API token of an account, which a login returns. Not in CVAT. */
export const apiTokenRoutes = (deps: ApiTokenRouteDeps) => [retrieve(deps), rotate(deps), revoke(deps)];
