import type { z } from 'zod';
import type { Account } from '../../kernel/account.js';
import type { ProfileFieldsOf } from './profiles.js';
import type { BasicUserRead } from './schemas.js';
import type { MetaUserRead } from './user-schemas.js';

/** The public part of an account, for everyone who may see it at all. */
export type Person = Pick<Account, 'id' | 'username' | 'firstName' | 'lastName'>;

/** @param base `scheme://host` of the request */
export const presentBasicUser = (account: Person, base: string): z.input<typeof BasicUserRead> => ({
  url: `${base}/api/users/${account.id}`,
  id: account.id,
  username: account.username,
  first_name: account.firstName,
  last_name: account.lastName,
});

/** What an answer with accounts depends on, besides the accounts. */
export interface Presentation {
  /** `scheme://host` of the request. */
  readonly base: string;
  readonly profileOf: ProfileFieldsOf;
}

export const presentUser = (account: Account, { base, profileOf }: Presentation): MetaUserRead => ({
  ...presentBasicUser(account, base),
  email: account.email,
  groups: [...account.groups],
  is_staff: account.isStaff,
  is_superuser: account.isSuperuser,
  is_active: account.isActive,
  last_login: account.lastLogin,
  date_joined: account.dateJoined,
  has_analytics_access: account.hasAnalyticsAccess,
  ...profileOf(account),
});

/**
 * @param waiting the accounts that wait for approval; undefined if the request does not ask for it, and for viewers who
 *   are no superusers
 */
export const presentWaiting = (
  { id }: Pick<Account, 'id'>,
  waiting: ReadonlySet<number> | undefined,
): { readonly waits_for_approval?: boolean } =>
  waiting === undefined ? {} : { waits_for_approval: waiting.has(id) };

/**
 * Users see their own account in full, and superusers see every account in full (CVAT
 * `UserViewSet.get_serializer_class`).
 */
export const seesInFull = (viewer: Account, account: Pick<Account, 'id'>): boolean =>
  viewer.isSuperuser || viewer.id === account.id;

export const presentUserTo = (viewer: Account, account: Account, presentation: Presentation): MetaUserRead =>
  seesInFull(viewer, account)
    ? presentUser(account, presentation)
    : presentBasicUser(account, presentation.base);

/** In a list, users see their own account like any other. */
export const presentListedUser = (
  viewer: Account,
  account: Account,
  presentation: Presentation,
): MetaUserRead =>
  viewer.isSuperuser ? presentUser(account, presentation) : presentBasicUser(account, presentation.base);
