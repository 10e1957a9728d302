import { z } from 'zod';
import { ACCOUNT_SETTINGS } from './account-settings.js';
import {
  choice,
  choiceOrNothing,
  flag,
  integer,
  list,
  networks,
  optionalInteger,
  optionalText,
  origins,
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
    default: ['localhost', '127.0.0.1'],
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
  CVAT_DATABASE_URL: url(
    ['postgres', 'postgresql'],
    'The database of a CVAT that `import cvat` copies from, when its password must not be an argument.',
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
  ADMIN_PASSWORD: optionalText(
    'Password of the first administrator; a weak one stops the start. Default: generated and printed once.',
  ),

  ...ACCOUNT_SETTINGS,

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
