import { type Sql, sql } from '../../platform/db/sql.js';

/**
 * What CVAT does whenever it saves a user, a login and a new password included (`iam/signals.py` and
 * `engine/signals.py`, 2.62): superusers with staff rights join the group `admin`; superusers and members of that group
 * see the analytics; everybody has a profile. None of it is ever taken back here.
 *
 * @param saved - name of a part of the same statement that gives `id`, `is_staff` and `is_superuser` of the saved row
 * @returns further parts of the `with` of that statement
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
