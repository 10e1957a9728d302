import type { z } from 'zod';
import type { OrganizationRole, Role } from '../../kernel/account.js';
import { StartError } from '../../kernel/start-error.js';
import {
  type AuthConfig,
  FILE,
  readAuthConfig,
  secretOf,
  wrongFile,
  wrongIssue,
} from './auth-config-file.js';
import { OpenIdProvider } from './auth-config-schema.js';
import type { Config } from './settings.js';

/** The names of the claims with the data of an account. */
export type ClaimNames = z.output<typeof OpenIdProvider>['claims'];

/** What the groups of a person at their provider give here. */
export interface GroupRules {
  /** Null if the groups of the provider decide about no roles. */
  readonly roles: Readonly<Record<Role, readonly string[]>> | null;
  /** Only people in one of these can sign in; null for everybody. */
  readonly required: readonly string[] | null;
  /** By the name of a group. */
  readonly organizations: Readonly<
    Record<string, { readonly slug: string; readonly role: Exclude<OrganizationRole, 'owner'> }>
  >;
}

interface ProviderBase {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The only domain whose addresses the provider may vouch for; null for none. */
  readonly emailDomain: string | null;
  readonly weight: number;
  readonly claims: ClaimNames;
  readonly rules: GroupRules;
}

/** An identity provider. `social` ones have paths of their own in CVAT's API. */
export type ProviderSettings = ProviderBase &
  (
    | {
        readonly kind: 'openid';
        readonly family: 'oidc' | 'social';
        readonly issuer: string;
        /** Null for the one that the provider prefers. */
        readonly tokenAuthMethod: 'client_secret_basic' | 'client_secret_post' | null;
        readonly scope: string;
        /** `mfa: trust_amr`: a sign-in counts as one with a second factor if the provider says so in its ID token. */
        readonly trustsAmr: boolean;
      }
    | { readonly kind: 'github'; readonly family: 'social'; readonly serverUrl: string }
    | { readonly kind: 'cognito'; readonly family: 'social'; readonly domain: string }
  );

/** @returns what the database calls a provider: django-allauth spells one of them in another way than CVAT's paths */
export const storedName = ({ id, kind }: Pick<ProviderSettings, 'id' | 'kind'>): string =>
  kind === 'cognito' ? 'amazon_cognito' : id;

