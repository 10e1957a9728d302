import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findIntegrityProblems } from '../../src/features/organizations/index.js';
import { execute, one } from '../../src/platform/db/queryable.js';
import { raw, type Sql, sql } from '../../src/platform/db/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { insertMembership, insertOrganization } from '../support/organization-rows.js';

/** What the database itself refuses: to everybody, or where a CVAT works on it too, to this server. */

let database: TestDatabase;
let organizationId: number;
let [owner, worker, stranger] = [0, 0, 0];
let round = 0;

const insertPerson = async (name: string): Promise<number> => {
  const row = await one<{ id: number }>(
    database.db,
    sql`
      insert into auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      values ('!', false, ${name}, '', '', '', false, true, now()) returning id`,
  );
  return row?.id ?? 0;
};
const isConstraint = (constraint: unknown) => expect.objectContaining({ constraint });
const setRole = (userId: number, role: string) =>
  execute(
    database.db,
    sql`update organizations_membership set role = ${role} where user_id = ${userId} and organization_id = ${organizationId}`,
  );
const removeMember = (userId: number) =>
  execute(
    database.db,
    sql`delete from organizations_membership where user_id = ${userId} and organization_id = ${organizationId}`,
  );
const unguarded = async (work: () => Promise<unknown>): Promise<void> => {
  const tables = ['organizations_membership', 'organizations_organization', 'organizations_invitation'];
  for (const table of tables) await execute(database.db, sql`alter table ${raw(table)} disable trigger all`);
  await work();
  for (const table of tables) await execute(database.db, sql`alter table ${raw(table)} enable trigger all`);
};

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  round += 1;
  owner = await insertPerson(`owner${round}`);
  worker = await insertPerson(`worker${round}`);
  stranger = await insertPerson(`stranger${round}`);
  organizationId = await insertOrganization(database.db, `org${round}`, owner);
  await insertMembership(database.db, { organizationId, userId: worker, role: 'worker' });
});

describe('the database', () => {
  it('refuses a second membership of one person', async () => {
    const twin = insertMembership(database.db, { organizationId, userId: worker, role: 'supervisor' });
    await expect(twin).rejects.toEqual(
      isConstraint('organizations_membership_user_id_organization_id_b9b50ec7_uniq'),
    );
  });

  it('refuses a second owner, new or promoted, active or invited', async () => {
    const refused = isConstraint('auth_server_one_owner');
    for (const isActive of [true, false]) {
      const added = insertMembership(database.db, {
        organizationId,
        userId: stranger,
        role: 'owner',
        isActive,
      });
      await expect(added).rejects.toEqual(refused);
    }
    await expect(setRole(worker, 'owner')).rejects.toEqual(refused);
  });

  it('refuses to take the owner’s role, membership or activity from them', async () => {
    const refused = isConstraint('auth_server_owner_is_member');
    await expect(setRole(owner, 'worker')).rejects.toEqual(refused);
    await expect(removeMember(owner)).rejects.toEqual(refused);
    const deactivate = sql`update organizations_membership set is_active = false where user_id = ${owner}`;
    await expect(execute(database.db, deactivate)).rejects.toEqual(refused);
  });

  it('refuses an owner who is no member in that role', async () => {
    for (const userId of [worker, stranger]) {
      const change = sql`update organizations_organization set owner_id = ${userId} where id = ${organizationId}`;
      await expect(execute(database.db, change)).rejects.toEqual(isConstraint('auth_server_owner_is_member'));
    }
  });

  it('refuses to leave an invitation without its membership', async () => {
    const membership = sql`select id from organizations_membership where user_id = ${worker}`;
    await execute(
      database.db,
      sql`insert into organizations_invitation (key, created_date, membership_id) select ${`key${round}`}, now(), id from (${membership}) m`,
    );
    await expect(removeMember(worker)).rejects.toEqual(
      isConstraint('organizations_invita_membership_id_d0265539_fk_organizat'),
    );
  });

  it('allows what Django does when it removes an account or an organization, in whatever order', async () => {
    await database.db.transaction(async (tx) => {
      await execute(tx, sql`delete from organizations_membership where user_id = ${owner}`);
      await execute(tx, sql`update organizations_organization set owner_id = null where owner_id = ${owner}`);
      await execute(tx, sql`delete from auth_user where id = ${owner}`);
    });
    await database.db.transaction(async (tx) => {
      await execute(tx, sql`delete from organizations_membership where organization_id = ${organizationId}`);
      await execute(tx, sql`delete from organizations_organization where id = ${organizationId}`);
    });
    expect(await findIntegrityProblems(database.db)).toEqual([]);
  });

  it('allows to save rows as they are, as Django does with every column', async () => {
    const touched = await execute(
      database.db,
      sql`update organizations_membership set role = role, is_active = is_active`,
    );
    expect(touched).toBeGreaterThan(1);
  });
});

