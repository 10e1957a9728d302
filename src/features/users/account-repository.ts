import type { Account } from '../../kernel/account.js';
import { sql } from '../../platform/db/sql.js';

/** The columns of an {@link Account}; `u` is `auth_user`. */
export const ACCOUNT_COLUMNS = sql`
  u.id, u.username, u.first_name as "firstName", u.last_name as "lastName", u.email, u.is_staff as "isStaff",
  u.is_superuser as "isSuperuser", u.is_active as "isActive", u.last_login as "lastLogin",
  u.date_joined as "dateJoined",
  array(
    select (select g.name from auth_group g where g.id = ug.group_id)
    from auth_user_groups ug where ug.user_id = u.id order by ug.group_id
  ) as groups,
  coalesce((select p.has_analytics_access from engine_profile p where p.user_id = u.id), false) as "hasAnalyticsAccess"`;

/** @returns only the account, without the other columns of a row */
export const accountOf = (row: Account): Account => ({
  id: row.id,
  username: row.username,
  firstName: row.firstName,
  lastName: row.lastName,
  email: row.email,
  groups: row.groups,
  isStaff: row.isStaff,
  isSuperuser: row.isSuperuser,
  isActive: row.isActive,
  lastLogin: row.lastLogin,
  dateJoined: row.dateJoined,
  hasAnalyticsAccess: row.hasAnalyticsAccess,
});
