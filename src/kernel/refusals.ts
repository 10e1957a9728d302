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
