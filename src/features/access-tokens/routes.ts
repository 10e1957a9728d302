import type { Caller } from '../../kernel/account.js';
import { presentPage } from '../../platform/http/page.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayCreate, mayDelete, mayList, mayUpdate, mayView } from './access.js';
import { presentAccessToken } from './present.js';
import type { AccessToken } from './repository.js';
import {
  AccessTokenPage,
  AccessTokenPatch,
  AccessTokenQuery,
  AccessTokenRead,
  AccessTokenWrite,
} from './schemas.js';
import type { AccessTokenService } from './service.js';

const COLLECTION = '/api/auth/access_tokens';
const DETAIL = '/api/auth/access_tokens/:id';

const aboutToken = ({ id, ownerId }: AccessToken) => ({ account: ownerId, accessToken: id });

/** As in CVAT, if a token requests tokens, the answer includes this use. */
async function ownUseNoted(caller: Caller | null): Promise<void> {
  if (caller?.credential.kind === 'access-token') await caller.credential.useNoted;
}

const loadToken =
  (service: AccessTokenService) =>
  async (params: Readonly<Record<string, string>>, caller: Caller | null): Promise<AccessToken> => {
    await ownUseNoted(caller);
    return service.find(params['id']);
  };

const list = (service: AccessTokenService) =>
  defineRoute({
    method: 'get',
    path: COLLECTION,
    operationId: 'auth_list_access_tokens',
    summary: 'List your personal access tokens',
    description: 'Lists your tokens that still work. Their values are not shown again.',
    tag: 'auth',
    view: 'Access Token List',
    access: { kind: 'policy', checks: mayList, filter: 'access_tokens' },
    list: service.listDefinition,
    query: AccessTokenQuery,
    responses: { 200: AccessTokenPage },
    handle: async ({ exchange, caller, policyFilter, query }) => {
      await ownUseNoted(caller);
      const rows = await service.list(exchange.query, policyFilter);
      return reply(
        200,
        presentPage(exchange, rows, (token) =>
          presentAccessToken(token, exchange.origin.base, query.include),
        ),
      );
    },
  });

const create = (service: AccessTokenService) =>
  defineRoute({
    method: 'post',
    path: COLLECTION,
    operationId: 'auth_create_access_tokens',
    summary: 'Create a personal access token; its value is only shown once',
    description:
      'Creates a token that authenticates requests as you. Only this answer contains its `value`, so store it. Tokens are read-only by default.',
    tag: 'auth',
    view: 'Access Token List',
    access: { kind: 'policy', checks: mayCreate },
    needsProof: true,
    body: AccessTokenWrite,
    responses: { 201: AccessTokenRead },
    handle: async ({ exchange, caller, body }) => {
      const { token, value } = await service.create(requireCaller(caller), {
        name: body.name,
        expiresAt: body.expiry_date ?? null,
        readOnly: body.read_only ?? true,
        organizationId: body.organization ?? null,
      });
      exchange.report('access_token.created', aboutToken(token));
      return reply(201, { ...presentAccessToken(token, exchange.origin.base), value });
    },
  });

/** Before the detail route, because `self` is not a key. */
const retrieveSelf = (service: AccessTokenService) =>
  defineRoute({
    method: 'get',
    path: '/api/auth/access_tokens/self',
    operationId: 'auth_retrieve_access_tokens_self',
    summary: 'Get the personal access token of this request',
    description: 'Returns the token that authenticates the request. Other credentials are refused.',
    tag: 'auth',
    view: 'Self',
    accepted: ['access-token'],
    access: { kind: 'policy', checks: mayView },
    load: async (_params, caller) => {
      const { credential } = requireCaller(caller);
      if (credential.kind !== 'access-token')
        throw new TypeError('This view only accepts personal access tokens.');
      await ownUseNoted(caller);
      return service.find(String(credential.id));
    },
    responses: { 200: AccessTokenRead },
    query: AccessTokenQuery,
    handle: async ({ exchange, object, query }) =>
      reply(200, presentAccessToken(object, exchange.origin.base, query.include)),
  });

const retrieve = (service: AccessTokenService) =>
  defineRoute({
    method: 'get',
    path: DETAIL,
    operationId: 'auth_retrieve_access_tokens',
    summary: 'Get a personal access token',
    description: 'Returns a token that still works. Its value is not shown again.',
    tag: 'auth',
    view: 'Access Token Instance',
    access: { kind: 'policy', checks: mayView },
    load: loadToken(service),
    responses: { 200: AccessTokenRead },
    query: AccessTokenQuery,
    handle: async ({ exchange, object, query }) =>
      reply(200, presentAccessToken(object, exchange.origin.base, query.include)),
  });

const update = (service: AccessTokenService) =>
  defineRoute({
    method: 'patch',
    path: DETAIL,
    operationId: 'auth_partial_update_access_tokens',
    summary: 'Change a personal access token',
    description:
      'Changes the name of a token, when it expires, or whether it may only read. Fields that you leave out stay as they are.',
    tag: 'auth',
    view: 'Access Token Instance',
    access: { kind: 'policy', checks: mayUpdate },
    needsProof: true,
    load: loadToken(service),
    body: AccessTokenPatch,
    responses: { 200: AccessTokenRead },
    handle: async ({ exchange, object, body }) => {
      const change = { name: body.name, expiresAt: body.expiry_date, readOnly: body.read_only };
      const token = await service.update(object.id, change);
      exchange.report('access_token.changed', aboutToken(token));
      return reply(200, presentAccessToken(token, exchange.origin.base));
    },
  });

const revoke = (service: AccessTokenService) =>
  defineRoute({
    method: 'delete',
    path: DETAIL,
    operationId: 'auth_destroy_access_tokens',
    summary: 'Revoke a personal access token',
    description: 'Revokes a token immediately and permanently.',
    tag: 'auth',
    view: 'Access Token Instance',
    access: { kind: 'policy', checks: mayDelete },
    load: loadToken(service),
    responses: { 204: null },
    handle: async ({ object, exchange }) => {
      await service.revoke(object.id);
      exchange.report('access_token.revoked', aboutToken(object));
      return reply(204, null);
    },
  });

export const accessTokenRoutes = (service: AccessTokenService) => [
  list(service),
  create(service),
  retrieveSelf(service),
  retrieve(service),
  update(service),
  revoke(service),
];
