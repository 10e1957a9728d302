/**
 * Lists among 100,000 users, 10,000 organizations and 300,000 memberships, compared with two handwritten statements for
 * each. `scripts/bench.ts` reports it, and test/database/list-performance.test.ts holds it to a limit.
 */

import { invitationList, listInvitations } from '../src/features/invitations/repository.js';
import { listMemberships, membershipList } from '../src/features/memberships/repository.js';
import { listOrganizations, ORGANIZATIONS } from '../src/features/organizations/repository.js';
import { listUsers, USERS } from '../src/features/users/repository.js';
import { cvatReleaseOf, DEFAULT_CVAT_VERSION } from '../src/kernel/cvat-release.js';
import { createExternalDatabase } from '../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../src/platform/db/migrate.js';
import type { Database } from '../src/platform/db/pool.js';
import { many, type Queryable } from '../src/platform/db/queryable.js';
import { type Sql, sql } from '../src/platform/db/sql.js';
import { planList } from '../src/platform/lists/list-query.js';
import type { ListRows } from '../src/platform/lists/run-list.js';
import { type CrowdSize, insertCrowd } from '../test/support/crowd.js';

const RELEASE = cvatReleaseOf(DEFAULT_CVAT_VERSION);
const MEMBERSHIPS = membershipList(RELEASE);
const INVITATIONS = invitationList(RELEASE);

const CROWD: CrowdSize = { users: 100_000, organizations: 10_000, memberships: 300_000 };
/** Number of measurements per side; the best of each counts. */
const ROUNDS = 7;
const ORGANIZATION = 5;
const EVERYTHING = { kind: 'everything' } as const;
const IN_ORGANIZATION = { kind: 'organization', id: ORGANIZATION } as const;

const person = sql`u.id, u.username, u.first_name, u.last_name`;
const params = (query: Readonly<Record<string, string>>) => new URLSearchParams(query);
const filter = (rule: unknown) => ({ filter: JSON.stringify(rule) });

export interface ListCase {
  readonly list: (db: Queryable) => Promise<ListRows<unknown>>;
  /** The two handwritten statements. */
  readonly count: Sql;
  readonly page: Sql;
}

