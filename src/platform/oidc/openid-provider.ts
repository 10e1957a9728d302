import { createRemoteJWKSet, customFetch as jwksFetch, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.js';
import { isLoopback, type ProviderSettings } from '../config/auth-config.js';
import { factorTimeOf } from './amr.js';
import { type Claims, domainOf, profileOf } from './claims.js';
import type { GuardedFetch } from './guarded-fetch.js';
import { readLogoutToken } from './logout-token.js';
import type { Checks, IdentityProvider, Profile, ProviderAnswer } from './provider.js';
import { ProviderUnreachable } from './unreachable.js';

type OpenIdSettings = Extract<ProviderSettings, { kind: 'openid' }>;

export interface OpenIdProviderDeps {
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
}

/** A discovery document is read again after this time, so that a provider can move its endpoints. */
const DISCOVERY_AGE = 10 * MINUTE;
/** A key that is not among the known ones is looked for at most this often. */
const KEYS_COOLDOWN = 2 * SECOND;
const CLOCK_TOLERANCE_SECONDS = 30;
/** Signatures that need no shared secret. A token without one, or with the client's secret as key, is refused. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

interface Discovered {
  readonly config: client.Configuration;
  readonly keys: ReturnType<typeof createRemoteJWKSet>;
  readonly at: number;
}

/** OpenID Connect Core 1.0 by the authorization code flow with PKCE. */
export function createOpenIdProvider(settings: OpenIdSettings, deps: OpenIdProviderDeps): IdentityProvider {
  const discover = createDiscovery(settings, deps);

  const finish = async (callback: URL, checks: Checks): Promise<ProviderAnswer> => {
    const { config, keys } = await discover();
    try {
      const tokens = await client.authorizationCodeGrant(config, callback, {
        pkceCodeVerifier: checks.verifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
      });
      await jwtVerify(tokens.id_token ?? '', keys, {
        issuer: config.serverMetadata().issuer,
        audience: settings.clientId,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      const signed: Claims = { ...tokens.claims() };
      const claims = await completeClaims(config, tokens.access_token, signed);
      const profile = profileOf(claims, settings.claims, settings.emailDomain);
      if (profile === undefined) return refused(`the claim ${settings.claims.uid} is missing`);
      // Not of the userinfo endpoint: that says nothing of this sign-in.
      const factorAt = settings.trustsAmr ? factorTimeOf(signed, deps.clock.now()) : null;
      return { kind: 'profile', profile: withHostedDomain(profile, claims), factorAt };
    } catch (error) {
      return refused(reasonOf(error));
    }
  };

  /** Many providers put the rest of a person's data only at the userinfo endpoint. */
  const completeClaims = async (
    config: client.Configuration,
    accessToken: string,
    claims: Claims,
  ): Promise<Claims> => {
    const { email, groups, username } = settings.claims;
    const needed = [email, username, ...(usesGroups(settings) ? [groups] : [])];
    if (config.serverMetadata().userinfo_endpoint === undefined || needed.every((name) => name in claims))
      return claims;
    const more = await client.fetchUserInfo(config, accessToken, String(claims['sub']));
    return { ...more, ...claims };
  };

  /** Google gives out only addresses of its own, and those of the domains that it hosts (`hd`). */
  const withHostedDomain = (profile: Profile, claims: Claims): Profile => {
    // Another provider can have the id too, and is not believed.
    if (settings.family !== 'social' || profile.email === null || !profile.isEmailVerified) return profile;
    const domain = domainOf(profile.email);
    const isGoogles = domain === 'gmail.com' || domain === claims['hd'];
    return { ...profile, vouchesForEmail: profile.vouchesForEmail || isGoogles };
  };

  return {
    settings,
    begin: async (redirectUri, { state, nonce, verifier }) => {
      const { config } = await discover();
      return client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: settings.scope,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).href;
    },
    finish,
    logoutUrl: async (returnTo) => {
      const { config } = await discover();
      if (!canEndSession(config)) return undefined;
      return client.buildEndSessionUrl(config, { post_logout_redirect_uri: returnTo }).href;
    },
    hasLogoutPage: () => {
      const known = discover.known();
      // A failure is told by what needs the provider.
      if (known === undefined) discover().catch(() => undefined);
      return known !== undefined && canEndSession(known.config);
    },
    readLogoutToken: async (token) => {
      const { config, keys } = await discover();
      return readLogoutToken(token, keys, {
        issuer: config.serverMetadata().issuer,
        audience: settings.clientId,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
    },
    probe: async () => {
      await discover();
    },
  };
}

const canEndSession = (config: client.Configuration): boolean =>
  config.serverMetadata().end_session_endpoint !== undefined;

const usesGroups = ({ rules }: OpenIdSettings): boolean =>
  rules.roles !== null || rules.required !== null || Object.keys(rules.organizations).length > 0;

/** Without a configured way, Basic: every provider has to know it, unless its document says otherwise. */
function authenticationOf({ clientSecret, tokenAuthMethod }: OpenIdSettings): client.ClientAuth {
  const [basic, post] = [client.ClientSecretBasic(clientSecret), client.ClientSecretPost(clientSecret)];
  if (tokenAuthMethod !== null) return tokenAuthMethod === 'client_secret_post' ? post : basic;
  return (server, ...request) => {
    const known = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isPost = !known.includes('client_secret_basic') && known.includes('client_secret_post');
    return (isPost ? post : basic)(server, ...request);
  };
}

const isOtherIssuer = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';

const otherSlash = ({ href }: URL): URL => new URL(href.endsWith('/') ? href.slice(0, -1) : `${href}/`);

/** Discovers once for all requests that wait, and again when the document is old. */
function createDiscovery(settings: OpenIdSettings, { fetch, clock }: OpenIdProviderDeps) {
  let known: Discovered | undefined;
  let running: Promise<Discovered> | undefined;

  const read = (issuer: URL): Promise<client.Configuration> =>
    client.discovery(issuer, settings.clientId, undefined, authenticationOf(settings), {
      [client.customFetch]: fetch,
      // The configuration allows http only for a provider on this machine.
      execute: isLoopback(issuer) ? [client.allowInsecureRequests] : [],
    });

  const run = async (): Promise<Discovered> => {
    const issuer = new URL(settings.issuer);
    try {
      const config = await read(issuer).catch((error: unknown) => {
        if (!isOtherIssuer(error)) throw error;
        // Nobody sees a slash at the end of an address, and some providers have one.
        return read(otherSlash(issuer)).catch(() => Promise.reject(error));
      });
      const { jwks_uri: keysUrl } = config.serverMetadata();
      if (keysUrl === undefined) throw new ProviderUnreachable(`${issuer.origin} names no jwks_uri.`);
      const keys = createRemoteJWKSet(new URL(keysUrl), {
        [jwksFetch]: fetch,
        cooldownDuration: KEYS_COOLDOWN,
        cacheMaxAge: DISCOVERY_AGE,
      });
      return { config, keys, at: clock.now() };
    } catch (error) {
      throw (
        unreachableIn(error) ??
        new ProviderUnreachable(`${issuer.href}: ${reasonOf(error)}.`, { cause: error })
      );
    }
  };

  /** @returns what was found, unless it is too old */
  const current = (): Discovered | undefined =>
    known !== undefined && clock.now() - known.at < DISCOVERY_AGE ? known : undefined;

  const discover = async (): Promise<Discovered> => {
    const found = current();
    if (found !== undefined) return found;
    running ??= run().finally(() => {
      running = undefined;
    });
    known = await running;
    return known;
  };
  return Object.assign(discover, { known: current });
}

/** @returns the refusal. */
const refused = (reason: string): ProviderAnswer => ({ kind: 'refused', reason });

/** @returns the failure of the connection that caused an error of the libraries, if one did */
function unreachableIn(error: unknown): ProviderUnreachable | undefined {
  if (error instanceof ProviderUnreachable) return error;
  return error instanceof Error && error.cause !== undefined ? unreachableIn(error.cause) : undefined;
}

/**
 * @returns why the provider, or its answer, is refused: the message of the library, which repeats no secret
 * @throws ProviderUnreachable if the connection failed
 */
export function reasonOf(error: unknown): string {
  const unreachable = unreachableIn(error);
  if (unreachable !== undefined) throw unreachable;
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const detail = 'error' in error && typeof error.error === 'string' ? `: ${error.error.slice(0, 100)}` : '';
  return `${error.message}${code}${detail}`;
}
