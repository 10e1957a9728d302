import { execute, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';

/**
 * Copies rows of another database unchanged, many at a time, without checks or additions. Each function takes a query
 * with the columns of its table.
 */

export const copyAccounts = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`
      insert into auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff,
        is_active, date_joined)
      select id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active,
        date_joined
      from (${rows}) as rows`,
  );

/** @param names - a query for names; existing groups are skipped */
export const copyGroups = (tx: Queryable, names: Sql) =>
  execute(
    tx,
    sql`insert into auth_group (name) select name from (${names}) as names except select name from auth_group`,
  );

/** @param members - a query for `user_id` and the `name` of a group */
export const copyGroupMembers = (tx: Queryable, members: Sql) =>
  execute(
    tx,
    sql`
      insert into auth_user_groups (user_id, group_id)
      select distinct members.user_id, g.id from (${members}) as members join auth_group g on g.name = members.name
      order by 1, 2`,
  );

export const copyAddresses = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`
      insert into account_emailaddress (id, email, verified, "primary", user_id)
      select id, email, verified, "primary", user_id from (${rows}) as rows`,
  );

export const copyApiTokens = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`insert into authtoken_token (key, created, user_id) select key, created, user_id from (${rows}) as rows`,
  );

export const copyProfiles = (tx: Queryable, rows: Sql) =>
  execute(
    tx,
    sql`
      insert into engine_profile (id, rating, has_analytics_access, last_activity_date, user_id)
      select id, rating, has_analytics_access, last_activity_date, user_id from (${rows}) as rows`,
  );
