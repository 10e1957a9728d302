import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider';
import { answerInteraction, escapeHtml, type Person, page, sendPage, signOutPage } from './identity-pages.js';
import { type Jar, walkThrough } from './identity-visitor.js';
import { createMemoryAdapter, type ProviderMemory } from './memory-adapter.js';
import type { LoopbackHost } from './stand-in.js';

/** A real OpenID provider with people, pages and one client, on a free port of this machine. */

export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who can sign in: add, remove and replace them at any time. */
  readonly people: Person[];
  /** What the provider knows of the client, read at each request. */
  readonly client: ClientMetadata & {
    redirect_uris: string[];
    post_logout_redirect_uris: string[];
  };
  /** Adds a redirect URI. */
  readonly allow: (redirectUri: string) => void;
  /** Adds an address that the browser may go to after it signed out. */
  readonly allowAfterSignOut: (redirectUri: string) => void;
  /**
   * Signs a person in and allows everything.
   *
   * @param jar cookies of their browser; without it, a browser that was never here
   * @returns the callback URL with code, state and iss. @throws Error if the provider refuses
   */
  readonly signInAt: (authorizationUrl: string, person: Person, jar?: Jar) => Promise<string>;
  /** Signs a browser out at the provider, which tells the client. @returns the address that it goes to next */
  readonly signOutAt: (endSessionUrl: string, jar: Jar) => Promise<string>;
  /** Sends a logout token to the client for each session of a person. @returns how many there were */
  readonly sendLogoutToken: (sub: string) => Promise<number>;
  /** Signs with a new key from now on; the earlier ones stay published. */
  readonly rotateKeys: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface IdentityProviderOptions {
  /** How its address names this machine. */
  readonly host?: LoopbackHost;
  readonly people?: readonly Person[];
  readonly redirectUris?: readonly string[];
  /** The client can prove who it is in one way only. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
  /** Where it sends logout tokens. */
  readonly backchannelLogoutUri?: string;
}

export const ADA: Person = {
  sub: 'ada-0001',
  password: 'Wiesel-42-quarks',
  email: 'ada@example.org',
  emailVerified: true,
  preferredUsername: 'ada',
  givenName: 'Ada',
  familyName: 'Byron',
  groups: ['annotators'],
};

export async function startIdentityProvider(
  options: IdentityProviderOptions = {},
): Promise<IdentityProvider> {
  const { host = '127.0.0.1' } = options;
  let provider: Provider | undefined;
  let handle: ReturnType<Provider['callback']> | undefined;
  const people = [...(options.people ?? [ADA])];
  const client = clientOf(options);
  const server = createServer((request, response) => {
    if (provider === undefined || handle === undefined) return void response.writeHead(503).end();
    if (request.url?.startsWith('/interaction/') !== true) return void handle(request, response);
    answerInteraction(provider, people, request, response).catch((error: unknown) =>
      sendPage(response, 400, page('Error', escapeHtml(String(error)))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://${host}:${(server.address() as AddressInfo).port}`;
  const memory: ProviderMemory = new Map();
  let keys: readonly JWK[] = [];
  const rotateKeys = async (): Promise<void> => {
    keys = [await createKey(`key-${keys.length + 1}`), ...keys];
    // A provider reads its keys when it is made; what it remembers is not in it.
    provider = new Provider(issuer, configurationOf(people, client, keys, memory));
    handle = provider.callback();
  };
  await rotateKeys();

  return {
    issuer,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    people,
    client,
    allow: (redirectUri) => void client.redirect_uris.push(redirectUri),
    allowAfterSignOut: (redirectUri) => void client.post_logout_redirect_uris.push(redirectUri),
    signInAt: (url, person, jar = new Map()) => walkThrough(url, jar, person),
    signOutAt: (url, jar) => walkThrough(url, jar),
    sendLogoutToken: (sub) => sendLogoutTokens(provider, memory, client.client_id, sub),
    rotateKeys,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const clientOf = (options: IdentityProviderOptions) => ({
  client_id: 'cvat',
  client_secret: 'a-secret-that-is-long-enough-for-everybody',
  // There must be one.
  redirect_uris: [...(options.redirectUris ?? ['http://127.0.0.1:9/callback'])],
  post_logout_redirect_uris: [] as string[],
  response_types: ['code' as const],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: options.clientAuthentication ?? ('client_secret_basic' as const),
  backchannel_logout_session_required: true,
  ...(options.backchannelLogoutUri === undefined
    ? {}
    : { backchannel_logout_uri: options.backchannelLogoutUri }),
});

async function createKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
}

function configurationOf(
  people: readonly Person[],
  client: ClientMetadata,
  keys: readonly JWK[],
  memory: ProviderMemory,
): Configuration {
  return {
    jwks: { keys: [...keys] },
    // Clients that come from the adapter can change.
    adapter: (kind) => ({
      ...createMemoryAdapter(memory, kind),
      ...(kind === 'Client'
        ? { find: async (id: string) => (id === client.client_id ? structuredClone(client) : undefined) }
        : {}),
    }),
    cookies: { keys: ['a key for the cookies of tests'] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['preferred_username', 'name', 'given_name', 'family_name'],
      groups: ['groups'],
    },
    // Claims of scopes are in ID tokens too, as with most providers.
    conformIdTokenClaims: false,
    findAccount: (_context, sub) => accountOf(people.find((person) => person.sub === sub)),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    clientBasedCORS: () => false,
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = signOutPage(form);
        },
        postLogoutSuccessSource: (context) => {
          context.body = page('You are signed out', '');
        },
      },
    },
    // Its own dispatcher refuses addresses of this machine, where the client is.
    fetch: (input, { dispatcher: _, ...init }: RequestInit & { readonly dispatcher?: unknown } = {}) =>
      fetch(input, init),
    renderError: (context, { error, error_description: why }) => {
      context.type = 'html';
      context.body = page('Error', escapeHtml(`${error}: ${why ?? ''}`));
    },
    ttl: { AccessToken: 300, IdToken: 300, RefreshToken: 3600, Interaction: 600, Session: 3600, Grant: 3600 },
  };
}

const accountOf = (person: Person | undefined) =>
  person && {
    accountId: person.sub,
    claims: () => ({
      sub: person.sub,
      email: person.email,
      email_verified: person.emailVerified,
      preferred_username: person.preferredUsername,
      name: `${person.givenName} ${person.familyName}`,
      given_name: person.givenName,
      family_name: person.familyName,
      groups: [...person.groups],
    }),
  };

/** The types of the library do not have what its own end of a session calls. */
interface CanLogOut {
  readonly backchannelLogout: (sub: string, sid: string | undefined) => Promise<void>;
}

const canLogOut = (client: unknown): client is CanLogOut =>
  typeof client === 'object' && client !== null && 'backchannelLogout' in client;

async function sendLogoutTokens(
  provider: Provider | undefined,
  memory: ProviderMemory,
  clientId: string,
  sub: string,
): Promise<number> {
  const client: unknown = await provider?.Client.find(clientId);
  if (!canLogOut(client)) throw new Error('The client takes no logout tokens.');
  const sessions = [...(memory.get('Session')?.values() ?? [])].filter(({ accountId }) => accountId === sub);
  const sids = sessions.flatMap(({ authorizations }) => authorizations?.[clientId]?.sid ?? []);
  for (const sid of sids) await client.backchannelLogout(sub, sid);
  return sids.length;
}
