import type { Database } from '../../src/platform/db/pool.js';
import { execute, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** How many rows a list has to cope with. */
export interface CrowdSize {
  readonly users: number;
  readonly organizations: number;
  readonly memberships: number;
}

/**
 * Fills a database with people and organizations: every organization has its owner, the other memberships are spread
 * over the rest, and a tenth of them wait with an invitation. Names are drawn so that no order of rows is theirs.
 *
 * Needs a superuser of PostgreSQL: the rows are correct by construction, and checking each by triggers and foreign keys
 * takes ten times as long.
 */
export async function insertCrowd(db: Database, size: CrowdSize): Promise<void> {
  await db.transaction(
    async (tx) => {
      await execute(tx, sql`set local session_replication_role = replica`);
      // Without statistics, PostgreSQL joins the new rows one by one.
      await execute(tx, sql`set local enable_nestloop = off`);
      await insertUsers(tx, size);
      await insertOrganizations(tx, size);
      await insertMemberships(tx, size);
    },
    { statementTimeout: 0 },
  );
  await execute(db, sql`analyze`);
}

async function insertUsers(db: Queryable, { users }: CrowdSize): Promise<void> {
  await execute(
    db,
    sql`
      insert into auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      select '!', false, 'user-' || md5(n::text), 'First' || (n::bigint * 7919 % 1000), 'Last' || (n::bigint * 104729 % 5000),
        'user' || n || '@example.org', false, n % 50 <> 0, now() - make_interval(mins => n)
      from generate_series(1, ${users}::int) n`,
  );
  await execute(
    db,
    sql`insert into auth_user_groups (user_id, group_id) select u.id, g.id from auth_user u join auth_group g on g.name = 'user' on conflict do nothing`,
  );
  await execute(
    db,
    sql`insert into engine_profile (rating, user_id) select 0, id from auth_user on conflict do nothing`,
  );
}

async function insertOrganizations(db: Queryable, { users, organizations }: CrowdSize): Promise<void> {
  await execute(
    db,
    sql`
      insert into organizations_organization (slug, name, description, created_date, updated_date, contact, owner_id)
      select 'org-' || n, 'Organization ' || md5(n::text), '', now(), now(), '{}', u.id
      from generate_series(1, ${organizations}::int) n
      join (select id, row_number() over (order by id) as place from auth_user) u on u.place = n * 3 % ${users}::int + 1`,
  );
  await execute(
    db,
    sql`
      insert into organizations_membership (is_active, joined_date, role, organization_id, user_id)
      select true, now(), 'owner', id, owner_id from organizations_organization where owner_id is not null
      on conflict do nothing`,
  );
}

async function insertMemberships(
  db: Queryable,
  { users, organizations, memberships }: CrowdSize,
): Promise<void> {
  await execute(
    db,
    sql`
      insert into organizations_membership (is_active, joined_date, role, organization_id, user_id)
      select n % 10 <> 0, case when n % 10 <> 0 then now() end, (array['worker', 'worker', 'supervisor', 'maintainer'])[n % 4 + 1],
        o.id, u.id
      from generate_series(1, ${memberships}::int) n
      join (select id, row_number() over (order by id) as place from auth_user) u on u.place = n::bigint * 7919 % ${users}::int + 1
      join (select id, owner_id, row_number() over (order by id) as place from organizations_organization) o
        on o.place = (n::bigint * 31 + n / ${users}::int) % ${organizations}::int + 1
      where o.owner_id is distinct from u.id
      limit ${memberships - organizations}`,
  );
  await execute(
    db,
    sql`
      insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
      select md5(m.id::text) || md5(m.id::text || 'x'), now() - make_interval(secs => m.id), now(), m.id, o.owner_id
      from organizations_membership m join organizations_organization o on o.id = m.organization_id
      where not m.is_active`,
  );
}
