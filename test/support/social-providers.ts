import { type CodeBook, type CodeRequest, createCodeBook, readCodeRequest, withParams } from './code-book.js';
import {
  type Claims,
  type ScriptedOptions,
  type ScriptedProvider,
  startScriptedProvider,
} from './hostile-provider.js';
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

/** GitHub, Google and Amazon Cognito, as far as a client sees them. Who has the browser is `person`. */

export interface GitHubPerson {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  /** The public one, which most people do not have. */
  readonly email: string | null;
  readonly emails: readonly GitHubEmail[];
}

export interface GitHubEmail {
  readonly email: string;
  readonly primary: boolean;
  readonly verified: boolean;
  readonly visibility: 'public' | 'private' | null;
}

type GitHubEndpoint = 'authorization' | 'token' | 'user' | 'emails';

export interface GitHub extends StandIn<GitHubEndpoint> {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  /** Of the API, as GitHub Enterprise Server has it: with `/api/v3`. */
  readonly apiUrl: string;
  person: GitHubPerson;
}

const OCTOCAT: GitHubPerson = {
  id: 583_231,
  login: 'octocat',
  name: 'The Octocat',
  email: null,
  emails: [
    { email: 'octocat@example.org', primary: true, verified: true, visibility: 'private' },
    { email: 'octocat@users.noreply.github.com', primary: false, verified: true, visibility: null },
  ],
};

/** Errors of the token endpoint, which have the status 200. */
const TOKEN_ERRORS = {
  client: ['incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'],
  code: ['bad_verification_code', 'The code passed is incorrect or expired.'],
  redirect: ['redirect_uri_mismatch', 'The redirect_uri MUST match the registered callback URL.'],
  verifier: ['bad_verification_code', 'The code passed is incorrect or expired.'],
} as const;

/** Starts a GitHub with one OAuth app, which takes any redirect URI. */
export async function startGitHub(
  options: { readonly host?: LoopbackHost; readonly person?: GitHubPerson } = {},
): Promise<GitHub> {
  const { standIn, serve } = await startStandIn<GitHubEndpoint>(options.host ?? '127.0.0.1');
  const github: GitHub = Object.assign(standIn, {
    clientId: 'Iv1.0123456789abcdef',
    clientSecret: 'github-secret-5f2c',
    authorizationUrl: `${standIn.url}/login/oauth/authorize`,
    tokenUrl: `${standIn.url}/login/oauth/access_token`,
    apiUrl: `${standIn.url}/api/v3`,
    person: options.person ?? OCTOCAT,
  });
  serve(gitHubEndpoints(github));
  return github;
}

