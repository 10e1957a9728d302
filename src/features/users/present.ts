import type { z } from 'zod';
import type { Account } from '../../kernel/account.js';
import type { BasicUserRead, UserRead } from './schemas.js';

/** @param base `scheme://host` of the request */
export const presentBasicUser = (account: Pick<Account, 'id' | 'username' | 'firstName' | 'lastName'>, base: string): z.input<typeof BasicUserRead> => ({
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
