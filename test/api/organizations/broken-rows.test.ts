import { expect, it } from 'vitest';
import { execute } from '../../../src/platform/db/queryable.js';
import { raw, sql } from '../../../src/platform/db/sql.js';
import { useTestApp } from '../../support/app.js';
import { insertOrganization } from '../../support/rows.js';
import { clientOf, useWorld } from '../../support/world.js';

const app = useTestApp();
const world = useWorld(app);

it('a database that broke a rule before is reported at the start, and served', async () => {
  const table = raw('organizations_membership');
  await execute(app.db, sql`alter table ${table} disable trigger all`);
  await execute(app.db, sql`update ${table} set role = 'owner' where id = ${world.worker.membershipId}`);
  await execute(app.db, sql`alter table ${table} enable trigger all`);
  await app.container.prepare();
  const warning = 'One organization has members in the role of the owner who do not own it: acme.';
  expect(app.logs.some((line) => line.includes(warning))).toBe(true);

  const { body } = await world.owner.get('/api/memberships?org=acme&role=owner&sort=user');
  expect(body['count']).toBe(2);
  const path = `/api/memberships/${world.worker.membershipId}`;
  expect((await world.worker.send('DELETE', `/api/organizations/${world.acme.id}`)).status).toBe(403);
  expect((await world.admin.send('PATCH', path, { role: 'worker' })).status).toBe(200);
  expect((await world.owner.get(`/api/organizations/${world.acme.id}`)).body['owner']).toMatchObject({
    id: world.owner.id,
  });
});

it('tables of CVAT that name an account or an organization keep their rows', async () => {
  for (const statement of [
    `create table engine_task (id serial primary key,
       owner_id integer references auth_user (id) deferrable initially deferred,
       organization_id integer references organizations_organization (id) deferrable initially deferred)`,
    `create table django_admin_log (id serial primary key,
       user_id integer not null references auth_user (id) deferrable initially deferred)`,
    `create table "Odd Name" (id serial primary key,
       "The User" integer references auth_user (id) deferrable initially deferred)`,
  ]) {
    await execute(app.db, sql`${raw(statement)}`);
  }
  const client = clientOf(app, await app.register());
  const organizationId = await insertOrganization(app.db, 'with-tasks', client.id);
  await execute(
    app.db,
    sql`insert into engine_task (owner_id, organization_id) values (${client.id}, ${organizationId})`,
  );
  await execute(app.db, sql`insert into django_admin_log (user_id) values (${client.id})`);
  await execute(app.db, sql`insert into "Odd Name" ("The User") values (${client.id})`);

  const refused = await client.send('DELETE', `/api/organizations/${organizationId}`);
  expect([refused.status, refused.body]).toEqual([
    400,
    ['The organization can not be removed: engine_task still needs it.'],
  ]);
  expect((await client.get(`/api/organizations/${organizationId}`)).status).toBe(200);

  expect((await client.send('DELETE', `/api/users/${client.id}`)).status).toBe(204);
  const [tasks, log, odd] = await Promise.all(
    ['engine_task where owner_id is null', 'django_admin_log', '"Odd Name" where "The User" is null'].map(
      (from) => execute(app.db, sql`select 1 from ${raw(from)}`),
    ),
  );
  expect([tasks, log, odd]).toEqual([1, 0, 1]);
});
