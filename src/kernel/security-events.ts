/**
 * What happens to identities and rights, by names that stay: what an operator's tools look for in the log and count in
 * the metrics. The sentence is for people.
 */
export const SECURITY_EVENTS = {
  'login.succeeded': 'Somebody signed in.',
  'login.failed': 'A login was refused.',
  'credential.refused': 'A request brought a token that is not good.',
  'csrf.refused': 'A request of a session came without its CSRF token.',
  'session.ended': 'Somebody signed out.',
  'password.changed': 'A password was changed.',
  'password.reset': 'A password was set with a mailed link.',
  'email.change_requested': 'A change of an e-mail address was asked for.',
  'email.changed': 'An e-mail address was changed.',
  'email.confirmed': 'An e-mail address was confirmed.',
  'account.created': 'An account was made.',
  'account.removed': 'An account was removed.',
  'account.activated': 'An account was activated.',
  'account.deactivated': 'An account was deactivated.',
  'account.rights_changed': 'The groups or flags of an account were changed.',
  'api_token.rotated': 'An API token was replaced.',
  'api_token.revoked': 'An API token was ended.',
  'access_token.created': 'A personal access token was made.',
  'access_token.changed': 'A personal access token was changed.',
  'access_token.revoked': 'A personal access token was revoked.',
  'organization.created': 'An organization was made.',
  'organization.removed': 'An organization was removed.',
  'organization.transferred': 'An organization got another owner.',
  'invitation.created': 'Somebody was invited to an organization.',
  'invitation.removed': 'An invitation was withdrawn or declined.',
  'member.added': 'Somebody became a member of an organization.',
  'member.role_changed': 'A member of an organization got another role.',
  'member.removed': 'Somebody is no longer a member of an organization.',
  'policy.denied': 'The policy refused a request.',
  'limit.met': 'A limit refused a request.',
} as const satisfies Readonly<Record<string, string>>;

export type SecurityEventName = keyof typeof SECURITY_EVENTS;

/** What an event is about. Ids and words of ours; never a secret, and nothing that somebody typed. */
export interface SecurityEventDetails {
  /** Id of the account that it happened to; null where what was typed names none. */
  readonly account?: number | null;
  readonly organization?: number;
  /** Id of the membership or of the personal access token. */
  readonly membership?: number;
  readonly accessToken?: number;
  /** By which way somebody came in, or tried to. */
  readonly way?: 'login' | 'basic' | 'token' | 'access-token' | 'session' | 'registration' | 'link';
  /** Why, in our words. */
  readonly reason?: string;
  readonly package?: string;
  readonly scope?: string;
  readonly role?: string;
}

/** Writes an event down, with the request that it belongs to. Never throws. */
export type ReportEvent = (name: SecurityEventName, details?: SecurityEventDetails) => void;