export interface SignOnSettings {
  readonly providers: readonly ProviderSettings[];
  readonly selection: 'email_address' | 'lowest_weight';
  /** `basic.login.enabled`. */
  readonly allowsPasswords: boolean;
  /** `basic.registration.enabled`: whether people can register with a password. */
  readonly allowsRegistration: boolean;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

const SCOPE = 'openid email profile';
const NO_RULES: GroupRules = { roles: null, required: null, organizations: {} };
const CLAIMS: ClaimNames = {
  uid: 'sub',
  username: 'preferred_username',
  email: 'email',
  first_name: 'given_name',
  last_name: 'family_name',
  email_verified: 'email_verified',
  groups: 'groups',
};
const BASE = { emailDomain: null, weight: 10, claims: CLAIMS, rules: NO_RULES } as const;

/**
 * @returns the identity providers, and what they change about passwords
 * @throws StartError if the file can't be read or has an error, or if only some OIDC settings are set
 */
export function readSignOnSettings(config: Config): SignOnSettings {
  const file = config.AUTH_CONFIG_PATH === undefined ? {} : readAuthConfig(config.AUTH_CONFIG_PATH);
  const providers = [...socialOf(file), ...openIdOf(file), ...environmentOf(config)];
  const seen = new Set<string>();
  for (const provider of providers) {
    const names = new Set([provider.id, storedName(provider)]);
    for (const name of names)
      if (seen.has(name)) throw wrongFile(`two providers have the id "${name}": give each its own`);
    for (const name of names) seen.add(name);
  }
  return {
    providers,
    selection: file.sso?.selection_mode ?? 'email_address',
    allowsPasswords: file.basic?.login?.enabled ?? true,
    allowsRegistration: file.basic?.registration?.enabled ?? true,
    warnings:
      file.sso?.enable_pkce === false
        ? [`${FILE}: sso.enable_pkce is false and has no effect: this server always uses PKCE.`]
        : [],
  };
}

/** What the three have in common. */
const socialBase = (
  id: string,
  name: string,
  client: { readonly client_id: string } & Parameters<typeof secretOf>[0],
) =>
  ({
    ...BASE,
    id,
    name,
    family: 'social',
    clientId: client.client_id,
    clientSecret: secretOf(client, `social_account.${id}`),
  }) as const;

function socialOf({ social_account: social }: AuthConfig): readonly ProviderSettings[] {
  if (social === undefined || !social.enabled) return [];
  const { google, github, amazon_cognito: cognito = social['amazon-cognito'] } = social;
  if (social.amazon_cognito !== undefined && social['amazon-cognito'] !== undefined)
    throw wrongFile('social_account has both amazon_cognito and amazon-cognito: keep one of them');
  const providers: ProviderSettings[] = [];
  if (google !== undefined)
    providers.push({
      ...socialBase('google', 'Google', google),
      kind: 'openid',
      issuer: issuerOf(google.server_url, 'social_account.google.server_url'),
      tokenAuthMethod: 'client_secret_post',
      scope: SCOPE,
      trustsAmr: false,
    });
  if (github !== undefined)
    providers.push({
      ...socialBase('github', 'GitHub', github),
      kind: 'github',
      serverUrl: baseOf(github.server_url, 'social_account.github.server_url'),
    });
  if (cognito !== undefined)
    providers.push({
      ...socialBase('amazon-cognito', 'Amazon Cognito', cognito),
      kind: 'cognito',
      // CVAT's documentation has it with and without.
      domain: baseOf(
        cognito.domain.includes('://') ? cognito.domain : `https://${cognito.domain}`,
        'social_account.amazon-cognito.domain',
      ),
    });
  return providers;
}

function openIdOf({ sso }: AuthConfig): readonly ProviderSettings[] {
  if (sso === undefined || !sso.enabled) return [];
  return sso.identity_providers.map((given, index) => {
    const place = ['sso', 'identity_providers', index] as const;
    if (typeof given === 'object' && given !== null && 'protocol' in given && given.protocol === 'SAML')
      throw wrongFile(
        `${place.join('.')} has the protocol SAML, which this server does not have yet: use OIDC, or remove the provider`,
      );
    const result = OpenIdProvider.safeParse(given);
    if (!result.success) throw wrongIssue(result.error, place);
    const provider = result.data;
    return {
      id: provider.id,
      name: provider.name,
      kind: 'openid',
      family: 'oidc',
      issuer: issuerOf(provider.server_url, `${place.join('.')}.server_url`),
      clientId: provider.client_id,
      clientSecret: secretOf(provider, place.join('.')),
      tokenAuthMethod: provider.token_auth_method ?? null,
      scope: provider.scope,
      trustsAmr: provider.mfa === 'trust_amr',
      emailDomain: provider.email_domain ?? null,
      weight: provider.weight,
      claims: provider.claims,
      rules: rulesOf(provider),
    };
  });
}

function rulesOf({ groups, organizations }: z.output<typeof OpenIdProvider>): GroupRules {
  const { admin, user, worker } = groups ?? {};
  const decides = admin !== undefined || user !== undefined || worker !== undefined;
  return {
    roles: decides ? { admin: admin ?? [], user: user ?? [], worker: worker ?? [] } : null,
    required: groups?.require ?? null,
    organizations: organizations ?? {},
  };
}

/** One provider without a file. */
function environmentOf(config: Config): readonly ProviderSettings[] {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = config;
  const { OIDC_EMAIL_DOMAIN: domain } = config;
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return [];
  if (issuer === undefined || clientId === undefined || clientSecret === undefined)
    throw new StartError(
      'OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: set all three, or none.',
    );
  return [
    {
      ...BASE,
      id: 'oidc',
      name: config.OIDC_NAME,
      kind: 'openid',
      family: 'oidc',
      issuer: issuerOf(issuer, 'OIDC_ISSUER'),
      clientId,
      clientSecret,
      tokenAuthMethod: null,
      scope: SCOPE,
      trustsAmr: false,
      emailDomain: domain === undefined ? null : domainOf(domain),
    },
  ];
}

/** @throws StartError unless it is one domain */
function domainOf(text: string): string {
  const result = OpenIdProvider.shape.email_domain.safeParse(text);
  if (result.success && result.data !== undefined) return result.data;
  throw new StartError('OIDC_EMAIL_DOMAIN is not valid: it must be one domain such as example.org.');
}

const WELL_KNOWN = /\/\.well-known\/openid-configuration$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @returns whether a URL leads to this machine */
export const isLoopback = (url: URL): boolean => LOOPBACK.test(url.hostname);

/** @returns the URL without the well-known path. @throws StartError unless it is https, or on this machine */
function issuerOf(text: string, place: string): string {
  const issuer = text.replace(WELL_KNOWN, '');
  const wrong = (problem: string): StartError =>
    new StartError(`${place.startsWith('OIDC_') ? '' : `${FILE}: `}${place} ${problem}.`);
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (url === undefined || !isSafe)
    throw wrong(
      'is no https:// URL: identity providers need HTTPS, unless they run on this machine; correct it',
    );
  if (url.username + url.password + url.search + url.hash !== '')
    throw wrong('must have no user name, password, query or fragment: remove it');
  return issuer;
}

/** @returns a URL below which paths are */
function baseOf(text: string, place: string): string {
  let url = issuerOf(text, place);
  while (url.endsWith('/')) url = url.slice(0, -1);
  return url;
}
