import { type Sql, sql } from '../../platform/db/sql.js';

/**
 * CVAT's side effects of saving a user, including at a login and for a new password (`iam/signals.py` and
 * `engine/signals.py`, 2.62): superusers with staff rights join the group `admin`; superusers and members of that
 * group see the analytics; every user gets a profile. None of it is ever undone here.
 *
 * @param saved - name of a part of the same statement that returns `id`, `is_staff` and `is_superuser` of the saved
 *   row
 * @returns further parts for the `with` of that statement
 */
export const saveSignals = (saved: Sql): Sql => sql`
  joined_admin as (
    insert into auth_user_groups (user_id, group_id)
    select s.id, g.id from ${saved} s join auth_group g on g.name = 'admin'
    where s.is_staff and s.is_superuser
    on conflict (user_id, group_id) do nothing
  ),
  noted_profile as (
    insert into engine_profile (rating, user_id, has_analytics_access)
    select 0, s.id, s.is_superuser or exists (
      select 1 from auth_user_groups ug join auth_group g on g.id = ug.group_id
      where ug.user_id = s.id and g.name = 'admin'
    )
    from ${saved} s
    on conflict (user_id) do update set has_analytics_access = true
      where excluded.has_analytics_access and not engine_profile.has_analytics_access
  )`;
