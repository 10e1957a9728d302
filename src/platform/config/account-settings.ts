import { PASSWORD_VALIDATORS } from '../../kernel/password-validators.js';
import {
  choice,
  choiceOrNothing,
  choices,
  flag,
  integer,
  list,
  networks,
  optionalFlag,
  optionalText,
  rate,
  text,
} from './fields.js';

/** The settings of accounts, sessions, tokens, directories, passwords and limits; part of `Settings`. */
export const ACCOUNT_SETTINGS = {
  IAM_TYPE: choice(['BASIC', 'LDAP'], {
    default: 'BASIC',
    description:
      'Source of accounts. BASIC: this server. LDAP: a directory, in addition to the local accounts that have a password.',
  }),
  IAM_DEFAULT_ROLE: choice(['user', 'worker', 'admin'], {
    default: 'user',
    description: 'Group that a new account joins.',
  }),
  ACCOUNT_EMAIL_VERIFICATION: choice(['none', 'optional', 'mandatory'], {
    default: 'none',
    description: 'Whether people must confirm their e-mail address before they can sign in.',
  }),
  ACCOUNT_EMAIL_REQUIRED: flag({
    default: false,
    description:
      'Whether people must give an e-mail address to register. With mandatory verification they always must.',
  }),
  ACCOUNT_AUTHENTICATION_METHOD: choice(['username', 'email', 'username_email'], {
    default: 'username_email',
    description: 'What people log in with, besides the password: a user name, an e-mail address, or either.',
  }),
  ACCOUNT_USERNAME_MIN_LENGTH: integer(1, 150, {
    default: 5,
    description: 'Minimum characters of the user name of a new account.',
  }),
  REGISTRATION_MODE: choice(['open', 'invite', 'approval', 'closed'], {
    default: 'open',
    description:
      'Who can register. open: anyone. invite: addresses that an organization invited. approval: anyone, but an administrator must activate the account. closed: nobody. Invitations work in every mode. Where the address decides, people must confirm it by mail before they can sign in.',
  }),
  REGISTRATION_EMAIL_DOMAINS: list({
    default: [],
    description:
      'Domains whose addresses can register without an invitation, after confirmation by mail. Empty allows any domain.',
  }),
  ORG_INVITATION_CONFIRM: flag({
    default: false,
    description: 'Whether people who have an account must accept an invitation before they become members.',
  }),
  ORG_INVITATION_EXPIRY_DAYS: integer(1, 3650, {
    default: 7,
    description: 'Days until an invitation to an organization expires.',
  }),
  ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: flag({
    default: true,
    description:
      'Whether a password change also ends the current session and the API token. It always ends all other sessions.',
  }),
  ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL: text({
    default: '/auth/email-confirmation',
    description: 'Page to show after an address was confirmed, relative to PUBLIC_URL.',
  }),
  LOGIN_REDIRECT_URL: text({
    default: '/',
    description: 'The same page for people who are signed in, relative to PUBLIC_URL.',
  }),
  INCORRECT_EMAIL_CONFIRMATION_URL: text({
    default: '/auth/incorrect-email-confirmation',
    description: 'Page for confirmation links that are wrong or expired, relative to PUBLIC_URL.',
  }),
  ACCOUNT_CONFIRM_EMAIL_ON_GET: flag({
    default: true,
    description:
      'Confirm an address when its link is opened. With false, a page asks for a click: some mail scanners open every link.',
  }),
  ACCOUNT_EMAIL_VERIFICATION_SENT_REDIRECT_URL: text({
    default: '/auth/email-verification-sent',
    description: 'Page to show after that page has mailed a new link, relative to PUBLIC_URL.',
  }),
  SESSION_STORE: choiceOrNothing(
    ['redis', 'database', 'django'],
    'Where sessions are kept. redis: in Redis. database: in a table of this server. django: in the table of CVAT, so that people who signed in at one of both are signed in at the other; requires the DATABASE_URL and the SECRET_KEY of CVAT, see docs/with-cvat.md. Another value later signs people out. Default: redis with REDIS_URL, otherwise database.',
  ),
  SESSION_COOKIE_AGE: integer(1, 31_536_000, {
    default: 1_209_600,
    description: 'Seconds until a session expires after its last renewal.',
  }),
  SESSION_MAX_AGE: integer(1, 315_360_000, {
    default: 2_592_000,
    description: 'Maximum lifetime of a session in seconds, regardless of renewals.',
  }),
  SESSION_COOKIE_SECURE: optionalFlag(
    'Send the session cookies over HTTPS only. Default: true if PUBLIC_URL is https.',
  ),
  CSRF_COOKIE_SECURE: optionalFlag(
    'Send the CSRF cookie over HTTPS only. Default: true if PUBLIC_URL is https.',
  ),
  MFA_TOTP: flag({
    default: true,
    description:
      'Whether people can set up an authenticator app as a second factor. With false, those that were set up before stay, and administrators can remove them.',
  }),
  MFA_REQUIRED: choice(['off', 'admins', 'all'], {
    default: 'off',
    description:
      'Which accounts must have a second factor. admins: superusers, staff and members of the group admin. People without one can only set one up. Whatever the value, an organization can require one of its members.',
  }),
  MFA_WEBAUTHN: flag({
    default: true,
    description:
      'Whether people can add passkeys and security keys, and sign in with a passkey alone. With false, those that were added before stay second factors, and administrators can remove them. Keys are bound to the host of PUBLIC_URL.',
  }),
  CVAT_ACCESS_TOKEN_STALE_PERIOD: integer(1, 3_153_600_000, {
    default: 15_552_000,
    description: 'Seconds after its last use when a personal access token stops working.',
  }),
  CVAT_ACCESS_TOKEN_LAST_USE_UPDATE_MIN_INTERVAL: integer(0, 31_536_000, {
    default: 7200,
    description: 'Minimum seconds between two updates of the last use of a personal access token.',
  }),
  CVAT_ACCESS_TOKEN_UNUSABLE_TOKEN_TTL: integer(0, 3_153_600_000, {
    default: 7_776_000,
    description: 'Seconds until a revoked, expired or stale personal access token is deleted.',
  }),
  CVAT_MAX_ACCESS_TOKENS_PER_USER: integer(-1, 1_000_000, {
    default: 50,
    description: 'Maximum number of usable personal access tokens per user. -1 means no limit.',
  }),

  PASSWORD_BCRYPT_ROUNDS: integer(4, 15, {
    default: 12,
    description: 'Cost of new password hashes. Each step doubles it.',
  }),
  PASSWORD_HASH_CONCURRENCY: integer(0, 256, {
    default: 0,
    description: 'Password hashes computed in parallel. 0 means one per core, at most three.',
  }),
  PASSWORD_HASH_QUEUE: integer(0, 100_000, {
    default: 100,
    description:
      'Password checks that can wait in the queue. When it is full, the answer is 503. A single client address or account can fill half of it; after that, the answer is 429.',
  }),
  PASSWORD_HASHERS_EXTRA: choices(['md5', 'sha1', 'bcrypt'], {
    default: [],
    description: 'Old hash formats to accept in addition: md5, sha1, bcrypt.',
  }),
  AUTH_PASSWORD_VALIDATORS: choices(PASSWORD_VALIDATORS, {
    default: PASSWORD_VALIDATORS,
    description:
      "Django's validators of new passwords, or none. The server always refuses passwords that are too long, or in PASSWORD_BREACH_FILE.",
  }),
  AUTH_PASSWORD_MIN_LENGTH: integer(1, 128, {
    default: 8,
    description: 'Minimum characters of a new password, with MinimumLengthValidator.',
  }),
  PASSWORD_BREACH_FILE: optionalText(
    'File with SHA-1 hashes of breached passwords: sorted, one upper-case hash per line, optionally followed by `:count`. The server refuses new passwords that are in it.',
  ),
  THROTTLE_ANON: rate({
    default: { limit: 100, periodSeconds: 60 },
    description:
      'Limit of requests without credentials per client address. Requests to log in, to register, and about passwords and e-mail addresses count with credentials too.',
  }),
  LOGIN_FAILURES_PER_ADDRESS: rate({
    default: { limit: 100, periodSeconds: 3600 },
    description:
      'Limit of wrong passwords per client address, over all accounts. Accounts that signed in from the address before are exempt.',
  }),
  LOGIN_FAILURES_PER_ACCOUNT: rate({
    default: { limit: 100, periodSeconds: 3600 },
    description:
      'Limit of wrong passwords per account, over all addresses. Addresses from which the account signed in before are exempt.',
  }),
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: rate({
    default: { limit: 20, periodSeconds: 3600 },
    description: 'Limit of wrong passwords per account and address.',
  }),
  MAIL_REQUESTS_PER_RECIPIENT: rate({
    default: { limit: 5, periodSeconds: 3600 },
    description: 'Limit of mails per recipient: password resets, invitations and others.',
  }),
  MAIL_REQUESTS_PER_CLIENT: rate({
    default: { limit: 30, periodSeconds: 3600 },
    description:
      'Limit of mails per client that requests them, and of mails about invitations and offers per account that makes them.',
  }),
  MAIL_REQUESTS_PER_ORGANIZATION: rate({
    default: { limit: 100, periodSeconds: 86_400 },
    description: 'Limit of mails about invitations and offers per organization.',
  }),

  AUTH_LDAP_SERVER_URI: optionalText(
    'Directory servers, tried in order: ldaps://host, ldap://host:389. Separate several with spaces.',
  ),
  AUTH_LDAP_START_TLS: flag({ default: false, description: 'Encrypt ldap:// connections with STARTTLS.' }),
  AUTH_LDAP_CA_FILE: optionalText(
    'PEM file of the certificate authorities of the directory. Default: those of Node.js.',
  ),
  AUTH_LDAP_ALLOW_PLAINTEXT: flag({
    default: false,
    description: 'Send passwords to other hosts in plain text, over ldap:// without STARTTLS.',
  }),
  AUTH_LDAP_BIND_DN: optionalText(
    'Account that this server uses for searches. Default: none, which few directories allow.',
  ),
  AUTH_LDAP_BIND_PASSWORD: optionalText('Password of AUTH_LDAP_BIND_DN.'),
  AUTH_LDAP_USER_SEARCH_BASE: optionalText('Base of the search for people: ou=people,dc=example,dc=org.'),
  AUTH_LDAP_USER_SEARCH_FILTER: text({
    default: '(uid=%(user)s)',
    description:
      'Filter that finds one person. %(user)s is the login name. For Active Directory: (sAMAccountName=%(user)s).',
  }),
  AUTH_LDAP_USER_DN_TEMPLATE: optionalText(
    'Distinguished name to bind with, instead of a search: uid=%(user)s,ou=people,dc=example,dc=org.',
  ),
  AUTH_LDAP_USER_ATTR_MAP: text({
    default: 'first_name=givenName;last_name=sn;email=mail',
    description:
      'Attributes of a person, separated by semicolons. username=... overrides the attribute of the filter.',
  }),
  AUTH_LDAP_IDENTITY_ATTRIBUTE: text({
    default: 'entryUUID',
    description:
      'Attribute that does not change when a person is renamed: entryUUID, objectGUID (Active Directory), ipaUniqueID (FreeIPA), uid.',
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
      description: "How the directory stores groups. memberOf reads them from the person's entry.",
    },
  ),
  AUTH_LDAP_GROUP_SEARCH_BASE: optionalText('Base of the search for groups: ou=groups,dc=example,dc=org.'),
  AUTH_LDAP_GROUP_SEARCH_FILTER: optionalText(
    'Filter for group entries. Default: depends on AUTH_LDAP_GROUP_TYPE.',
  ),
  AUTH_LDAP_ADMIN_GROUPS: optionalText(
    'Groups whose members get the role admin: distinguished names, separated by semicolons. Members also become staff and superusers.',
  ),
  AUTH_LDAP_USER_GROUPS: optionalText('Groups whose members get the role user.'),
  AUTH_LDAP_WORKER_GROUPS: optionalText(
    'Groups whose members get the role worker. People in none of the groups get IAM_DEFAULT_ROLE.',
  ),
  AUTH_LDAP_REQUIRE_GROUP: optionalText('Distinguished name of a group. Only its members can sign in.'),
  AUTH_LDAP_TIMEOUT: integer(1, 60, {
    default: 5,
    description: 'Seconds that one login can take, over all directory servers.',
  }),
  AUTH_LDAP_RECHECK_INTERVAL: integer(0, 604_800, {
    default: 900,
    description:
      'Seconds between two checks of an account in the directory. People who left the directory lose their sessions and tokens. 0 turns the checks off.',
  }),

  AUTH_CONFIG_PATH: optionalText(
    'File with identity providers for single sign-on: the auth_config.yml of CVAT Enterprise. See docs/single-sign-on.md.',
  ),
  OIDC_ISSUER: optionalText(
    'Issuer of one OpenID Connect provider, without a file: https://keycloak.example.org/realms/cvat.',
  ),
  OIDC_CLIENT_ID: optionalText('Client id of this server at that provider.'),
  OIDC_CLIENT_SECRET: optionalText('Client secret of this server at that provider.'),
  OIDC_NAME: text({ default: 'Single sign-on', description: 'Name of that provider on buttons.' }),
  OIDC_EMAIL_DOMAIN: optionalText(
    'Domain of e-mail addresses that this provider vouches for. People get the account that has their confirmed address there.',
  ),
  SSO_PRIVATE_NETWORKS: networks({
    default: [],
    description:
      'Private networks in which identity providers may be: addresses or CIDR blocks. The server connects to no other private address for them.',
  }),
  BREAK_GLASS: flag({
    default: true,
    description:
      'Whether superusers with a local password can sign in with it while AUTH_CONFIG_PATH turns passwords off.',
  }),
};