/** The measured lists, by their titles. */
export const LIST_CASES: Readonly<Record<string, ListCase>> = {
  'users, active ones by name, to an administrator': {
    list: (queryable) =>
      listUsers(queryable, {
        plan: planList(USERS, params({ is_active: 'true', sort: '-first_name,username' })),
        visible: {},
        scope: EVERYTHING,
      }),
    count: sql`select count(*)::int as total from auth_user where is_active`,
    page: sql`
      select ${person}, u.email, array(select g.name from auth_user_groups ug join auth_group g on g.id = ug.group_id where ug.user_id = u.id),
        p.has_analytics_access
      from auth_user u left join engine_profile p on p.user_id = u.id
      where u.is_active order by u.first_name desc, u.username, u.id limit 10`,
  },
  'users, a far page, to an administrator': {
    list: (queryable) =>
      listUsers(queryable, {
        plan: planList(USERS, params({ sort: 'id', page: '5000' })),
        visible: {},
        scope: EVERYTHING,
      }),
    count: sql`select count(*)::int as total from auth_user`,
    page: sql`select ${person}, u.email from auth_user u order by u.id limit 10 offset 49990`,
  },
  'users, by a part of the name, to an administrator': {
    list: (queryable) =>
      listUsers(queryable, {
        plan: planList(USERS, params({ search: 'a1b', sort: 'username' })),
        visible: {},
        scope: EVERYTHING,
      }),
    count: sql`
      select count(*)::int as total from auth_user u
      where upper(u.username) like '%A1B%' or upper(u.first_name) like '%A1B%' or upper(u.last_name) like '%A1B%'`,
    page: sql`
      select ${person}, u.email from auth_user u
      where upper(u.username) like '%A1B%' or upper(u.first_name) like '%A1B%' or upper(u.last_name) like '%A1B%'
      order by u.username limit 10`,
  },
  'users of an organization': {
    list: (queryable) =>
      listUsers(queryable, {
        plan: planList(USERS, params({ sort: 'username' })),
        visible: { memberships__organization: ORGANIZATION },
        scope: IN_ORGANIZATION,
      }),
    count: sql`select count(*)::int as total from organizations_membership where organization_id = ${ORGANIZATION}`,
    page: sql`
      select ${person} from auth_user u join organizations_membership m on m.user_id = u.id
      where m.organization_id = ${ORGANIZATION} order by u.username limit 10`,
  },
  'organizations of somebody': {
    list: (queryable) =>
      listOrganizations(queryable, planList(ORGANIZATIONS, params({ sort: 'name' })), [
        '|',
        { members__user_id: 77, members__is_active: true },
        { owner_id: 77 },
      ]),
    count: sql`
      select count(*)::int as total from organizations_organization
      where id in (
        select organization_id from organizations_membership where user_id = 77 and is_active
        union select id from organizations_organization where owner_id = 77
      )`,
    page: sql`
      select o.*, ${person} from organizations_organization o left join auth_user u on u.id = o.owner_id
      where o.id in (
        select organization_id from organizations_membership where user_id = 77 and is_active
        union select id from organizations_organization where owner_id = 77
      )
      order by o.name, o.id limit 10`,
  },
  'organizations by owner, to an administrator': {
    list: (queryable) => listOrganizations(queryable, planList(ORGANIZATIONS, params({ sort: 'owner' })), {}),
    count: sql`select count(*)::int as total from organizations_organization`,
    page: sql`
      select o.*, ${person} from organizations_organization o left join auth_user u on u.id = o.owner_id
      order by u.username, o.id limit 10`,
  },
  'memberships by name, to an administrator': {
    list: (queryable) =>
      listMemberships(queryable, {
        plan: planList(MEMBERSHIPS, params({ sort: 'user', role: 'maintainer' })),
        visible: {},
        scope: EVERYTHING,
      }),
    count: sql`select count(*)::int as total from organizations_membership where role = 'maintainer'`,
    page: sql`
      select m.*, i.key, ${person}
      from organizations_membership m join auth_user u on u.id = m.user_id
      left join organizations_invitation i on i.membership_id = m.id
      where m.role = 'maintainer' order by u.username, m.id limit 10`,
  },
  'memberships of an organization': {
    list: (queryable) =>
      listMemberships(queryable, {
        plan: planList(MEMBERSHIPS, params({ sort: '-user', role: 'worker' })),
        visible: { organization: ORGANIZATION, is_active: true },
        scope: IN_ORGANIZATION,
      }),
    count: sql`
      select count(*)::int as total from organizations_membership
      where organization_id = ${ORGANIZATION} and is_active and role = 'worker'`,
    page: sql`
      select m.*, i.key, ${person}
      from organizations_membership m join auth_user u on u.id = m.user_id
      left join organizations_invitation i on i.membership_id = m.id
      where m.organization_id = ${ORGANIZATION} and m.is_active and m.role = 'worker' order by u.username desc, m.id limit 10`,
  },
  'invitations, latest first, to an administrator': {
    list: (queryable) =>
      listInvitations(queryable, {
        plan: planList(INVITATIONS, params({ page: '100' })),
        visible: {},
        scope: EVERYTHING,
      }),
    count: sql`select count(*)::int as total from organizations_invitation`,
    page: sql`
      select i.*, m.role, o.slug, ${person}, w.username
      from organizations_invitation i join organizations_membership m on m.id = i.membership_id
      join organizations_organization o on o.id = m.organization_id join auth_user u on u.id = m.user_id
      left join auth_user w on w.id = i.owner_id
      order by i.created_date desc, i.key limit 10 offset 990`,
  },
  'invitations that wait for somebody': {
    list: (queryable) =>
      listInvitations(queryable, {
        plan: planList(
          INVITATIONS,
          params(
            filter({ and: [{ '==': [{ var: 'user_id' }, '71'] }, { '==': [{ var: 'accepted' }, false] }] }),
          ),
        ),
        visible: ['|', { owner: 71 }, { membership__user: 71 }],
        scope: EVERYTHING,
      }),
    count: sql`
      select count(*)::int as total from organizations_membership m join organizations_invitation i on i.membership_id = m.id
      where m.user_id = 71 and not m.is_active`,
    page: sql`
      select i.*, m.role, o.slug, ${person}
      from organizations_membership m join organizations_invitation i on i.membership_id = m.id
      join organizations_organization o on o.id = m.organization_id join auth_user u on u.id = m.user_id
      where m.user_id = 71 and not m.is_active order by i.created_date desc limit 10`,
  },
};

/** The timing of one list. */
export interface ListTiming {
  readonly list: string;
  /** Milliseconds for one page with its count. */
  readonly ours: number;
  /** Milliseconds for the two handwritten statements. */
  readonly byHand: number;
  /** `ours` divided by `byHand`. */
  readonly ratio: number;
}

/**
 * Creates the tables and the rows in an empty database, and measures every list.
 *
 * @param url the empty database
 * @returns one row per list, in the order of {@link LIST_CASES}
 */
export async function benchLists(url: string): Promise<readonly ListTiming[]> {
  const db = await openCrowd(url);
  try {
    const timings: ListTiming[] = [];
    for (const [list, each] of Object.entries(LIST_CASES)) timings.push(await timeList(db, list, each));
    return timings;
  } finally {
    await db.close();
  }
}

/** Opens an empty database and fills it. @returns the database; close it */
export async function openCrowd(url: string): Promise<Database> {
  const options = { poolSize: 2, timeout: 60_000, applicationName: 'bench', guardNesting: false };
  const db = createExternalDatabase({ url, ...options });
  try {
    await migrate(db, MIGRATIONS);
    await insertCrowd(db, CROWD);
  } catch (error) {
    await db.close();
    throw error;
  }
  return db;
}

/** Measures both sides in turn, because machines are noisy. @returns the best of each */
export async function timeList(
  db: Database,
  list: string,
  { list: ask, count, page }: ListCase,
): Promise<ListTiming> {
  const [ours, byHand]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(() => ask(db)));
    byHand.push(await timed(async () => [await many(db, count), await many(db, page)]));
  }
  const [fastest, reference] = [Math.min(...ours), Math.min(...byHand)];
  return { list, ours: fastest, byHand: reference, ratio: fastest / reference };
}

/** @returns milliseconds */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
