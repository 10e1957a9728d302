import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptedProvider, startScriptedProvider } from '../../support/hostile-provider.js';
import { send } from '../../support/http.js';
import { ADA, startIdentityProvider } from '../../support/identity-provider.js';
import { signAndChange, signNot, signWithOtherKey, signWithPublicKey } from '../../support/signing-keys.js';
import { startCognito, startGitHub, startGoogle } from '../../support/social-providers.js';
import { readBody } from '../../support/stand-in.js';

const CALLBACK = 'http://127.0.0.1:9/callback';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function started<T extends { readonly stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> {
  const made = await starting;
  stops.push(made.stop);
  return made;
}

interface Registered {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

function discover(
  { issuer, clientId, clientSecret }: Registered,
  authentication: client.ClientAuth = client.ClientSecretBasic(clientSecret),
): Promise<client.Configuration> {
  const plainHttp = { execute: [client.allowInsecureRequests] };
  return client.discovery(new URL(issuer), clientId, clientSecret, authentication, plainHttp);
}

/** A client of a provider that has no discovery document at its address. */
function clientOf(metadata: client.ServerMetadata, { clientId, clientSecret }: Omit<Registered, 'issuer'>) {
  const configuration = new client.Configuration(
    metadata,
    clientId,
    clientSecret,
    client.ClientSecretBasic(clientSecret),
  );
  client.allowInsecureRequests(configuration);
  return configuration;
}

async function prepare(configuration: client.Configuration, scope = 'openid email profile groups') {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  };
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: CALLBACK,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  return { url: url.href, checks };
}

/** Follows the one redirect of a provider without pages. */
async function passThrough(url: string): Promise<string> {
  const answer = await fetch(url, { redirect: 'manual' });
  return answer.headers.get('location') ?? '';
}

/** The whole flow of codes with a provider without pages, signatures included. */
async function signIn(provider: Registered) {
  const configuration = await discover(provider);
  client.enableNonRepudiationChecks(configuration);
  const { url, checks } = await prepare(configuration);
  const tokens = await client.authorizationCodeGrant(configuration, new URL(await passThrough(url)), checks);
  return { configuration, tokens, claims: tokens.claims() };
}

describe('the identity provider', () => {
  it.each(['127.0.0.1', 'localhost'] as const)('signs in a person by its pages on %s', async (host) => {
    const provider = await started(startIdentityProvider({ host }));
    provider.allow(CALLBACK);
    const configuration = await discover(provider);
    const { url, checks } = await prepare(configuration);
    const callback = new URL(await provider.signInAt(url, ADA));
    expect(callback.searchParams.get('iss')).toBe(`http://${host}:${new URL(provider.issuer).port}`);
    const tokens = await client.authorizationCodeGrant(configuration, callback, checks);
    const claims = {
      sub: 'ada-0001',
      email: 'ada@example.org',
      email_verified: true,
      preferred_username: 'ada',
      given_name: 'Ada',
      family_name: 'Byron',
      groups: ['annotators'],
    };
    expect(tokens.claims()).toMatchObject(claims);
    expect(await client.fetchUserInfo(configuration, tokens.access_token, ADA.sub)).toMatchObject(claims);
  });

  it('takes the secret in the body from a client that is registered so', async () => {
    const provider = await started(
      startIdentityProvider({ clientAuthentication: 'client_secret_post', redirectUris: [CALLBACK] }),
    );
    const configuration = await discover(provider, client.ClientSecretPost(provider.clientSecret));
    const { url, checks } = await prepare(configuration);
    const callback = new URL(await provider.signInAt(url, ADA));
    const tokens = await client.authorizationCodeGrant(configuration, callback, checks);
    expect(tokens.claims()?.sub).toBe(ADA.sub);
  });

  it('refuses a wrong password, a strange redirect URI and a request without PKCE', async () => {
    const provider = await started(startIdentityProvider());
    const { url } = await prepare(await discover(provider));
    await expect(provider.signInAt(url, { ...ADA, password: 'wrong' })).rejects.toThrow('password is wrong');
    const elsewhere = url.replace('callback', 'elsewhere');
    await expect(provider.signInAt(elsewhere, ADA)).rejects.toThrow('redirect_uri');
    const callback = new URL(await provider.signInAt(url.replace(/&code_challenge[^&]*/g, ''), ADA));
    expect(callback.searchParams.get('error')).toBe('invalid_request');
  });

  it('takes people who change while it runs, and keys that change', async () => {
    const provider = await started(startIdentityProvider({ redirectUris: [CALLBACK] }));
    provider.people[0] = { ...ADA, email: 'countess@example.org', groups: [] };
    await provider.rotateKeys();
    const configuration = await discover(provider);
    const { url, checks } = await prepare(configuration);
    const callback = new URL(await provider.signInAt(url, ADA));
    const tokens = await client.authorizationCodeGrant(configuration, callback, checks);
    expect(tokens.claims()).toMatchObject({ email: 'countess@example.org', groups: [] });
    expect(decodeProtectedHeader(tokens.id_token ?? '').kid).toBe('key-2');
  });

  it('remembers a browser, and tells the client when it signs out', async () => {
    const listener = await startListener();
    const provider = await started(
      startIdentityProvider({ redirectUris: [CALLBACK], backchannelLogoutUri: listener.url }),
    );
    provider.allowAfterSignOut('http://127.0.0.1:9/bye');
    const configuration = await discover(provider);
    const jar = new Map<string, string>();
    const first = await prepare(configuration);
    const callback = new URL(await provider.signInAt(first.url, ADA, jar));
    const tokens = await client.authorizationCodeGrant(configuration, callback, first.checks);
    const again = await prepare(configuration);
    expect(await provider.signInAt(again.url, { ...ADA, password: 'not asked for' }, jar)).toContain('code=');

    expect(await provider.sendLogoutToken(ADA.sub)).toBe(1);
    const endUrl = client.buildEndSessionUrl(configuration, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'http://127.0.0.1:9/bye',
      state: 'so long',
    });
    expect(await provider.signOutAt(endUrl.href, jar)).toBe('http://127.0.0.1:9/bye?state=so+long');
    expect(listener.tokens).toHaveLength(2);
    const keys = createRemoteJWKSet(new URL(configuration.serverMetadata().jwks_uri ?? ''));
    for (const token of listener.tokens) {
      const { payload } = await jwtVerify(token, keys, { issuer: provider.issuer, typ: 'logout+jwt' });
      expect(payload['sid']).toBe(tokens.claims()?.['sid']);
    }
  });
});

