import type { Role } from '../../kernel/account.js';
import { SECOND } from '../../kernel/clock.js';
import { StartError } from '../../kernel/start-error.js';
import type { Config } from '../config/settings.js';
import type { DialOptions, DirectoryServer } from './dial.js';
import { type LoginDn, type LoginFilter, parseLoginDn, parseLoginFilter } from './filter.js';
import { type GroupLookup, readGroups } from './group-settings.js';
import { readAttributes, readSecureContext, readServers } from './server-settings.js';
import { readDn, readDns, requireDn, wrongValue } from './setting-values.js';

/** The part of the configuration that concerns the directory; names are those of django-auth-ldap where it has one. */
export type DirectoryConfig = Pick<Config, Extract<keyof Config, `AUTH_LDAP_${string}`>>;

/** How users are found: by a search, or by a name built from the login name. */
export type Lookup =
  | { readonly kind: 'search'; readonly base: string; readonly filter: LoginFilter }
  | { readonly kind: 'template'; readonly template: LoginDn };

export interface DirectorySettings {
  readonly servers: readonly DirectoryServer[];
  readonly dial: DialOptions;
  /** Null: searches are anonymous. */
  readonly service: { readonly dn: string; readonly password: string } | null;
  readonly lookup: Lookup;
  readonly attributes: PersonAttributes;
  readonly groups: GroupLookup;
  /** Distinguished names in normal form, for each role. */
  readonly roleGroups: Readonly<Record<Role, readonly string[]>>;
  readonly requiredGroup: string | null;
  readonly timeoutMs: number;
  /** Milliseconds between two checks of an account; null for never. */
  readonly recheckMs: number | null;
}

/** The attributes that hold the data of an account; null for data the directory does not have. */
export interface PersonAttributes {
  readonly username: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  /** Identifies a person permanently, even if their name changes. */
  readonly identity: string;
}

/**
 * Checks all settings of the directory, so that mistakes are reported at start and not at the first login.
 *
 * @throws StartError that names the first invalid or missing variable and never repeats a password
 */
export function resolveDirectorySettings(config: DirectoryConfig): DirectorySettings {
  const startTls = config.AUTH_LDAP_START_TLS;
  const lookup = readLookup(config);
  const login = lookup.kind === 'search' ? lookup.filter : lookup.template;
  const service = readService(config);
  const roleGroups = {
    admin: readDns('AUTH_LDAP_ADMIN_GROUPS', config.AUTH_LDAP_ADMIN_GROUPS),
    user: readDns('AUTH_LDAP_USER_GROUPS', config.AUTH_LDAP_USER_GROUPS),
    worker: readDns('AUTH_LDAP_WORKER_GROUPS', config.AUTH_LDAP_WORKER_GROUPS),
  };
  const requiredGroup = readDn('AUTH_LDAP_REQUIRE_GROUP', config.AUTH_LDAP_REQUIRE_GROUP);
  const needsGroups = requiredGroup !== null || Object.values(roleGroups).some((dns) => dns.length > 0);
  return {
    servers: readServers(config),
    dial: { startTls, secureContext: readSecureContext(config.AUTH_LDAP_CA_FILE) },
    service,
    lookup,
    attributes: readAttributes(config, login.attribute),
    groups: needsGroups ? readGroups(config) : { kind: 'none' },
    roleGroups,
    requiredGroup,
    timeoutMs: config.AUTH_LDAP_TIMEOUT * SECOND,
    recheckMs: readRecheck(config, lookup, service),
  };
}

function readLookup(config: DirectoryConfig): Lookup {
  const { AUTH_LDAP_USER_SEARCH_BASE: base, AUTH_LDAP_USER_DN_TEMPLATE: text } = config;
  if (base !== undefined && text !== undefined) {
    throw new StartError(
      'AUTH_LDAP_USER_SEARCH_BASE and AUTH_LDAP_USER_DN_TEMPLATE are both set: keep the first to search for people, the second to bind directly.',
    );
  }
  if (text !== undefined) {
    const template = parseLoginDn(text);
    if (template !== undefined) return { kind: 'template', template };
    throw wrongValue(
      'AUTH_LDAP_USER_DN_TEMPLATE',
      text,
      'it must look like uid=%(user)s,ou=people,dc=example,dc=org',
    );
  }
  if (base === undefined) {
    throw new StartError(
      'AUTH_LDAP_USER_SEARCH_BASE is not set: IAM_TYPE=LDAP needs it, such as ou=people,dc=example,dc=org (or AUTH_LDAP_USER_DN_TEMPLATE instead).',
    );
  }
  requireDn('AUTH_LDAP_USER_SEARCH_BASE', base);
  const filter = parseLoginFilter(config.AUTH_LDAP_USER_SEARCH_FILTER);
  if (filter !== undefined) return { kind: 'search', base, filter };
  throw wrongValue(
    'AUTH_LDAP_USER_SEARCH_FILTER',
    config.AUTH_LDAP_USER_SEARCH_FILTER,
    'it must be a filter without spaces around its parts that compares an attribute with the login name by =, such as (uid=%(user)s)',
  );
}

function readService(config: DirectoryConfig): DirectorySettings['service'] {
  const { AUTH_LDAP_BIND_DN: dn, AUTH_LDAP_BIND_PASSWORD: password } = config;
  if (dn === undefined && password === undefined) return null;
  if (dn !== undefined && password !== undefined) return { dn: requireBindName(dn), password };
  const [missing, there] =
    dn === undefined
      ? ['AUTH_LDAP_BIND_DN', 'AUTH_LDAP_BIND_PASSWORD']
      : ['AUTH_LDAP_BIND_PASSWORD', 'AUTH_LDAP_BIND_DN'];
  throw new StartError(`${missing} is not set, and ${there} is: they belong together.`);
}

/** Active Directory also accepts `account@domain` and `DOMAIN\\account`. */
const WINDOWS_NAME = /^([^\s=@\\]+@[^\s=@]+|[^\s=\\]+\\[^\\=]+)$/;

const requireBindName = (name: string): string =>
  WINDOWS_NAME.test(name) ? name : requireDn('AUTH_LDAP_BIND_DN', name);

/** Without an account of its own, the server could not distinguish a deleted entry from one it may not read. */
function readRecheck(
  { AUTH_LDAP_RECHECK_INTERVAL: seconds }: DirectoryConfig,
  lookup: Lookup,
  service: DirectorySettings['service'],
): number | null {
  if (seconds === 0) return null;
  if (lookup.kind === 'search' || service !== null) return seconds * SECOND;
  throw new StartError(
    `AUTH_LDAP_RECHECK_INTERVAL is ${seconds}: checking accounts in the directory requires AUTH_LDAP_BIND_DN; set it, or set AUTH_LDAP_RECHECK_INTERVAL to 0.`,
  );
}
