import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import type { OrganizationRole, Role } from '../../kernel/account.js';
import { StartError } from '../../kernel/start-error.js';
import { AuthConfigFile, OpenIdProvider } from './auth-config-schema.js';
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
  /** Also the column `provider` of `socialaccount_socialaccount`. */
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
        readonly tokenAuthMethod: 'client_secret_basic' | 'client_secret_post';
        readonly scope: string;
      }
    | { readonly kind: 'github'; readonly family: 'social'; readonly serverUrl: string }
    | { readonly kind: 'cognito'; readonly family: 'social'; readonly domain: string }
  );

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

const FILE = 'AUTH_CONFIG_PATH';
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
  const file = config.AUTH_CONFIG_PATH === undefined ? {} : readFile(config.AUTH_CONFIG_PATH);
  const providers = [...socialOf(file), ...openIdOf(file), ...environmentOf(config)];
  const seen = new Set<string>();
  for (const { id } of providers) {
    if (seen.has(id)) throw wrongFile(`two providers have the id "${id}": give each its own`);
    seen.add(id);
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

type AuthConfig = z.output<typeof AuthConfigFile>;

function readFile(path: string): AuthConfig {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? 'can not be read' : 'is not YAML';
    throw new StartError(`${FILE} is "${path}", which ${reason}: correct the path, its rights or the file.`, {
      cause,
    });
  }
  const result = AuthConfigFile.safeParse(content ?? {});
  if (!result.success) throw wrongIssue(result.error, []);
  return result.data;
}

const wrongFile = (problem: string): StartError => new StartError(`${FILE}: ${problem}.`);

function wrongIssue(error: z.ZodError, before: readonly (string | number)[]): StartError {
  const [issue] = error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const place = [...before, ...(issue?.path ?? []), ...unknown].map(String).join('.');
  if (unknown.length > 0) return wrongFile(`${place} is no key of this file: remove or correct it`);
  return wrongFile(`${place || 'the file'} is not valid (${issue?.message ?? 'unknown reason'}): correct it`);
}

/** @throws StartError without exactly one secret */
function secretOf(
  provider: { readonly client_secret?: string | undefined; readonly client_secret_file?: string | undefined },
  place: string,
): string {
  const { client_secret: secret, client_secret_file: path } = provider;
  if ((secret === undefined) === (path === undefined))
    throw wrongFile(`${place} needs either client_secret or client_secret_file`);
  if (secret !== undefined) return secret;
  try {
    return readFileSync(path ?? '', 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new StartError(
      `${FILE}: ${place}.client_secret_file can't be read: correct the path or its rights.`,
      {
        cause,
      },
    );
  }
}

function socialOf({ social_account: social }: AuthConfig): readonly ProviderSettings[] {
  if (social === undefined || !social.enabled) return [];
  const { google, github, 'amazon-cognito': cognito } = social;
  const at = (id: string) => `social_account.${id}`;
  return [
    ...(google === undefined
      ? []
      : [
          {
            ...BASE,
            id: 'google',
            name: 'Google',
            kind: 'openid',
            family: 'social',
            issuer: issuerOf(google.server_url, at('google')),
            clientId: google.client_id,
            clientSecret: secretOf(google, at('google')),
            tokenAuthMethod: 'client_secret_post',
            scope: SCOPE,
          } as const,
        ]),
    ...(github === undefined
      ? []
      : [
          {
            ...BASE,
            id: 'github',
            name: 'GitHub',
            kind: 'github',
            family: 'social',
            serverUrl: issuerOf(github.server_url, at('github')),
            clientId: github.client_id,
            clientSecret: secretOf(github, at('github')),
          } as const,
        ]),
    ...(cognito === undefined
      ? []
      : [
          {
            ...BASE,
            id: 'amazon-cognito',
            name: 'Amazon Cognito',
            kind: 'cognito',
            family: 'social',
            domain: issuerOf(cognito.domain, at('amazon-cognito')),
            clientId: cognito.client_id,
            clientSecret: secretOf(cognito, at('amazon-cognito')),
          } as const,
        ]),
  ];
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
      issuer: issuerOf(provider.server_url, place.join('.')),
      clientId: provider.client_id,
      clientSecret: secretOf(provider, place.join('.')),
      tokenAuthMethod: provider.token_auth_method ?? 'client_secret_basic',
      scope: provider.scope,
      emailDomain: provider.email_domain?.toLowerCase().replace(/^@/, '') ?? null,
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
      tokenAuthMethod: 'client_secret_basic',
      scope: SCOPE,
      emailDomain: domain?.toLowerCase().replace(/^@/, '') ?? null,
    },
  ];
}

const WELL_KNOWN = /\/\.well-known\/openid-configuration$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @returns whether a URL leads to this machine */
export const isLoopback = (url: URL): boolean => LOOPBACK.test(url.hostname);

/** @returns the URL without the well-known path. @throws StartError unless it is https, or on this machine */
function issuerOf(text: string, place: string): string {
  const issuer = text.replace(WELL_KNOWN, '');
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  const isPlain = url !== undefined && url.username === '' && url.search === '' && url.hash === '';
  if (!isSafe || !isPlain)
    throw new StartError(
      `${place.startsWith('OIDC_') ? place : `${FILE}: ${place}`} has a URL that is not https://: identity providers need HTTPS, unless they run on this machine.`,
    );
  return issuer;
}
