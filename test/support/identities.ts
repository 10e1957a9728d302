import { many, type Queryable } from '../../src/platform/db/queryable.js';
import { raw, sql } from '../../src/platform/db/sql.js';

const TABLES = {
  users: `select id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active,
    date_joined, array(
      select g.name from auth_user_groups ug join auth_group g on g.id = ug.group_id where ug.user_id = u.id order by 1
    )::text[] as groups from auth_user u`,
  emails: 'select * from account_emailaddress',
  tokens: 'select * from authtoken_token',
  accessTokens: 'select * from access_tokens_accesstoken',
  organizations: 'select * from organizations_organization',
  memberships: 'select * from organizations_membership',
  invitations: `select key, created_date, membership_id, owner_id, to_jsonb(i) ->> 'sent_date' as sent_date
    from organizations_invitation i`,
  profiles: `select id, rating, user_id, to_jsonb(p) ->> 'last_activity_date' as last_activity_date,
    coalesce((to_jsonb(p) ->> 'has_analytics_access')::boolean, false) as has_analytics_access from engine_profile p`,
} as const;

/** What an import copies, of a CVAT or of this server, in an order that does not depend on where the rows lie. */
export async function readIdentities(db: Queryable): Promise<Record<keyof typeof TABLES, readonly object[]>> {
  const found: Partial<Record<keyof typeof TABLES, readonly object[]>> = {};
  for (const [name, text] of Object.entries(TABLES)) {
    const table = /\sfrom (\w+)( \w)?$/.exec(text)?.[1] ?? '';
    const [there] = await many<{ is: boolean }>(db, sql`select to_regclass(${table}) is not null as is`);
    found[name as keyof typeof TABLES] = there?.is ? await many(db, sql`${raw(text)} order by 1`) : [];
  }
  return found as Record<keyof typeof TABLES, readonly object[]>;
}