function gitHubEndpoints(github: GitHub): readonly Endpoint<GitHubEndpoint>[] {
  const codes = createCodeBook<GitHubPerson>(github);
  const api = (
    seen: SeenRequest,
    answer: (person: GitHubPerson, scopes: readonly string[]) => Reply,
  ): Reply => {
    if ((seen.headers['user-agent'] ?? '') === '')
      return { status: 403, body: 'Request forbidden by administrative rules. Send a User-Agent header.' };
    const found = codes.bearer(seen);
    if (found === undefined)
      return json(
        { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' },
        401,
      );
    return answer(found.person, scopesOf(found.request));
  };
  return [
    {
      name: 'authorization',
      method: 'GET',
      path: '/login/oauth/authorize',
      answer: (seen) => {
        const request = readCodeRequest(seen);
        if (request.clientId !== github.clientId) return { status: 404, body: 'Not Found' };
        const code = codes.issue(request, github.person);
        return redirect(withParams(request.redirectUri, { code, state: seen.query.get('state') }));
      },
    },
    {
      name: 'token',
      method: 'POST',
      path: '/login/oauth/access_token',
      answer: (seen) => answerToCode(codes, seen),
    },
    {
      name: 'user',
      method: 'GET',
      path: '/api/v3/user',
      answer: (seen) =>
        api(seen, ({ emails: _, ...visible }) => json({ ...visible, type: 'User', site_admin: false })),
    },
    {
      name: 'emails',
      method: 'GET',
      path: '/api/v3/user/emails',
      answer: (seen) =>
        api(seen, ({ emails }, scopes) =>
          // GitHub hides what a token may not see.
          scopes.some((scope) => scope === 'user' || scope === 'user:email')
            ? json(emails)
            : json({ message: 'Not Found', status: '404' }, 404),
        ),
    },
  ];
}

function answerToCode(codes: CodeBook<GitHubPerson>, seen: SeenRequest): Reply {
  const found = codes.redeem(seen);
  if (found.refused === undefined) {
    const scope = scopesOf(found.request).join(',');
    return inFormat(seen, { access_token: codes.grant(found), scope, token_type: 'bearer' });
  }
  const [error, description] = TOKEN_ERRORS[found.refused];
  const help = `https://docs.github.com/apps/troubleshooting#${error.replaceAll('_', '-')}`;
  return inFormat(seen, { error, error_description: description, error_uri: help });
}

const scopesOf = ({ scope }: CodeRequest): readonly string[] =>
  scope.split(/[ ,]+/).filter((one) => one !== '');

/** A form, unless the client asked for JSON. */
const inFormat = ({ headers }: SeenRequest, fields: Readonly<Record<string, string>>): Reply =>
  headers.accept?.includes('application/json') === true
    ? json(fields)
    : {
        status: 200,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: String(new URLSearchParams(fields)),
      };

const GOOGLE_PERSON: Claims = {
  sub: '110169484474386276334',
  email: 'ada@example.org',
  email_verified: true,
  hd: 'example.org',
  name: 'Ada Byron',
  given_name: 'Ada',
  family_name: 'Byron',
  picture: 'https://lh3.googleusercontent.com/a/picture',
};

/** Starts a Google with one client. Its issuer is its own address; redirects have no `iss`, and nobody can sign out. */
export async function startGoogle(options: ScriptedOptions = {}): Promise<ScriptedProvider> {
  const google = await startScriptedProvider({
    clientId: '407408718192.apps.googleusercontent.com',
    clientSecret: 'GOCSPX-google-secret',
    person: GOOGLE_PERSON,
    paths: {
      jwks: '/oauth2/v3/certs',
      authorization: '/o/oauth2/v2/auth',
      token: '/token',
      userinfo: '/v1/userinfo',
    },
    ...options,
  });
  google.claims = (request, person) => ({ ...google.honestClaims(request, person), azp: google.clientId });
  google.redirectParams = { iss: undefined };
  google.discovery = {
    authorization_response_iss_parameter_supported: undefined,
    end_session_endpoint: undefined,
    backchannel_logout_supported: undefined,
    backchannel_logout_session_supported: undefined,
  };
  return google;
}

const COGNITO_PERSON: Claims = {
  sub: 'a4d8f4c8-7041-70b1-8e4d-6d9b7f1c2e3a',
  username: 'ada',
  email: 'ada@example.org',
  email_verified: true,
  given_name: 'Ada',
  family_name: 'Byron',
  'cognito:groups': ['annotators'],
};

/** Starts the hosted domain of a user pool. The pool, which has the discovery document, is at another address. */
export async function startCognito(options: ScriptedOptions = {}): Promise<ScriptedProvider> {
  const cognito = await startScriptedProvider({
    clientId: '1example23456789',
    clientSecret: 'cognito-secret-9d1e',
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example',
    person: COGNITO_PERSON,
    clientAuthentication: ['basic'],
    paths: {
      discovery: '/not-here',
      jwks: '/.well-known/jwks.json',
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      userinfo: '/oauth2/userInfo',
    },
    ...options,
  });
  cognito.redirectParams = { iss: undefined };
  cognito.claims = (request, { username, ...person }) => ({
    ...cognito.honestClaims(request, person),
    'cognito:username': username,
    token_use: 'id',
  });
  // Only here, not in its tokens, this is text.
  cognito.userinfo = (_request, { email_verified: isVerified, 'cognito:groups': _, ...person }) => ({
    ...person,
    email_verified: String(isVerified),
  });
  cognito.tokenFields = { refresh_token: 'cognito-refresh-token', expires_in: 3600 };
  return cognito;
}
