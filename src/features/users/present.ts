import type { z } from 'zod';
import type { Account } from '../../kernel/account.js';
import type { BasicUserRead, MetaUserRead, UserRead } from './schemas.js';

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

export const presentUser = (account: Account, base: string): z.input<typeof UserRead> => ({
  ...presentBasicUser(account, base),
  email: account.email,
  groups: [...account.groups],
  is_staff: account.isStaff,
  is_superuser: account.isSuperuser,
  is_active: account.isActive,
  last_login: account.lastLogin,
  date_joined: account.dateJoined,
  has_analytics_access: account.hasAnalyticsAccess,
});

/**
 * @param waiting the accounts that wait for approval; undefined if the request does not ask for it, and for viewers who
 *   are no superusers
 */
export const presentWaiting = (
  { id }: Pick<Account, 'id'>,
  waiting: ReadonlySet<number> | undefined,
): Pick<z.input<typeof UserRead>, 'waits_for_approval'> =>
  waiting === undefined ? {} : { waits_for_approval: waiting.has(id) };

/**
 * Users see their own account in full, and superusers see every account in full (CVAT
 * `UserViewSet.get_serializer_class`).
 */
export const presentUserTo = (
  viewer: Account,
  account: Account,
  base: string,
): z.input<typeof MetaUserRead> =>
  viewer.isSuperuser || viewer.id === account.id
    ? presentUser(account, base)
    : presentBasicUser(account, base);

/** In a list, users see their own account like any other. */
export const presentListedUser = (
  viewer: Account,
  account: Account,
  base: string,
): z.input<typeof MetaUserRead> =>
  viewer.isSuperuser ? presentUser(account, base) : presentBasicUser(account, base);
