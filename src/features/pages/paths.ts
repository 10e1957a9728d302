const PREFIX = '/account';

/** Where the pages are: all below one prefix, because CVAT's user interface owns the paths around it. */
export const PATHS = {
  account: PREFIX,
  export: `${PREFIX}/export`,
  language: `${PREFIX}/language`,
  signIn: `${PREFIX}/sign-in`,
  signOut: `${PREFIX}/sign-out`,
  register: `${PREFIX}/register`,
  waiting: `${PREFIX}/register/waiting`,
  verificationSent: `${PREFIX}/verification-sent`,
  confirmed: `${PREFIX}/confirmed`,
  linkWrong: `${PREFIX}/link-wrong`,
  reset: `${PREFIX}/reset`,
  resetConfirm: `${PREFIX}/reset/confirm`,
  invitation: `${PREFIX}/invitation`,
  security: `${PREFIX}/security`,
  enrol: `${PREFIX}/security/enrol`,
  authenticator: `${PREFIX}/security/authenticator`,
  key: `${PREFIX}/security/key`,
  tokens: `${PREFIX}/tokens`,
  organizations: `${PREFIX}/organizations`,
  people: `${PREFIX}/admin/people`,
  server: `${PREFIX}/admin/server`,
  allOrganizations: `${PREFIX}/admin/organizations`,
  allInvitations: `${PREFIX}/admin/invitations`,
  newPerson: `${PREFIX}/admin/people/new`,
  assets: `${PREFIX}/assets`,
} as const satisfies Readonly<Record<string, `/${string}`>>;

/**
 * Pages of CVAT's user interface to which mails and redirects lead, and ours that take their place, with the same
 * query, on a server without one.
 */
export const UI_PATHS: Readonly<Record<string, string>> = {
  '/auth/login': PATHS.signIn,
  '/auth/register': PATHS.register,
  '/auth/logout': PATHS.signOut,
  '/auth/password/reset': PATHS.reset,
  '/auth/password/reset/confirm': PATHS.resetConfirm,
  '/auth/email-confirmation': PATHS.confirmed,
  '/auth/email-verification-sent': PATHS.verificationSent,
  '/auth/incorrect-email-confirmation': PATHS.linkWrong,
};

/** @returns the page of an organization */
export const organizationPath = (slug: string): string =>
  `${PATHS.organizations}/${encodeURIComponent(slug)}`;

/** @returns a path with a query, without what is undefined */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
