import { z } from 'zod';
import { DEFAULT_CVAT_VERSION, versionProblem } from '../../kernel/cvat-release.js';
import { ACCOUNT_SETTINGS } from './account-settings.js';
import {
  baseUrl,
  choice,
  choiceOrNothing,
  flag,
  integer,
  list,
  networks,
  optionalFlag,
  optionalInteger,
  optionalText,
  origins,
  text,
  url,
  urlOrSocket,
} from './fields.js';
import { postgresUrl } from './postgres-url.js';
import { redisUrl } from './redis-url.js';

/** W3C Referrer Policy, section 3. */
const REFERRER_POLICIES = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const;

/**
 * Every setting of the server, in the order of `.env.example`. Names follow CVAT or Django where they have one.
 * `SECTIONS` defines where sections start.
 */
export const Settings = z.object({
  HOST: text({
    default: '127.0.0.1',
    description: 'Address to listen on. 0.0.0.0 listens on every interface.',
  }),
  PORT: integer(0, 65_535, { default: 8080, description: 'Port to listen on. 0 picks a free port.' }),
  PUBLIC_URL: url(
    ['http', 'https'],
    'URL at which people reach this server. Links in mails use it. Default: http://localhost:PORT.',
  ),
  UI_URL: baseUrl(
    ['http', 'https'],
    'URL of the CVAT user interface. When set, browsers that open its pages at this server, such as / or /auth/login, are redirected to it.',
  ),
  ACCOUNT_PAGES: flag({
    default: true,
    description:
      'Serve the pages for people below /account. Without UI_URL, also the pages of CVAT to which mails lead.',
  }),
  BRAND_LOGO: optionalText('Image on those pages: an SVG, PNG, WebP or JPEG file. Default: our own.'),
  BRAND_COLOR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'it must be a colour such as #1452cc')
    .default('#1452cc')
    .meta({ description: 'Colour of buttons and links on those pages. Texts stay readable with any.' }),
  ALLOWED_HOSTS: list({
    default: ['localhost', '127.0.0.1'],
    description:
      'Host names that the server answers to, in addition to the host of PUBLIC_URL. `.example.org` includes all subdomains, `*` allows any host.',
  }),
  FORWARD_AUTH_HOSTS: list({
    default: [],
    description:
      'Host names for whose requests a reverse proxy can ask /api/auth/forward who sends them (docs/forward-auth.md). `.example.org` includes all subdomains. Empty turns it off.',
  }),
  TRUSTED_PROXIES: networks({
    default: ['loopback'],
    description:
      'Reverse proxies whose X-Forwarded-For, -Host and -Proto headers are trusted: addresses, CIDR blocks, or `loopback`.',
  }),
  CORS_ALLOWED_ORIGINS: origins('Other origins whose pages can call the API with cookies.'),
  CORS_ALLOW_HEADERS: list({
    default: [],
    description: 'Request headers that those pages can send, in addition to those that CVAT allows.',
  }).refine(
    (names) => names.every((name) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)),
    'it must be a list of names of headers',
  ),
  SECURE_REFERRER_POLICY: choice(REFERRER_POLICIES, {
    default: 'strict-origin-when-cross-origin',
    description: 'The header Referrer-Policy of all answers.',
  }),
  CSRF_TRUSTED_ORIGINS: origins(
    'Other origins whose pages can send unsafe requests in a session. `https://*.example.org` is allowed.',
  ),
  WEB_CONCURRENCY: integer(1, 64, {
    default: 1,
    description: 'Worker processes that share the port. More than 1 requires DATABASE_URL and REDIS_URL.',
  }),
  SHUTDOWN_DELAY: optionalInteger(
    0,
    300,
    'Seconds after SIGTERM in which the server goes on while /readyz says no, so that load balancers notice. Default: 5 with DATABASE_URL, otherwise 0.',
  ),
  SHUTDOWN_TIMEOUT: integer(1, 300, {
    default: 30,
    description: 'Seconds that running requests get to finish after SIGTERM and SHUTDOWN_DELAY.',
  }),

  DATA_DIR: text({
    default: './data',
    description: 'Folder for the embedded database and the generated secret key.',
  }),
  DATABASE_URL: postgresUrl(
    'PostgreSQL 13 to 17, for example postgres://user:password@host:5432/cvat. Default: embedded.',
  ),
  CVAT_DATABASE_URL: postgresUrl(
    'CVAT database that `import cvat` copies from. Unlike an argument, it hides the password from other users of the machine.',
  ),
  DATABASE_POOL_SIZE: integer(1, 500, {
    default: 10,
    description:
      'Maximum number of PostgreSQL connections per process. From 5 on, two of them carry the look-ups of callers, many at a time.',
  }),
  DATABASE_TIMEOUT: integer(1, 300, {
    default: 5,
    description: 'Seconds to wait for a connection to PostgreSQL or for its answer.',
  }),
  DATABASE_PREPARED_STATEMENTS: choice(['auto', 'on', 'off'], {
    default: 'auto',
    description:
      'Prepare frequent statements once per connection. `auto` does not do so behind a pooler such as PgBouncer; `on` is for one in session mode or with max_prepared_statements.',
  }),
  MIGRATE_ON_START: flag({
    default: true,
    description: 'Run the database migrations at start. With false, run `npm run migrate` yourself.',
  }),
  REDIS_URL: redisUrl(
    'Redis 6 to 8 or Valkey: redis://host:6379/0, rediss:// for TLS, redis+cluster://a:6379,b:6379, redis+sentinel://a:26379,b:26379/mymaster/0. Default: sessions in the database, and each process counts for its own limits.',
  ),
  REDIS_CA_FILE: optionalText(
    'PEM file of the certificate authorities of Redis and its sentinels, for rediss:// URLs. Default: those of Node.js.',
  ),
  REDIS_SENTINEL_USERNAME: optionalText('User name for the sentinels of a redis+sentinel:// URL.'),
  REDIS_SENTINEL_PASSWORD: optionalText(
    'Password for the sentinels. The password in REDIS_URL is the one of Redis. Default: none.',
  ),
  REDIS_SENTINEL_TLS: optionalFlag(
    'Connect to the sentinels with TLS. Default: true if REDIS_URL is rediss+sentinel://.',
  ),
  REDIS_KEY_PREFIX: text({ default: 'cvat:', description: 'Prefix of every key in Redis.' }),
  OPA_URL: urlOrSocket(
    ['http', 'https'],
    'URL of an Open Policy Agent that pulls its rules from this server, for example http://opa:8181, or its socket, for example unix:///run/opa/opa.sock. Default: embedded.',
    'it must have no user name and no password: Open Policy Agent takes a token, OPA_TOKEN',
  ),
  OPA_TOKEN: z
    .string()
    .regex(/^[!-~]+$/, 'it must be visible ASCII characters without spaces')
    .optional()
    .meta({
      description: 'Bearer token for Open Policy Agent, if it runs with --authentication=token.',
    }),
  OPA_CA_FILE: optionalText(
    'PEM file of the certificate authorities of Open Policy Agent, for an https:// URL. Default: those of Node.js.',
  ),
  OPA_TIMEOUT_MS: integer(50, 60_000, {
    default: 2000,
    description: 'Milliseconds to wait for a decision of Open Policy Agent.',
  }),
  RULES_DIR: list({
    default: [],
    description:
      'Folders with custom rules, which are added to the bundle of Open Policy Agent. Requires OPA_URL. See docs/custom-rules.md.',
  }),
  RULES_RELOAD_SECONDS: integer(1, 3600, {
    default: 5,
    description:
      'Seconds between two checks of RULES_DIR. An edit is served when two checks in a row have found the same files.',
  }),

  SECRET_KEY: z
    .string()
    .min(32, 'it must be at least 32 characters; make one with: openssl rand -base64 48')
    .optional()
    .meta({
      description:
        'Key that signs sessions, confirmation links and reset links, and encrypts the secrets of second factors. All replicas need the same key. Default: generated once, and stored in DATA_DIR or in the database of DATABASE_URL.',
    }),
  ADMIN_USERNAME: text({
    default: 'admin',
    description: 'User name of the first administrator, which the server creates when there is no superuser.',
  }),
  ADMIN_EMAIL: text({
    default: 'admin@localhost',
    description: 'E-mail address of the first administrator.',
  }),
  ADMIN_PASSWORD: optionalText(
    'Password of the first administrator. The server does not start with a weak one. Default: generated, and printed once.',
  ),

  ...ACCOUNT_SETTINGS,

  EMAIL_BACKEND: choiceOrNothing(
    ['smtp', 'console', 'file', 'none'],
    'How mails are sent. Default: smtp if a mail server is set, console if everything is embedded, otherwise none.',
  ),
  EMAIL_URL: optionalText(
    'Mail server as a URL: smtp://user:password@host:587, or smtps:// for implicit TLS.',
  ),
  EMAIL_HOST: optionalText('Host name of the mail server, as an alternative to EMAIL_URL.'),
  EMAIL_PORT: optionalInteger(1, 65_535, 'Port of the mail server. Default: 25, or 465 with EMAIL_USE_SSL.'),
  EMAIL_USE_TLS: flag({ default: false, description: 'Require STARTTLS.' }),
  EMAIL_USE_SSL: flag({ default: false, description: 'Use implicit TLS.' }),
  EMAIL_HOST_USER: optionalText('User name for the mail server.'),
  EMAIL_HOST_PASSWORD: optionalText('Password for the mail server.'),
  EMAIL_ALLOW_PLAINTEXT: flag({
    default: false,
    description:
      'Send the password for the mail server even if it offers no STARTTLS, where nobody can listen. Without a password, mails may always go in plain text.',
  }),
  EMAIL_EHLO_NAME: optionalText(
    'Name by which this server greets the mail server. Default: the host of PUBLIC_URL, or the name of the machine if that is localhost.',
  ),
  EMAIL_CA_FILE: optionalText(
    "PEM file of the certificate authority that signed the mail server's certificate.",
  ),
  EMAIL_TIMEOUT: optionalInteger(1, 600, 'Seconds to wait for each answer of the mail server. Default: 30.'),
  EMAIL_FILE_PATH: optionalText('Folder for the mails, with EMAIL_BACKEND=file.'),
  DEFAULT_FROM_EMAIL: optionalText(
    'Sender of all mails. Default: noreply at the host of PUBLIC_URL, or webmaster@localhost if that is localhost.',
  ),
  ACCOUNT_EMAIL_SUBJECT_PREFIX: optionalText('Prefix of mail subjects. Default: SITE_NAME in brackets.'),
  SITE_NAME: optionalText(
    'Name of the site in mails. Default: the name in the table django_site; while that is example.com, the host of PUBLIC_URL.',
  ),
  NOTIFY_ACCOUNT_CHANGES: flag({
    default: true,
    description: 'Notify the account holder by mail when the password or the e-mail address changes.',
  }),

  CVAT_VERSION: z
    .string()
    // CVAT's own Compose file has a variable of this name, with the tag of its images: v2.62.0.
    .transform((version) => version.replace(/^v(?=\d)/, ''))
    .refine((version) => versionProblem(version) === undefined, {
      error: ({ input }) => versionProblem(String(input)) ?? '',
    })
    .default(DEFAULT_CVAT_VERSION)
    .meta({
      description:
        'Release of CVAT whose API this server replicates, from 2.62.0 to 2.80: that of the CVAT beside it (docs/with-cvat.md). Clients read it, and newer ones get the fields of their release.',
    }),
  CVAT_ANALYTICS: flag({ default: false, description: 'Value of ANALYTICS in /api/server/plugins.' }),
  CVAT_SERVERLESS: flag({ default: false, description: 'Value of MODELS in /api/server/plugins.' }),
  CVAT_HEALTH_DISK_USAGE_MAX: integer(1, 100, {
    default: 90,
    description: 'Disk usage in percent above which the health check warns.',
  }),
  API_DOCS_PUBLIC: flag({
    default: true,
    description: 'Serve /api/schema, /api/docs and /api/redoc without authentication.',
  }),
  METRICS_TOKEN: z.string().min(16, 'it must be at least 16 characters').optional().meta({
    description:
      'Bearer token that other machines need to read /metrics. Without it, only loopback can read them.',
  }),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Lowest severity that is logged.',
  }),
});

/** All settings, with those filled in that follow from others. */
export type Config = Readonly<z.output<typeof Settings>> & {
  readonly PUBLIC_URL: string;
  readonly SHUTDOWN_DELAY: number;
  readonly SESSION_STORE: 'redis' | 'database' | 'django';
  readonly SESSION_COOKIE_SECURE: boolean;
  readonly CSRF_COOKIE_SECURE: boolean;
};

/** The headings of `.env.example`: the setting each section starts with. */
export const SECTIONS: Readonly<Record<string, string>> = {
  HOST: 'Network',
  DATA_DIR: 'Data and services; without the three URLs, everything is embedded',
  SECRET_KEY: 'Secrets and the first administrator',
  IAM_TYPE: 'Accounts, sessions and tokens',
  PASSWORD_BCRYPT_ROUNDS: 'Passwords and limits',
  AUTH_LDAP_SERVER_URI: 'LDAP, with IAM_TYPE=LDAP',
  AUTH_CONFIG_PATH: 'Single sign-on',
  EMAIL_BACKEND: 'Mail',
  CVAT_VERSION: 'Information, documentation, operation',
};
