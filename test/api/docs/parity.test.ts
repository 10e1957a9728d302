import { describe, expect, it } from 'vitest';
import { committedDocument } from '../../support/openapi.js';

const { paths, components, tags, servers } = committedDocument();

/** Operation ids of CVAT 2.62, by which its SDK and command line call them. */
const CVAT: Readonly<Record<string, string>> = {
  auth_create_login: 'post /api/auth/login',
  auth_create_logout: 'post /api/auth/logout',
  auth_create_register: 'post /api/auth/register',
  auth_create_password_change: 'post /api/auth/password/change',
  auth_create_password_reset: 'post /api/auth/password/reset',
  auth_create_password_reset_confirm: 'post /api/auth/password/reset/confirm',
  auth_retrieve_rules: 'get /api/auth/rules',
  auth_list_access_tokens: 'get /api/auth/access_tokens',
  auth_create_access_tokens: 'post /api/auth/access_tokens',
  auth_retrieve_access_tokens: 'get /api/auth/access_tokens/{id}',
  auth_partial_update_access_tokens: 'patch /api/auth/access_tokens/{id}',
  auth_destroy_access_tokens: 'delete /api/auth/access_tokens/{id}',
  auth_retrieve_access_tokens_self: 'get /api/auth/access_tokens/self',
  users_list: 'get /api/users',
  users_retrieve: 'get /api/users/{id}',
  users_partial_update: 'patch /api/users/{id}',
  users_destroy: 'delete /api/users/{id}',
  users_retrieve_self: 'get /api/users/self',
  organizations_list: 'get /api/organizations',
  organizations_create: 'post /api/organizations',
  organizations_retrieve: 'get /api/organizations/{id}',
  organizations_partial_update: 'patch /api/organizations/{id}',
  organizations_destroy: 'delete /api/organizations/{id}',
  memberships_list: 'get /api/memberships',
  memberships_retrieve: 'get /api/memberships/{id}',
  memberships_partial_update: 'patch /api/memberships/{id}',
  memberships_destroy: 'delete /api/memberships/{id}',
  invitations_list: 'get /api/invitations',
  invitations_create: 'post /api/invitations',
  invitations_retrieve: 'get /api/invitations/{key}',
  invitations_partial_update: 'patch /api/invitations/{key}',
  invitations_destroy: 'delete /api/invitations/{key}',
  invitations_accept: 'post /api/invitations/{key}/accept',
  invitations_decline: 'post /api/invitations/{key}/decline',
  invitations_resend: 'post /api/invitations/{key}/resend',
  server_retrieve_about: 'get /api/server/about',
  server_retrieve_plugins: 'get /api/server/plugins',
  schema_retrieve: 'get /api/schema/',
};

const operations = Object.entries(paths).flatMap(([template, item]) =>
  Object.entries(item).map(([method, operation]) => ({ operation, place: `${method} ${template}` })),
);
const placeOf = new Map(operations.map(({ operation, place }) => [operation.operationId, place]));
const parametersOf = (id: string) =>
  operations.find(({ operation }) => operation.operationId === id)?.operation.parameters ?? [];

describe('the document beside the one of CVAT', () => {
  it.each(Object.entries(CVAT))('has %s at %s', (id, place) => {
    expect(placeOf.get(id)).toBe(place);
  });

  it('names the ways in as CVAT does', () => {
    const schemes = Object.fromEntries(
      Object.entries(components.securitySchemes).map(([name, { type, in: place, name: key, scheme }]) => [
        name,
        [type, place ?? scheme, key],
      ]),
    );
    expect(schemes).toEqual({
      accessTokenAuth: ['http', 'bearer', undefined],
      basicAuth: ['http', 'basic', undefined],
      csrfAuth: ['apiKey', 'cookie', 'csrftoken'],
      csrfHeaderAuth: ['apiKey', 'header', 'X-CSRFToken'],
      sessionAuth: ['apiKey', 'cookie', 'sessionid'],
      tokenAuth: ['apiKey', 'header', 'Authorization'],
    });
    expect(components.securitySchemes['tokenAuth']).toMatchObject({ 'x-token-prefix': 'Token' });
  });

  it.each([
    [
      'users_list',
      [
        'X-Organization',
        'filter',
        'first_name',
        'is_active',
        'last_name',
        'org',
        'org_id',
        'page',
        'page_size',
        'search',
        'sort',
        'username',
      ],
    ],
    ['organizations_list', ['filter', 'name', 'owner', 'page', 'page_size', 'search', 'slug', 'sort']],
    [
      'memberships_list',
      ['X-Organization', 'filter', 'org', 'org_id', 'page', 'page_size', 'role', 'search', 'sort', 'user'],
    ],
    [
      'invitations_list',
      ['X-Organization', 'filter', 'org', 'org_id', 'owner', 'page', 'page_size', 'search', 'sort'],
    ],
    ['auth_list_access_tokens', ['filter', 'name', 'page', 'page_size', 'search', 'sort']],
  ])('%s takes the parameters of CVAT', (id, names) => {
    expect(parametersOf(id).map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });

  it('takes JSON and nothing else, and answers JSON as the media type of CVAT', () => {
    for (const { operation, place } of operations.filter(
      ({ operation }) => operation.operationId !== 'schema_retrieve',
    )) {
      expect([place, Object.keys(operation.requestBody?.content ?? { 'application/json': 0 })]).toEqual([
        place,
        ['application/json'],
      ]);
      const types = Object.values(operation.responses).flatMap((response) =>
        Object.keys(response.content ?? {}),
      );
      expect(types, place).not.toContain('application/json');
    }
  });
});

describe('the committed document', () => {
  const inEverything = operations.map(({ operation, place }) => ({ ...operation, place }));

  it('describes every operation in whole sentences that are not its summary', () => {
    const silent = inEverything.filter(
      ({ description, summary }) => !/^[A-Z].+\.$/.test(description) || description === summary,
    );
    expect(silent.map(({ place }) => place)).toEqual([]);
    expect(inEverything.length).toBeGreaterThan(45);
  });

  it('describes every parameter', () => {
    const silent = inEverything.flatMap(({ place, parameters = [] }) =>
      parameters.filter(({ description = '' }) => description === '').map(({ name }) => `${place}: ${name}`),
    );
    expect(silent).toEqual([]);
  });

  it('defines every tag that an operation has, describes it, and defines no other', () => {
    const used = [...new Set(inEverything.flatMap((operation) => operation.tags))].sort();
    expect(tags.map(({ name }) => name)).toEqual(used);
    expect(tags.filter(({ description }) => !description.endsWith('.'))).toEqual([]);
  });

  it('is about the server that answers it', () => {
    expect(servers.map(({ url }) => url)).toEqual(['/']);
  });
});
