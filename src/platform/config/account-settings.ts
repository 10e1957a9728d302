import { choice, choices, flag, integer, list, optionalText, rate, text } from './fields.js';

/** The settings of accounts, sessions, tokens, directories, passwords and limits; part of `Settings`. */
export const ACCOUNT_SETTINGS = {
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
      'Who may register: anybody (open), addresses that an organization invited (invite), anybody once an administrator activated the account (approval), nobody (closed). Invitations work in every mode. Where the address decides, nobody gets in before a mail has confirmed it.',
  }),
  REGISTRATION_EMAIL_DOMAINS: list({
    default: [],
    description:
      'Domains whose addresses may register without an invitation, once a mail has confirmed them; empty for any.',
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
      'Whether changing the password also ends the session in which it was changed and the API token; all other sessions end anyway.',
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
  SESSION_MAX_AGE: integer(1, 315_360_000, {
    default: 2_592_000,
    description: 'Seconds a session lives at most, however often it is renewed.',
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
    description:
      'Password checks that may wait; beyond that the answer is 503. One client address, or one account, may have half of them; beyond that it is 429.',
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
    description:
      'Requests without credentials per client address; those to log in, to register and around passwords and addresses count with credentials, too.',
  }),
  LOGIN_FAILURES_PER_ADDRESS: rate({
    default: { limit: 100, periodSeconds: 3600 },
    description:
      'Wrong passwords per client address, over all accounts; those that signed in from it before are exempt.',
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
    description: 'Mails that may be asked for, for one address: password resets, invitations and others.',
  }),
  MAIL_REQUESTS_PER_CLIENT: rate({
    default: { limit: 30, periodSeconds: 3600 },
    description: 'Mails that one client may ask for, and invitation mails that one account may send.',
  }),
  MAIL_REQUESTS_PER_ORGANIZATION: rate({
    default: { limit: 100, periodSeconds: 86_400 },
    description: 'Invitation mails that may leave for one organization.',
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
};
