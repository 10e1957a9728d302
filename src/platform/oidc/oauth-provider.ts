import * as client from 'openid-client';
import { isLoopback, type ProviderSettings } from '../config/auth-config.js';
import { type Claims, profileOf } from './claims.js';
import type { GuardedFetch } from './guarded-fetch.js';
import { reasonOf } from './openid-provider.js';
import type { Checks, IdentityProvider, Profile } from './provider.js';

/** What differs between providers that speak OAuth 2.0 with an API of their own. */
interface Dialect {
  readonly metadata: client.ServerMetadata;
  readonly scope: string;
  readonly auth: client.ClientAuth;
  readonly fetch: GuardedFetch;
  /** Answers without a person, if only with a refusal. */
  readonly probe: string;
  /** Asks the API of the provider who signed in. @returns undefined if its answer has no identity */
  readonly whoIs: (accessToken: string) => Promise<Profile | undefined>;
}

/** OAuth 2.0 by the authorization code flow with PKCE: GitHub and Amazon Cognito. */
export function createOAuthProvider(
  settings: Exclude<ProviderSettings, { kind: 'openid' }>,
  fetch: GuardedFetch,
): IdentityProvider {
  const dialect =
    settings.kind === 'github' ? githubDialect(settings, fetch) : cognitoDialect(settings, fetch);
  const config = new client.Configuration(dialect.metadata, settings.clientId, undefined, dialect.auth);
  config[client.customFetch] = dialect.fetch;
  if (isLoopback(new URL(dialect.metadata.issuer))) client.allowInsecureRequests(config);
  return {
    settings,
    begin: async (redirectUri, { state, verifier }) =>
      client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: dialect.scope,
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).href,
    finish: async (callback: URL, { state, verifier }: Checks) => {
      try {
        const checks = { expectedState: state, pkceCodeVerifier: verifier };
        const { access_token: token } = await client.authorizationCodeGrant(config, callback, checks);
        const profile = await dialect.whoIs(token);
        return profile === undefined
          ? { kind: 'refused', reason: 'the provider does not say who signed in' }
          : { kind: 'profile', profile, factorAt: null };
      } catch (error) {
        return { kind: 'refused', reason: reasonOf(error) };
      }
    },
    logoutUrl: async () => undefined,
    hasLogoutPage: () => false,
    readLogoutToken: async () => undefined,
    // There is no document to read without a person.
    probe: async () => {
      await fetch(dialect.probe);
    },
  };
}

/** GitHub, "Authorizing OAuth apps" and "REST API endpoints for emails". A GitHub Enterprise Server has its API below /api/v3. */
function githubDialect(
  { serverUrl, clientSecret, claims }: Extract<ProviderSettings, { kind: 'github' }>,
  fetch: GuardedFetch,
): Dialect {
  const api = serverUrl === 'https://github.com' ? 'https://api.github.com' : `${serverUrl}/api/v3`;
  const names = { ...claims, uid: 'id', username: 'login', first_name: 'name' };
  return {
    metadata: {
      issuer: `${serverUrl}/login/oauth`,
      authorization_endpoint: `${serverUrl}/login/oauth/authorize`,
      token_endpoint: `${serverUrl}/login/oauth/access_token`,
    },
    scope: 'read:user user:email',
    auth: client.ClientSecretPost(clientSecret),
    fetch,
    probe: api,
    whoIs: async (token) => {
      const [person, addresses] = await Promise.all([
        readApi(fetch, `${api}/user`, token),
        readApi(fetch, `${api}/user/emails`, token),
      ]);
      if (!isObject(person)) return undefined;
      const list: readonly unknown[] = Array.isArray(addresses) ? addresses : [];
      const primary = list.filter(isObject).find((entry) => entry['primary'] === true);
      // The address on the profile may be any: only the primary one of the account has been checked.
      const email = { email: primary?.['email'], email_verified: primary?.['verified'] };
      return profileOf({ ...person, ...email }, names, null);
    },
  };
}

/** Amazon Cognito, "User pool endpoints". */
function cognitoDialect(
  { domain, clientSecret, claims }: Extract<ProviderSettings, { kind: 'cognito' }>,
  fetch: GuardedFetch,
): Dialect {
  const people = `${domain}/oauth2/userInfo`;
  return {
    metadata: {
      issuer: domain,
      authorization_endpoint: `${domain}/oauth2/authorize`,
      token_endpoint: `${domain}/oauth2/token`,
    },
    scope: 'openid email profile',
    auth: client.ClientSecretBasic(clientSecret),
    fetch: async (url, init) => withoutIdToken(await fetch(url, init)),
    probe: people,
    whoIs: async (token) => {
      const person = await readApi(fetch, people, token);
      return isObject(person) ? profileOf(person, { ...claims, username: 'username' }, null) : undefined;
    },
  };
}

/**
 * The ID token of Cognito names its user pool, of which CVAT's configuration knows nothing. The person is read from
 * the endpoint of the domain instead, over TLS.
 */
async function withoutIdToken(response: Response): Promise<Response> {
  const text = await response.text();
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
  const { id_token: _ignored, ...rest } = isObject(body) ? body : {};
  return new Response(isObject(body) ? JSON.stringify(rest) : text, {
    status: response.status,
    headers: response.headers,
  });
}

async function readApi(fetch: GuardedFetch, url: string, token: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const response = await fetch(url, { headers });
  if (response.status !== 200) throw new Error(`${new URL(url).pathname} answers with ${response.status}`);
  return JSON.parse(await response.text());
}

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
