import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { type CodeRequest, createCodeBook, readCodeRequest, withParams } from './code-book.js';
import { createSigningKeys, type Sign, type SigningKeys, signHonestly } from './signing-keys.js';
import {
  type Endpoint,
  json,
  type LoopbackHost,
  type Reply,
  redirect,
  type SeenRequest,
  type StandIn,
  startStandIn,
} from './stand-in.js';

/** An OpenID provider without pages, of which a test can bend every answer. */

export type Claims = Readonly<Record<string, unknown>>;
export type ProviderEndpoint = 'discovery' | 'jwks' | 'authorization' | 'token' | 'userinfo' | 'logout';

export interface ScriptedProvider extends StandIn<ProviderEndpoint> {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly keys: SigningKeys;
  /** Claims of whoever is signed in: in ID tokens and at userinfo. Those of a code stay as they were. */
  person: Claims;
  /** Seconds since 1970, for the times in tokens. */
  now: () => number;
  /** The claims of an ID token; `honestClaims` are the default. */
  claims: (request: CodeRequest, person: Claims) => Claims;
  readonly honestClaims: (request: CodeRequest, person: Claims) => Claims;
  /** What userinfo answers. */
  userinfo: (request: CodeRequest, person: Claims) => Claims;
  /** Makes ID tokens of claims; signing-keys.ts has dishonest ways. */
  sign: Sign;
  /** Over the fields of the discovery document; undefined takes one away. */
  discovery: Claims;
  /** Over the fields of an honest token answer; undefined takes one away. */
  tokenFields: Claims;
  /** Over the parameters of an honest redirect; undefined takes one away. */
  redirectParams: Readonly<Record<string, string | undefined>>;
  /** Signs with a new key from now on. @param keep whether the document of keys still has the earlier ones */
  readonly rotateKeys: (keep?: boolean) => Promise<void>;
  /** @returns a logout token (OpenID Connect Back-Channel Logout 1.0). @param overrides undefined takes a claim away */
  readonly logoutToken: (overrides?: Claims, header?: Claims) => Promise<string>;
}

export interface ScriptedOptions {
  readonly host?: LoopbackHost;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** What it calls itself, if that is not its address. */
  readonly issuer?: string;
  /** Of the endpoints that are elsewhere than by default; undefined for one that is not there. */
  readonly paths?: Partial<Record<ProviderEndpoint, string>>;
  readonly person?: Claims;
  readonly clientAuthentication?: readonly ('basic' | 'post')[];
  readonly algorithm?: 'RS256' | 'ES256' | 'PS256' | 'EdDSA';
}

const PATHS: Readonly<Record<ProviderEndpoint, string>> = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/keys',
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  logout: '/logout',
};

const PERSON: Claims = {
  sub: 'person-1',
  sid: 'session-1',
  email: 'ada@example.org',
  email_verified: true,
  preferred_username: 'ada',
  given_name: 'Ada',
  family_name: 'Byron',
};

/**
 * Starts one that is honest until a test says otherwise: it checks that a code is used once, with its PKCE verifier,
 * redirect URI and the client's secret.
 */
export async function startScriptedProvider(options: ScriptedOptions = {}): Promise<ScriptedProvider> {
  const { host = '127.0.0.1', algorithm = 'RS256' } = options;
  const { standIn, serve } = await startStandIn<ProviderEndpoint>(host);
  const paths = { ...PATHS, ...options.paths };
  const issuer = options.issuer ?? standIn.url;
  const clientId = options.clientId ?? 'cvat';
  const keys = await createSigningKeys(algorithm);
  const honestClaims = (request: CodeRequest, person: Claims): Claims => {
    const iat = provider.now();
    const times = { iat, exp: iat + 300, auth_time: iat };
    return compact({ iss: issuer, aud: clientId, ...times, nonce: request.nonce, ...person });
  };
  const provider: ScriptedProvider = Object.assign(standIn, {
    issuer,
    clientId,
    clientSecret: options.clientSecret ?? 'a secret: with+odd%characters',
    keys,
    person: options.person ?? PERSON,
    now: () => Math.floor(Date.now() / 1000),
    claims: honestClaims,
    honestClaims,
    userinfo: (_request: CodeRequest, person: Claims) => person,
    sign: signHonestly,
    discovery: {},
    tokenFields: {},
    redirectParams: {},
    rotateKeys: (keep = false) => keys.rotate(keep),
    logoutToken: (overrides: Claims = {}, header: Claims = {}) => {
      const iat = provider.now();
      const { sub, sid } = provider.person;
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
      const honest = { iss: issuer, aud: clientId, iat, exp: iat + 120, jti: randomUUID(), sub, sid, events };
      return provider.sign(compact({ ...honest, ...overrides }), keys, { typ: 'logout+jwt', ...header });
    },
  });
  serve(endpointsOf(provider, paths, options.clientAuthentication));
  return provider;
}