/** A client's address for logout tokens. */
async function startListener() {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`, tokens };
}

/** @returns what an error says, and what it says of its cause */
function reasonsOf(error: unknown): string {
  if (error instanceof URLSearchParams) return String(error);
  return error instanceof Error ? `${error.message} ${reasonsOf(error.cause)}` : '';
}

/** @param change over the honest claims */
function bendClaims(provider: ScriptedProvider, change: Readonly<Record<string, unknown>>): void {
  provider.claims = (request, person) => ({ ...provider.honestClaims(request, person), ...change });
}

describe('the scripted provider', () => {
  it('signs in whoever it is told to, and remembers how the client asked', async () => {
    const provider = await started(startScriptedProvider());
    provider.person = { ...provider.person, sub: 'someone', groups: ['a', 'b'] };
    const { configuration, tokens, claims } = await signIn(provider);
    expect(claims).toMatchObject({ sub: 'someone', groups: ['a', 'b'], email: 'ada@example.org' });
    expect(await client.fetchUserInfo(configuration, tokens.access_token, 'someone')).toMatchObject({
      groups: ['a', 'b'],
    });
    const [asked] = provider.asked('authorization');
    expect(asked?.query.get('nonce')).toBe(claims?.['nonce']);
    const [redeemed] = provider.asked('token');
    expect(redeemed?.headers.authorization).toMatch(/^Basic /);
    expect(redeemed?.form.get('code_verifier')).toHaveLength(43);
  });

  const bends: readonly [name: string, said: string, bend: (provider: ScriptedProvider) => unknown][] = [
    [
      'a signature with another key',
      'signature verification failed',
      (provider) => (provider.sign = signWithOtherKey),
    ],
    ['no signature', '"alg" header', (provider) => (provider.sign = signNot)],
    [
      'a signature with the public key as secret',
      '"alg" header',
      (provider) => (provider.sign = signWithPublicKey),
    ],
    [
      'claims that changed after the signature',
      'signature verification failed',
      (provider) => (provider.sign = signAndChange({ sub: 'admin' })),
    ],
    ['another audience', '"aud"', (provider) => bendClaims(provider, { aud: 'somebody-else' })],
    ['another issuer', '"iss"', (provider) => bendClaims(provider, { iss: 'http://127.0.0.1:9' })],
    ['another nonce', '"nonce"', (provider) => bendClaims(provider, { nonce: 'stolen' })],
    ['no nonce', '"nonce"', (provider) => bendClaims(provider, { nonce: undefined })],
    ['an expired token', '"exp"', (provider) => (provider.now = () => Math.floor(Date.now() / 1000) - 3600)],
    ['no ID token', '"id_token"', (provider) => (provider.tokenFields = { id_token: undefined })],
    [
      'a redirect with another state',
      '"state"',
      (provider) => (provider.redirectParams = { state: 'forged' }),
    ],
    [
      'a redirect from another issuer',
      '"iss"',
      (provider) => (provider.redirectParams = { iss: 'http://127.0.0.1:9' }),
    ],
    [
      'a redirect with an error',
      'access_denied',
      (provider) => (provider.redirectParams = { code: undefined, error: 'access_denied' }),
    ],
    [
      'a discovery document of another issuer',
      'does not match the expected issuer',
      (provider) => (provider.discovery = { issuer: 'http://127.0.0.1:9' }),
    ],
    [
      'a discovery document that redirects',
      'unexpected HTTP response status',
      (provider) =>
        (provider.answers.discovery = { status: 302, headers: { Location: 'http://127.0.0.1:9/' } }),
    ],
    [
      'keys that are none',
      'no applicable keys',
      (provider) => (provider.answers.jwks = { body: { keys: [] } }),
    ],
    [
      'a token answer that is no JSON',
      'as JSON',
      (provider) => (provider.answers.token = { body: '<html>' }),
    ],
    [
      'a token answer that ends in the middle',
      'as JSON',
      (provider) => (provider.answers.token = { isCut: true }),
    ],
    [
      'an error of the token endpoint',
      'unexpected HTTP response status',
      (provider) => (provider.answers.token = { status: 500, body: { error: 'server_error' } }),
    ],
    ['no answer', 'other side closed', (provider) => (provider.down = true)],
  ];

  it.each(bends)('shows the client %s', async (_name, said, bend) => {
    const provider = await started(startScriptedProvider({ algorithm: 'ES256' }));
    expect((await signIn(provider)).claims?.sub).toBe('person-1');
    bend(provider);
    const error: unknown = await signIn(provider).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(reasonsOf(error)).toContain(said);
  });

  it('takes a code once, with its verifier, its redirect URI and the secret', async () => {
    const provider = await started(startScriptedProvider());
    const configuration = await discover(provider);
    const redeem = async (change: Readonly<Record<string, string>>, secret = provider.clientSecret) => {
      const { url, checks } = await prepare(configuration);
      const code = new URL(await passThrough(url)).searchParams.get('code') ?? '';
      const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...change };
      const sent = {
        code_verifier: checks.pkceCodeVerifier,
        client_id: provider.clientId,
        client_secret: secret,
      };
      const body = new URLSearchParams({ ...sent, ...form });
      const ask = async () => (await fetch(`${provider.url}/token`, { method: 'POST', body })).status;
      return [await ask(), await ask()];
    };
    expect(await redeem({})).toEqual([200, 400]);
    expect(await redeem({ code_verifier: 'x'.repeat(43) })).toEqual([400, 400]);
    expect(await redeem({ redirect_uri: 'http://127.0.0.1:9/other' })).toEqual([400, 400]);
    expect(await redeem({}, 'wrong')).toEqual([401, 401]);
  });

  it('rotates its keys with and without the earlier ones', async () => {
    const provider = await started(startScriptedProvider());
    const kids = async () => {
      const { keys } = (await (await fetch(`${provider.url}/keys`)).json()) as {
        keys: { kid: string; d?: string }[];
      };
      expect(keys.some((key) => 'd' in key)).toBe(false);
      return keys.map(({ kid }) => kid);
    };
    const [first] = await kids();
    await provider.rotateKeys(true);
    expect(await kids()).toEqual([provider.keys.kid(), first]);
    await provider.rotateKeys();
    expect(await kids()).toEqual([provider.keys.kid()]);
    expect((await signIn(provider)).claims?.sub).toBe('person-1');
  });

  it('signs logout tokens, whose claims and header can be others', async () => {
    const provider = await started(startScriptedProvider());
    const keys = createRemoteJWKSet(new URL(`${provider.url}/keys`));
    const { payload, protectedHeader } = await jwtVerify(await provider.logoutToken(), keys, {
      issuer: provider.issuer,
      audience: provider.clientId,
    });
    expect(payload).toMatchObject({ sub: 'person-1', sid: 'session-1', jti: expect.any(String) });
    expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} });
    expect(protectedHeader.typ).toBe('logout+jwt');
    const bent = await provider.logoutToken({ sid: undefined, nonce: 'n' }, { typ: 'JWT' });
    expect(decodeJwt(bent)).not.toHaveProperty('sid');
    expect(decodeJwt(bent)).toHaveProperty('nonce');
    expect(decodeProtectedHeader(bent).typ).toBe('JWT');
  });

  it('is as late, as long and as different as it is told to be', async () => {
    const provider = await started(startScriptedProvider());
    provider.delayMs = 60;
    provider.answers.userinfo = { status: 418, size: 100_000, delayMs: 60 };
    const before = performance.now();
    const answer = await fetch(`${provider.url}/userinfo`);
    expect(answer.status).toBe(418);
    expect(await answer.text()).toHaveLength(100_000);
    expect(performance.now() - before).toBeGreaterThan(110);
    provider.answers.userinfo = ({ headers }) => ({ body: { saw: headers['x-test'] } });
    const second = await fetch(`${provider.url}/userinfo`, { headers: { 'X-Test': 'yes' } });
    expect(await second.json()).toEqual({ saw: 'yes' });
  });
});

describe('GitHub', () => {
  const start = async () => {
    const github = await started(startGitHub());
    const { authorizationUrl, tokenUrl } = github;
    const metadata = {
      issuer: github.url,
      authorization_endpoint: authorizationUrl,
      token_endpoint: tokenUrl,
    };
    return { github, configuration: clientOf(metadata, github) };
  };
  const getToken = async (configuration: client.Configuration, scope: string) => {
    const { url, checks } = await prepare(configuration, scope);
    const callback = new URL(await passThrough(url));
    const { pkceCodeVerifier, expectedState } = checks;
    return client.authorizationCodeGrant(configuration, callback, { pkceCodeVerifier, expectedState });
  };

  it('signs in a person and shows their addresses to whoever may see them', async () => {
    const { github, configuration } = await start();
    const { access_token } = await getToken(configuration, 'read:user user:email');
    const headers = { Authorization: `Bearer ${access_token}`, 'User-Agent': 'cvat' };
    const user = await (await fetch(`${github.apiUrl}/user`, { headers })).json();
    expect(user).toMatchObject({ id: 583_231, login: 'octocat', email: null });
    expect(user).not.toHaveProperty('emails');
    expect(await (await fetch(`${github.apiUrl}/user/emails`, { headers })).json()).toEqual(
      github.person.emails,
    );

    const narrow = await getToken(configuration, 'read:user');
    const others = { ...headers, Authorization: `Bearer ${narrow.access_token}` };
    expect((await fetch(`${github.apiUrl}/user/emails`, { headers: others })).status).toBe(404);
  });

  it('refuses requests without a token or a name of the program', async () => {
    const { github } = await start();
    const wrong = await send(github.url, '/api/v3/user', {
      headers: { 'User-Agent': 'cvat', Authorization: 'Bearer x' },
    });
    expect(wrong.status).toBe(401);
    expect(wrong.json()).toMatchObject({ message: 'Bad credentials' });
    expect((await send(github.url, '/api/v3/user')).status).toBe(403);
  });

  it('answers a form unless it is asked for JSON, and errors as successes', async () => {
    const { github } = await start();
    const { clientId: client_id, clientSecret: client_secret } = github;
    const body = new URLSearchParams({ client_id, client_secret, code: 'used' });
    const plain = await fetch(github.tokenUrl, { method: 'POST', body });
    expect(plain.status).toBe(200);
    expect(new URLSearchParams(await plain.text()).get('error')).toBe('bad_verification_code');
    const headers = { Accept: 'application/json' };
    const asJson = await fetch(github.tokenUrl, { method: 'POST', body, headers });
    expect(await asJson.json()).toMatchObject({
      error: 'bad_verification_code',
      error_uri: expect.any(String),
    });
  });
});

describe('Google', () => {
  it('signs in a person of a domain', async () => {
    const { claims, tokens, configuration } = await signIn(await started(startGoogle()));
    expect(claims).toMatchObject({ hd: 'example.org', email_verified: true, sub: '110169484474386276334' });
    const seen = await client.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? '');
    expect(seen.email).toBe('ada@example.org');
  });
});

describe('Amazon Cognito', () => {
  it('signs in a person whose ID token is from another address, and says at userinfo "true"', async () => {
    const cognito = await started(startCognito());
    const { url: domain, issuer } = cognito;
    const configuration = clientOf(
      {
        issuer,
        authorization_endpoint: `${domain}/oauth2/authorize`,
        token_endpoint: `${domain}/oauth2/token`,
        userinfo_endpoint: `${domain}/oauth2/userInfo`,
      },
      cognito,
    );
    const { url, checks } = await prepare(configuration, 'openid email profile');
    const tokens = await client.authorizationCodeGrant(
      configuration,
      new URL(await passThrough(url)),
      checks,
    );
    const claims = tokens.claims();
    expect(claims).toMatchObject({ iss: issuer, 'cognito:username': 'ada', token_use: 'id' });
    const seen: unknown = await client.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? '');
    expect(seen).toMatchObject({ username: 'ada', email_verified: 'true', sub: claims?.sub });
    expect((await fetch(`${domain}/.well-known/openid-configuration`)).status).toBe(404);
  });
});
