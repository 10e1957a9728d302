import { PermissionDenied } from '../../../kernel/errors.js';
import { type Examples, failing } from '../../../platform/openapi/examples.js';
import { DATE, pageOf } from './people.js';
import { forbidden, missing } from './refusals.js';
import { PROVIDER } from './sign-on.js';

/** The only identity of maria. */
const LINK_ID = 1;

const KEYCLOAK = {
  id: LINK_ID,
  provider: 'oidc',
  provider_name: 'Keycloak',
  account: 'maria@example.org',
  created_date: DATE,
  last_login: DATE,
};

const NOT_ONES_OWN = {
  forbidden: forbidden('Another user', { as: 'maria', path: { id: 3 } }),
  missing: missing('User', { path: { id: 99 } }),
};

const list: Examples = {
  one: {
    summary: 'One identity',
    status: 200,
    request: { as: 'maria' },
    settings: PROVIDER,
    body: pageOf(KEYCLOAK),
  },
};

const link: Examples = {
  without_session: failing(
    new PermissionDenied('This needs a session: sign in with a browser.'),
    'With an API token, or a password',
    { as: 'maria', by: 'token', body: { provider: 'oidc' } },
  ),
  unknown_provider: {
    summary: 'No provider has this id',
    status: 400,
    request: { as: 'maria', by: 'session', body: { provider: 'okta' } },
    body: { provider: ['"okta" is not a valid choice.'] },
  },
  unreachable: {
    summary: 'The provider does not answer',
    status: 503,
    request: { as: 'maria', by: 'session', body: { provider: 'oidc' } },
    settings: PROVIDER,
    body: {
      detail: 'The identity provider does not answer. Try again later, or sign in another way.',
      code: 'provider_unreachable',
    },
  },
};

const unlinkOwn: Examples = {
  unlinked: { summary: 'Unlinked', status: 204, request: { as: 'maria', path: { id: LINK_ID } } },
  missing: missing('LinkedAccount', { path: { id: 99 } }),
  forbidden: forbidden('With a personal access token', { by: 'access-token' }),
};

const listOf: Examples = {
  by_administrator: {
    summary: 'The identities of another user, for an administrator',
    status: 200,
    request: { as: 'admin', path: { id: 2 } },
    settings: PROVIDER,
    body: pageOf(KEYCLOAK),
  },
  ...NOT_ONES_OWN,
};

const unlinkOf: Examples = {
  unlinked: {
    summary: 'Unlinked',
    status: 204,
    request: { as: 'admin', path: { id: 2, link_id: LINK_ID } },
  },
  missing: missing('LinkedAccount', { path: { link_id: 99 } }),
  forbidden: NOT_ONES_OWN.forbidden,
};

export const linkedAccountExamples: Readonly<Record<string, Examples>> = {
  auth_list_linked_accounts: list,
  auth_create_linked_accounts: link,
  auth_destroy_linked_accounts: unlinkOwn,
  users_list_linked_accounts: listOf,
  users_destroy_linked_accounts: unlinkOf,
};