function endpointsOf(
  provider: ScriptedProvider,
  paths: Readonly<Record<ProviderEndpoint, string>>,
  ways?: readonly ('basic' | 'post')[],
): readonly Endpoint<ProviderEndpoint>[] {
  const codes = createCodeBook<Claims>(provider, ways);
  return [
    {
      name: 'discovery',
      method: 'GET',
      path: paths.discovery,
      answer: () => json(compact({ ...documentOf(provider, paths), ...provider.discovery })),
    },
    {
      name: 'jwks',
      method: 'GET',
      path: paths.jwks,
      answer: () => json({ keys: provider.keys.published() }),
    },
    {
      name: 'authorization',
      method: 'GET',
      path: paths.authorization,
      answer: (seen) => authorize(provider, seen, codes.issue),
    },
    {
      name: 'token',
      method: 'POST',
      path: paths.token,
      answer: async (seen) => {
        const found = codes.redeem(seen);
        if (found.refused === 'client') return json({ error: 'invalid_client' }, 401);
        if (found.refused !== undefined)
          return json({ error: 'invalid_grant', error_description: `Wrong: ${found.refused}` }, 400);
        const { request, person } = found;
        const idToken = await provider.sign(provider.claims(request, person), provider.keys);
        const fields = {
          access_token: codes.grant(found),
          token_type: 'Bearer',
          expires_in: 300,
          id_token: idToken,
        };
        return json(compact({ ...fields, ...provider.tokenFields }));
      },
    },
    {
      name: 'userinfo',
      method: 'GET',
      path: paths.userinfo,
      answer: (seen) => {
        const found = codes.bearer(seen);
        return found === undefined
          ? json({ error: 'invalid_token' }, 401)
          : json(compact(provider.userinfo(found.request, found.person)));
      },
    },
    { name: 'logout', method: 'GET', path: paths.logout, answer: signOut },
  ];
}

function authorize(
  provider: ScriptedProvider,
  seen: SeenRequest,
  issue: (request: CodeRequest, person: Claims) => string,
): Reply {
  const request = readCodeRequest(seen);
  const { params, clientId, redirectUri } = request;
  if (clientId !== provider.clientId || !URL.canParse(redirectUri))
    return { status: 400, body: 'Unknown client.' };
  const isComplete =
    params.get('response_type') === 'code' &&
    params.get('code_challenge_method') === 'S256' &&
    request.challenge !== undefined;
  const outcome = isComplete ? { code: issue(request, provider.person) } : { error: 'invalid_request' };
  const honest = { ...outcome, state: params.get('state'), iss: provider.issuer };
  return redirect(withParams(redirectUri, { ...honest, ...provider.redirectParams }));
}

/** Signs out without a question, and sends the browser back. */
function signOut({ query }: SeenRequest): Reply {
  const target = query.get('post_logout_redirect_uri');
  return target === null
    ? { status: 200, body: 'You are signed out.' }
    : redirect(withParams(target, { state: query.get('state') }));
}

function documentOf(
  { url, issuer, keys }: ScriptedProvider,
  paths: Readonly<Record<ProviderEndpoint, string>>,
): Claims {
  return {
    issuer,
    authorization_endpoint: `${url}${paths.authorization}`,
    token_endpoint: `${url}${paths.token}`,
    userinfo_endpoint: `${url}${paths.userinfo}`,
    jwks_uri: `${url}${paths.jwks}`,
    end_session_endpoint: `${url}${paths.logout}`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [keys.algorithm],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['openid', 'email', 'profile', 'groups'],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  };
}

/** What is undefined is not there: jose refuses to sign it. */
const compact = (claims: Claims): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
