import { NotFound } from '../../../kernel/errors.js';
import { type Examples, failing } from '../../../platform/openapi/examples.js';

/** A provider at which nobody answers: the sign-in itself needs a browser. */
export const PROVIDER = {
  PUBLIC_URL: 'https://cvat.example.org',
  OIDC_ISSUER: 'http://127.0.0.1:1',
  OIDC_CLIENT_ID: 'cvat',
  OIDC_CLIENT_SECRET: 'an example',
  OIDC_NAME: 'Keycloak',
};
const PATH = { id: 'oidc' };
const CODE = 'PNYl1rQKvzPzmhHnEeRSrW5bTTZTQYw-l4yjV1d7UqE';

const unknownProvider = failing(new NotFound(), 'No provider has this id', {
  as: 'nobody',
  path: { id: 'unknown' },
});

const problem = (name: string) => ({
  Location: `https://cvat.example.org/account/sign-in?problem=${name}&provider=oidc`,
});

const begin: Examples = {
  unreachable: {
    summary: 'The provider does not answer: the page to sign in says so',
    status: 302,
    request: { as: 'nobody', path: PATH },
    settings: PROVIDER,
    headers: problem('unreachable'),
  },
  unknown_provider: unknownProvider,
};

const callback: Examples = {
  expired: {
    summary: 'A sign-in that is too old, or began in another browser',
    status: 302,
    request: { as: 'nobody', path: PATH, query: { code: CODE, state: CODE } },
    settings: PROVIDER,
    headers: problem('expired'),
  },
  unknown_provider: unknownProvider,
};

const refusedCode = (summary: string, body: Readonly<Record<string, string>>, sentence: string) => ({
  summary,
  status: 400,
  request: { as: 'nobody' as const, path: PATH, body },
  settings: PROVIDER,
  body: { non_field_errors: [sentence] },
});

const wrongType = {
  summary: 'A value that is no text',
  status: 400,
  request: { as: 'nobody' as const, path: { id: 'unknown' }, body: { code: [] } },
  body: { code: ['Not a valid string.'] },
};

const token: Examples = {
  wrong_type: wrongType,
  wrong_code: refusedCode('A code that is wrong, too old, or was used', { code: CODE }, 'Incorrect value'),
  no_code: refusedCode('No code', {}, 'Incorrect input. access_token or code is required.'),
  unknown_provider: { ...unknownProvider, request: { ...unknownProvider.request, body: { code: CODE } } },
};

/** Providers of CVAT's other family are in a file, which examples can't have. */
const unknownOnly: Examples = { unknown_provider: unknownProvider };
const method = (name: string) => ({ is_enabled: false, icon: null, public_name: name });

export const signOnExamples: Readonly<Record<string, Examples>> = {
  auth_retrieve_social_login: unknownOnly,
  auth_retrieve_social_login_callback: unknownOnly,
  auth_create_social_login_token: {
    wrong_type: wrongType,
    unknown_provider: token['unknown_provider'] ?? unknownProvider,
  },
  auth_retrieve_oidc_login: begin,
  auth_retrieve_oidc_login_callback: callback,
  auth_create_oidc_login_token: token,
  auth_retrieve_oidc_logout: {
    unreachable: {
      summary: 'The provider does not answer: nobody is signed out there',
      status: 302,
      request: { as: 'nobody', path: PATH },
      settings: PROVIDER,
      headers: problem('unreachable'),
    },
    unknown_provider: unknownProvider,
  },
  auth_create_oidc_backchannel_logout: {
    invalid_token: {
      summary: 'A token that is missing, not valid, or was used',
      status: 400,
      request: { as: 'nobody', path: PATH },
      settings: PROVIDER,
      body: { detail: 'The logout token is not valid.' },
    },
    unknown_provider: unknownProvider,
  },
  auth_list_social: {
    one_provider: {
      summary: 'With one provider of single sign-on',
      status: 200,
      request: { as: 'nobody' },
      settings: PROVIDER,
      body: {
        google: method('Google'),
        github: method('GitHub'),
        'amazon-cognito': method('Amazon Cognito'),
        sso: { ...method('SSO'), is_enabled: true, selection_schema: 'email_address' },
      },
    },
  },
  auth_retrieve_sso_login_url: {
    chosen: {
      summary: 'The provider for an address',
      status: 200,
      request: { as: 'nobody', query: { email: 'maria@example.org' } },
      settings: PROVIDER,
      body: { url: 'https://cvat.example.org/api/auth/oidc/oidc/login/' },
    },
    no_provider: {
      summary: 'No provider is responsible',
      status: 400,
      request: { as: 'nobody' },
      body: ['No identity provider is responsible for this request.'],
    },
  },
  user_agreements_retrieve: {
    none: { summary: 'Nothing to agree to', status: 200, request: { as: 'nobody' }, body: [] },
  },
};
