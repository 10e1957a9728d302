/**
 * Limits that refuse requests with 429. All but `invitation_resend` and `second_factor_failures` have the name of their
 * setting in lower case, so that operators who see one in the log or in the metrics know what to change.
 */
export const LIMITS = [
  'throttle_anon',
  'login_failures_per_address',
  'login_failures_per_account',
  'login_failures_per_account_and_address',
  'mail_requests_per_client',
  'mail_requests_per_recipient',
  'mail_requests_per_organization',
  'invitation_resend',
  'second_factor_failures',
  'password_hash_queue',
] as const;

export type LimitName = (typeof LIMITS)[number];

/**
 * Limits after which a program may try again by itself, within a minute or as Django REST framework says it. For all
 * others `Retry-After` is a moment: CVAT's user interface waits for a number of seconds in silence, an hour if need be,
 * and shows the sentence of an answer with a moment at once (`cvat-core`, `axios-config`).
 */
export const BRIEF_LIMITS: ReadonlySet<LimitName> = new Set([
  'throttle_anon',
  'invitation_resend',
  'password_hash_queue',
]);

/** The `code` of answers with 503: the part that is missing. Clients and operators' tools know these names. */
export const UNAVAILABLE_CODES = [
  'database_unreachable',
  'database_conflict',
  'redis_unreachable',
  'opa_unreachable',
  'opa_no_bundle',
  'opa_undefined',
  'opa_bad_answer',
  'opa_other_bundle',
  'directory_unreachable',
  'directory_busy',
  'provider_unreachable',
  'password_queue_full',
  'password_breach_file',
  'second_factor_unreadable',
] as const;

export type UnavailableCode = (typeof UNAVAILABLE_CODES)[number];
