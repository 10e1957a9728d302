import { z } from 'zod';
import {
  choice,
  choiceOrNothing,
  choices,
  flag,
  integer,
  list,
  networks,
  optionalInteger,
  optionalText,
  origins,
  rate,
  text,
  url,
} from './fields.js';
import { redisUrl } from './redis-url.js';

/**
 * Every setting of the server, in the order in which `.env.example` lists them. Names follow CVAT or Django where
 * they have one. A section starts where `SECTIONS` says so.
 */
export const Settings = z.object({
  HOST: text({ default: '127.0.0.1', description: 'Address to listen on; 0.0.0.0 for every interface.' }),
  PORT: integer(0, 65_535, { default: 8080, description: 'Port to listen on; 0 takes a free one.' }),
  PUBLIC_URL: url(
    ['http', 'https'],
    'Address under which people reach this server; mails link to it. Default: http://localhost:PORT.',
  ),
  UI_URL: url(['http', 'https'], 'Where the CVAT user interface lives; when set, / redirects there.'),
  ALLOWED_HOSTS: list({
    default: ['localhost', '127.0.0.1', '[::1]'],
    description:
      'Host names the server answers to, besides the one of PUBLIC_URL; `.example.org` for a domain with all below it, `*` for any.',
  }),
  TRUSTED_PROXIES: networks({
    default: ['loopback'],
    description:
      'Reverse proxies whose X-Forwarded-For, -Host and -Proto are believed: addresses, CIDR blocks, or `loopback`.',
  }),
  CORS_ALLOWED_ORIGINS: origins('Other origins whose pages may call the API with cookies.'),
  CSRF_TRUSTED_ORIGINS: origins(
    'Other origins whose pages may send unsafe requests with a session; `https://*.example.org` is possible.',
  ),
  WEB_CONCURRENCY: integer(1, 64, {
    default: 1,
    description: 'Worker processes that share the port; more than 1 needs DATABASE_URL and REDIS_URL.',
  }),
  SHUTDOWN_TIMEOUT: integer(1, 300, {
    default: 30,
    description: 'Seconds that requests in flight may take to finish after SIGTERM.',
  }),

  DATA_DIR: text({
    default: './data',
    description: 'Folder of the embedded database and of the generated secret key.',
  }),
  DATABASE_URL: url(
    ['postgres', 'postgresql'],
    'PostgreSQL 13 to 17, for example postgres://user:password@host:5432/cvat. Default: embedded.',
  ),
  DATABASE_POOL_SIZE: integer(1, 500, {
    default: 10,
    description: 'Connections to PostgreSQL a process may open.',
  }),
  DATABASE_TIMEOUT: integer(1, 300, {
    default: 5,
    description: 'Seconds to wait for a connection or an answer of PostgreSQL.',
  }),
  MIGRATE_ON_START: flag({
    default: true,
    description: 'Bring the tables up to date at start; false to run `npm run migrate` by hand.',
  }),
  REDIS_URL: redisUrl(
    'Redis 6 to 8 or Valkey: redis://host:6379/0, rediss:// for TLS, redis+cluster://a:6379,b:6379, redis+sentinel://a:26379,b:26379/mymaster/0. Default: sessions in the database.',
  ),
  REDIS_KEY_PREFIX: text({ default: 'cvat:', description: 'What every key in Redis starts with.' }),
  OPA_URL: url(
    ['http', 'https'],
    'Open Policy Agent that pulls its rules from here, for example http://opa:8181. Default: embedded.',
  ),
  OPA_TIMEOUT_MS: integer(50, 60_000, {
    default: 2000,
    description: 'Milliseconds a decision of Open Policy Agent may take.',
  }),
  RULES_DIR: list({
    default: [],
    description:
      'Folders of rules of your own, which go into the bundle of Open Policy Agent; needs OPA_URL. See docs/custom-rules.md.',
  }),
  RULES_RELOAD_SECONDS: integer(1, 3600, {
    default: 5,
    description:
      'Seconds between two looks into RULES_DIR; an edit is served when two looks have found the same.',
  }),

  SECRET_KEY: z
    .string()
    .min(32, 'it must be at least 32 characters; make one with: openssl rand -base64 48')
    .optional()
    .meta({
      description:
        'Signs sessions, confirmation and reset links; all replicas need the same. Default: generated once and kept in DATA_DIR, or in the database of DATABASE_URL.',
    }),
  ADMIN_USERNAME: text({
    default: 'admin',
    description: 'Name of the first administrator, created when there is no superuser.',
  }),
  ADMIN_EMAIL: text({
    default: 'admin@localhost',
    description: 'E-mail address of the first administrator.',
  }),
  ADMIN_PASSWORD: optionalText('Password of the first administrator. Default: generated and printed once.'),

  IAM_TYPE: choice(['BASIC', 'LDAP'], {
    default: 'BASIC',
    description:
      'Where accounts come from: BASIC, this server; LDAP, a directory, beside the local accounts that have a password.',
  }),
  IAM_DEFAULT_ROLE: choice(['user', 'worker', 'admin'], {
    default: 'user',
    description: 'Group of a new account.',
  }),
  ACCOUNT_EMAIL_VERIFICATION: choice(['none', 'optional', 'mandatory'], {
    default: 'none',
    description: 'Whether an e-mail address must be confirmed before signing in.',
  }),
  REGISTRATION_MODE: choice(['open', 'invite', 'approval', 'closed'], {
    default: 'open',
    description:
      'Who may register: anybody (open), addresses that an organization invited (invite), anybody once an administrator activated the account (approval), nobody (closed). Invitations work in every mode.',
  }),
  REGISTRATION_EMAIL_DOMAINS: list({
    default: [],
    description: 'Domains whose addresses may register without an invitation; empty for any.',
  }),
  ORG_INVITATION_CONFIRM: flag({
    default: false,
    description: 'Let people who have an account confirm an invitation before they are members.',
  }),
  ORG_INVITATION_EXPIRY_DAYS: integer(1, 3650, {
    default: 7,
    description: 'Days an invitation to an organization lasts.',
  }),
  ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: flag({
    default: true,
    description:
      'Whether changing the password also ends the session in which it was changed; all other sessions end anyway.',
  }),
  ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL: text({
    default: '/auth/email-confirmation',
    description: 'Where a confirmed address leads, relative to PUBLIC_URL.',
  }),
  LOGIN_REDIRECT_URL: text({
    default: '/',
    description: 'The same for somebody who is signed in, relative to PUBLIC_URL.',
  }),
  INCORRECT_EMAIL_CONFIRMATION_URL: text({
    default: '/auth/incorrect-email-confirmation',
    description: 'Where a confirmation link leads that is wrong, old or used, relative to PUBLIC_URL.',
  }),
  SESSION_COOKIE_AGE: integer(1, 31_536_000, {
    default: 1_209_600,
    description: 'Seconds a session lives after its last renewal.',
  }),
  SESSION_COOKIE_SECURE: flag({
    default: false,
    description: 'Send the session cookies over HTTPS only; set it when PUBLIC_URL is https.',
  }),
  CSRF_COOKIE_SECURE: flag({
    default: false,
    description: 'Send the CSRF cookie over HTTPS only; set it when PUBLIC_URL is https.',
  }),
  CVAT_ACCESS_TOKEN_STALE_PERIOD: integer(1, 3_153_600_000, {
    default: 15_552_000,
    description: 'Seconds without use after which a personal access token stops working.',
  }),
  CVAT_ACCESS_TOKEN_LAST_USE_UPDATE_MIN_INTERVAL: integer(0, 31_536_000, {
    default: 7200,
    description: 'Seconds between two updates of the last use of a personal access token.',
  }),
  CVAT_ACCESS_TOKEN_UNUSABLE_TOKEN_TTL: integer(0, 3_153_600_000, {
    default: 7_776_000,
    description:
      'Seconds that a revoked, expired or stale personal access token is kept before it is deleted.',
  }),
  CVAT_MAX_ACCESS_TOKENS_PER_USER: integer(-1, 1_000_000, {
    default: 50,
    description: 'Usable personal access tokens a user may have; -1 for any number.',
  }),

  PASSWORD_BCRYPT_ROUNDS: integer(4, 15, {
    default: 12,
    description: 'Cost of a new password hash; each step doubles it.',
  }),
  PASSWORD_HASH_CONCURRENCY: integer(0, 256, {
    default: 0,
    description: 'Password hashes computed at once; 0 for one per core.',
  }),
  PASSWORD_HASH_QUEUE: integer(0, 100_000, {
    default: 100,
    description: 'Password checks that may wait; beyond that the answer is 503.',
  }),
  PASSWORD_HASHERS_EXTRA: choices(
    ['md5', 'sha1', 'bcrypt'],
    'Old hash formats to accept as well: md5, sha1, bcrypt.',
  ),
  PASSWORD_BREACH_FILE: optionalText(
    'File of SHA-1 hashes of breached passwords, sorted, one upper-case hash a line (`:count` may follow); new passwords are looked up in it.',
  ),
  THROTTLE_ANON: rate({
    default: { limit: 100, periodSeconds: 60 },
    description: 'Requests without credentials per client address.',
  }),
  LOGIN_FAILURES_PER_ADDRESS: rate({
    default: { limit: 100, periodSeconds: 3600 },
    description: 'Wrong passwords per client address, over all accounts.',
  }),
  LOGIN_FAILURES_PER_ACCOUNT: rate({
    default: { limit: 100, periodSeconds: 3600 },
    description:
      'Wrong passwords per account, over all addresses; addresses from which the account signed in before are exempt.',
  }),
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: rate({
    default: { limit: 20, periodSeconds: 3600 },
    description: 'Wrong passwords per account from one address.',
  }),
  MAIL_REQUESTS_PER_RECIPIENT: rate({
    default: { limit: 5, periodSeconds: 3600 },
    description: 'Password reset mails that may be asked for, for one address.',
  }),
  MAIL_REQUESTS_PER_CLIENT: rate({
    default: { limit: 30, periodSeconds: 3600 },
    description: 'Mails that one client may ask for.',
  }),

  AUTH_LDAP_SERVER_URI: optionalText(
    'Directory servers, tried in order: ldaps://host, ldap://host:389; several separated by blanks.',
  ),
  AUTH_LDAP_START_TLS: flag({ default: false, description: 'Encrypt ldap:// connections with STARTTLS.' }),
  AUTH_LDAP_CA_FILE: optionalText(
    'PEM file of the authorities that signed the certificates of the directory. Default: those of Node.js.',
  ),
  AUTH_LDAP_ALLOW_PLAINTEXT: flag({
    default: false,
    description: 'Send passwords to other hosts in plain text, over ldap:// without STARTTLS.',
  }),
  AUTH_LDAP_BIND_DN: optionalText(
    'Account with which this server searches. Default: none, which few directories allow.',
  ),
  AUTH_LDAP_BIND_PASSWORD: optionalText('Password of AUTH_LDAP_BIND_DN.'),
  AUTH_LDAP_USER_SEARCH_BASE: optionalText('Where people are searched: ou=people,dc=example,dc=org.'),
  AUTH_LDAP_USER_SEARCH_FILTER: text({
    default: '(uid=%(user)s)',
    description:
      'Filter that finds one person; %(user)s is the login name. For Active Directory: (sAMAccountName=%(user)s).',
  }),
  AUTH_LDAP_USER_DN_TEMPLATE: optionalText(
    'Instead of a search, the name to bind with: uid=%(user)s,ou=people,dc=example,dc=org.',
  ),
  AUTH_LDAP_USER_ATTR_MAP: text({
    default: 'first_name=givenName;last_name=sn;email=mail',
    description:
      'Attributes of a person, separated by semicolons. username=... replaces the attribute of the filter.',
  }),
  AUTH_LDAP_IDENTITY_ATTRIBUTE: text({
    default: 'entryUUID',
    description:
      'Attribute that stays when a person is renamed: entryUUID, objectGUID (Active Directory), ipaUniqueID (FreeIPA), uid.',
  }),
  AUTH_LDAP_GROUP_TYPE: choice(
    [
      'groupOfNames',
      'nestedGroupOfNames',
      'groupOfUniqueNames',
      'nestedGroupOfUniqueNames',
      'posixGroup',
      'activeDirectory',
      'activeDirectoryNested',
      'memberOf',
    ],
    {
      default: 'groupOfNames',
      description: 'How the directory keeps groups; memberOf reads them from the entry of the person.',
    },
  ),
  AUTH_LDAP_GROUP_SEARCH_BASE: optionalText('Where groups are searched: ou=groups,dc=example,dc=org.'),
  AUTH_LDAP_GROUP_SEARCH_FILTER: optionalText(
    'Which entries there are groups. Default: by AUTH_LDAP_GROUP_TYPE.',
  ),
  AUTH_LDAP_ADMIN_GROUPS: optionalText(
    'Groups whose members get the role admin: distinguished names, separated by semicolons.',
  ),
  AUTH_LDAP_USER_GROUPS: optionalText('The same for the role user.'),
  AUTH_LDAP_WORKER_GROUPS: optionalText(
    'The same for the role worker. Whoever is in none of them gets IAM_DEFAULT_ROLE.',
  ),
  AUTH_LDAP_REQUIRE_GROUP: optionalText('Group that a person must be in to sign in: a distinguished name.'),
  AUTH_LDAP_TIMEOUT: integer(1, 60, {
    default: 5,
    description: 'Seconds the directory may take for one login, all servers together.',
  }),
  AUTH_LDAP_RECHECK_INTERVAL: integer(0, 604_800, {
    default: 900,
    description:
      'Seconds after which the directory is asked again about an account; who left it loses sessions and tokens. 0 for never.',
  }),

  EMAIL_BACKEND: choiceOrNothing(
    ['smtp', 'console', 'file', 'none'],
    'How mails leave. Default: smtp when a server is named, console when everything is embedded, otherwise none.',
  ),
  EMAIL_URL: optionalText(
    'The mail server in one line: smtp://user:password@host:587, smtps:// for TLS from the start.',
  ),
  EMAIL_HOST: optionalText('The mail server, instead of EMAIL_URL.'),
  EMAIL_PORT: optionalInteger(1, 65_535, 'Its port. Default: 25, or 465 with EMAIL_USE_SSL.'),
  EMAIL_USE_TLS: flag({ default: false, description: 'Demand STARTTLS.' }),
  EMAIL_USE_SSL: flag({ default: false, description: 'TLS from the start.' }),
  EMAIL_HOST_USER: optionalText('Name to log in with at the mail server.'),
  EMAIL_HOST_PASSWORD: optionalText('Password to log in with at the mail server.'),
  EMAIL_CA_FILE: optionalText("PEM file of the authority that signed the mail server's certificate."),
  EMAIL_TIMEOUT: optionalInteger(1, 600, 'Seconds the mail server may take for each answer. Default: 30.'),
  EMAIL_FILE_PATH: optionalText('Folder that receives the mails with EMAIL_BACKEND=file.'),
  DEFAULT_FROM_EMAIL: optionalText('Sender of all mails. Default: webmaster@localhost.'),
  ACCOUNT_EMAIL_SUBJECT_PREFIX: optionalText('What subjects start with. Default: SITE_NAME in brackets.'),
  SITE_NAME: optionalText(
    'Name of the site in mails. Default: the one in the table django_site, example.com in a new database.',
  ),
  NOTIFY_ACCOUNT_CHANGES: flag({
    default: true,
    description: 'Mail the account holder when the password or the address changes.',
  }),

  CVAT_ANALYTICS: flag({ default: false, description: 'What /api/server/plugins says of ANALYTICS.' }),
  CVAT_SERVERLESS: flag({ default: false, description: 'What /api/server/plugins says of MODELS.' }),
  CVAT_HEALTH_DISK_USAGE_MAX: integer(1, 100, {
    default: 90,
    description: 'Percent of the disk in use above which the health check warns.',
  }),
  API_DOCS_PUBLIC: flag({
    default: true,
    description: 'Serve /api/schema, /api/docs and /api/redoc to everybody; false asks for authentication.',
  }),
  METRICS_TOKEN: z.string().min(16, 'it must be at least 16 characters').optional().meta({
    description: 'Bearer token for /metrics from other hosts; without it only loopback may read them.',
  }),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severity that is logged.',
  }),
});

export type Config = Readonly<z.output<typeof Settings>> & { readonly PUBLIC_URL: string };

/** The headings of `.env.example`: the setting each section starts with. */
export const SECTIONS: Readonly<Record<string, string>> = {
  HOST: 'Where the server listens',
  DATA_DIR: 'Where data lives; without the three URLs everything is embedded',
  SECRET_KEY: 'Secrets and the first administrator',
  IAM_TYPE: 'Accounts, sessions and tokens',
  PASSWORD_BCRYPT_ROUNDS: 'Passwords and limits',
  AUTH_LDAP_SERVER_URI: 'Directory, with IAM_TYPE=LDAP',
  EMAIL_BACKEND: 'Mail',
  CVAT_ANALYTICS: 'Information, documentation, operation',
};