describe('beside a CVAT on the same database', () => {
  beforeAll(() => execute(database.db, sql`create table django_migrations (id bigint primary key)`));
  afterAll(() => execute(database.db, sql`drop table django_migrations`));

  /** Statements in a transaction of a connection with this name. */
  const as = (name: string, ...statements: readonly Sql[]): Promise<void> =>
    database.db.transaction(async (tx) => {
      await execute(tx, sql`select set_config('application_name', ${name}, true)`);
      for (const statement of statements) await execute(tx, statement);
    });
  const role = (userId: number, value: string): Sql =>
    sql`update organizations_membership set role = ${value} where user_id = ${userId} and organization_id = ${organizationId}`;
  const leave = (userId: number): Sql =>
    sql`delete from organizations_membership where user_id = ${userId} and organization_id = ${organizationId}`;
  const own = (userId: number): Sql =>
    sql`update organizations_organization set owner_id = ${userId} where id = ${organizationId}`;

  /** What CVAT allows: to a maintainer or an administrator over REST, and on the pages of its administration. */
  const WRITES: Readonly<Record<string, () => Sql>> = {
    'hand out the role of the owner': () => role(worker, 'owner'),
    'take the role from the owner': () => role(owner, 'worker'),
    'remove the owner': () => leave(owner),
    'name another owner': () => own(stranger),
  };

  const broken = async () =>
    (await findIntegrityProblems(database.db)).filter((each) => each.endsWith(`: org${round}.`));

  it.each(Object.entries(WRITES))('CVAT may still %s, and the next start tells', async (_what, write) => {
    expect(await broken()).toEqual([]);
    await as('cvat', write());
    expect(await broken()).not.toEqual([]);
    await as(
      'cvat',
      leave(owner),
      leave(worker),
      sql`delete from organizations_organization where id = ${organizationId}`,
    );
  });

  it.each(Object.entries(WRITES))('this server may not %s, whichever process of it', async (_what, write) => {
    for (const name of ['cvat-auth-server', 'cvat-auth-server migrate'])
      await expect(as(name, write())).rejects.toEqual(
        isConstraint(expect.stringMatching(/^auth_server_(one_owner|owner_is_member)$/)),
      );
  });

  it('this server still passes an organization on', async () => {
    await as('cvat-auth-server', role(owner, 'worker'), role(worker, 'owner'), own(worker));
  });

  it('the constraints of CVAT bind CVAT', async () => {
    const twin = sql`
      insert into organizations_membership (is_active, role, organization_id, user_id)
      values (true, 'worker', ${organizationId}, ${worker})`;
    await expect(as('cvat', twin)).rejects.toEqual(
      isConstraint('organizations_membership_user_id_organization_id_b9b50ec7_uniq'),
    );
  });
});

describe('a database that broke a rule before', () => {
  it('is described in sentences that name organizations, and no key', async () => {
    await unguarded(async () => {
      await setRole(worker, 'owner');
      await execute(
        database.db,
        sql`insert into organizations_invitation (key, created_date, membership_id) values (${'secret'.repeat(10)}, now(), 999999)`,
      );
      await execute(
        database.db,
        sql`update organizations_organization set owner_id = ${stranger} where id <> ${organizationId}`,
      );
    });
    const problems = await findIntegrityProblems(database.db);
    expect(problems).toEqual([
      expect.stringMatching(
        /^(One organization has|\d+ organizations have) an owner who is not an active member in that role: org\d+/,
      ),
      'There are invitations without a membership: 1.',
      expect.stringContaining('members in the role of the owner who do not own it: '),
    ]);
    expect(problems.join('')).not.toContain('secret');
  });

  it('may be mended step by step', async () => {
    await unguarded(() => setRole(worker, 'owner'));
    await setRole(worker, 'maintainer');
    await expect(setRole(worker, 'owner')).rejects.toEqual(isConstraint('auth_server_one_owner'));
  });
});
