import type { LimitName } from './refusals.js';

/**
 * Events that concern identities and rights. Their names are stable: operators' tools search the log for them and
 * count them in the metrics. The sentences are for people.
 */
export const SECURITY_EVENTS = {
  'login.succeeded': 'A user signed in.',
  'login.failed': 'A login was refused.',
  'login.break_glass':
    'A superuser signed in with a password or a passkey, although passwords are turned off.',
  'credential.refused': 'A request sent an invalid token.',
  'csrf.refused': 'A request in a session had no valid CSRF token.',
  'session.ended': 'A user signed out.',
  'session.ended_by_provider': 'An identity provider ended all sessions of a person.',
  'session.revoked': 'A session was ended from a list of sessions.',
  'session.all_revoked': 'All sessions of an account were ended, or all but the one of the request.',
  'password.changed': 'A password was changed.',
  'password.reset': 'A password was set with a link from a mail.',
  'password.link_created': 'An administrator made a link that sets a password.',
  'email.change_requested': 'A change of an e-mail address was requested.',
  'email.changed': 'An e-mail address was changed.',
  'email.confirmed': 'An e-mail address was confirmed.',
  'account.created': 'An account was created.',
  'account.linked': 'An account was linked to an identity at a provider.',
  'account.link_refused': 'An identity at a provider was not linked to an account.',
  'account.unlinked': 'An identity at a provider was unlinked from an account.',
  'account.removed': 'An account was removed.',
  'account.activated': 'An account was activated.',
  'account.deactivated': 'An account was deactivated.',
  'account.rights_changed': 'The groups or flags of an account were changed.',
  'api_token.rotated': 'An API token was replaced.',
  'api_token.revoked': 'An API token was revoked.',
  'access_token.created': 'A personal access token was created.',
  'access_token.changed': 'A personal access token was changed.',
  'access_token.revoked': 'A personal access token was revoked.',
  'factor.added': 'A second factor was added to an account.',
  'factor.removed': 'A second factor was removed from an account by its owner.',
  'factor.reset': 'An administrator removed all second factors of an account.',
  'factor.refused': 'A code or a key of a second factor was refused.',
  'factor.copied': 'A key was refused because its counter went back: there may be a copy of it.',
  'recovery_codes.replaced': 'The recovery codes of an account were replaced.',
  'recovery_code.used': 'A recovery code was used up.',
  'organization.created': 'An organization was created.',
  'organization.removed': 'An organization was removed.',
  'organization.transferred': 'An organization was transferred to another owner.',
  'organization.factor_requirement_changed':
    'An organization began or ceased to require a second factor of its members.',
  'invitation.created': 'A person was invited to an organization.',
  'invitation.removed': 'An invitation was withdrawn or declined.',
  'member.added': 'A user became a member of an organization.',
  'member.role_changed': 'The role of a member of an organization was changed.',
  'member.removed': 'A user is no longer a member of an organization.',
  'policy.denied': 'The policy refused a request.',
  'limit.met': 'A limit refused a request.',
} as const satisfies Readonly<Record<string, string>>;

export type SecurityEventName = keyof typeof SECURITY_EVENTS;

/** Details of an event: ids and words of our own, never a secret or anything a user typed. */
export interface SecurityEventDetails {
  /** Id of the account concerned; null if the name that was typed matches none. */
  readonly account?: number | null;
  readonly organization?: number;
  /** Id of the membership or of the personal access token. */
  readonly membership?: number;
  readonly accessToken?: number;
  /** How the user signed in, or tried to. */
  readonly way?:
    | 'login'
    | 'passkey'
    | 'basic'
    | 'token'
    | 'access-token'
    | 'session'
    | 'registration'
    | 'link'
    | 'sign-on'
    | 'command-line';
  /** The reason, in our words. */
  readonly reason?: string;
  /** Id of the identity provider. */
  readonly provider?: string;
  readonly package?: string;
  readonly scope?: string;
  readonly role?: string;
  /** The limit that refused. */
  readonly limit?: LimitName;
}

/** Records an event together with its request. Never throws. */
export type ReportEvent = (name: SecurityEventName, details?: SecurityEventDetails) => void;
