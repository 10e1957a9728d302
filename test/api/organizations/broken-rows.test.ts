import { expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { insertOrganization, setOwnerRoleOnly } from '../../support/organization-rows.js';
import { countRows, createTablesOfCvat, fillTablesOfCvat } from '../../support/tables.js';
import { clientOf, useWorld } from '../../support/world.js';

const app = useTestApp();
const world = useWorld(app);

it('a database that broke a rule before is reported at the start, and served', async () => {
  await setOwnerRoleOnly(app.db, world.worker.membershipId);

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
  await createTablesOfCvat(app.db);
  const client = clientOf(app, await app.register());
  const organizationId = await insertOrganization(app.db, 'with-tasks', client.id);
  await fillTablesOfCvat(app.db, client.id, organizationId);

  const refused = await client.send('DELETE', `/api/organizations/${organizationId}`);
  expect([refused.status, refused.body]).toEqual([
    400,
    ['The organization cannot be removed: engine_task still refers to it.'],
  ]);
  expect((await client.get(`/api/organizations/${organizationId}`)).status).toBe(200);

  expect((await client.send('DELETE', `/api/users/${client.id}`)).status).toBe(204);
  const [tasks, log, odd] = await Promise.all(
    ['engine_task where owner_id is null', 'django_admin_log', '"Odd Name" where "The User" is null'].map(
      (from) => countRows(app.db, from),
    ),
  );
  expect([tasks, log, odd]).toEqual([1, 0, 1]);
});
