/** Why a sign-in at a provider ended without a session. Pages have a sentence for each; the API has these. */
export const SIGN_ON_PROBLEMS = {
  cancelled: 'The sign-in was cancelled.',
  expired: 'This sign-in is too old, was used before, or began in another browser. Start again.',
  failed: 'The identity provider gave an answer that cannot be accepted.',
  unreachable: 'The identity provider does not answer. Try again later, or sign in another way.',
  inactive: 'The account is inactive.',
  no_email: 'No email is associated with this social account',
  email_taken: 'Cannot connect account with this email. Sign in with its password, or ask an administrator.',
  closed: 'Registration is closed on this server. Ask an administrator for an account.',
  invite: 'Registration needs an invitation to an organization for this e-mail address.',
  domain: 'Addresses of this domain may not register on this server.',
  approval: 'An administrator has to approve the account first.',
  unverified: 'Unverified email',
  linked_elsewhere: 'This identity belongs to another account. Sign in with it, and unlink it there first.',
  other_identity: 'Your account is linked to another identity at this provider. Unlink it first.',
  group: 'You are in none of the groups that may sign in.',
} as const satisfies Readonly<Record<string, string>>;

export type SignOnProblem = keyof typeof SIGN_ON_PROBLEMS;
