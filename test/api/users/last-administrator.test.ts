import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { changeUser, readUser, setActive } from '../../support/rows.js';

/** Nobody locks everybody out of the administration, not even together. */

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const PASSWORD = 'Wiesel-42-quarks';
const LAST_SUPERUSER = ['This is the last active superuser. Make another account a superuser first.'];
const LAST_ADMIN = [
  'This is the last active member of the group admin. Put another account into the group first.',
];

interface Administrator {
  readonly id: number;
  readonly headers: { readonly Authorization: string };
}

const first = async (): Promise<Administrator> => ({
  id: (await readUser(app.db, app.admin.username)).id,
  headers: { Authorization: basicAuth(app.admin.username, app.admin.password) },
});

async function another({ headers }: Administrator, username: string): Promise<Administrator> {
  const body = { username, password: PASSWORD, is_superuser: true, is_staff: true };
  const answer = await app.send('/api/users', { method: 'POST', headers, body });
  const { id } = answer.json() as { id: number };
  return { id, headers: { Authorization: basicAuth(username, PASSWORD) } };
}

const patch = (by: Administrator, id: number, body: object) =>
  app.send(`/api/users/${id}`, { method: 'PATCH', headers: by.headers, body });
const remove = (by: Administrator, id: number) =>
  app.send(`/api/users/${id}`, { method: 'DELETE', headers: by.headers });

describe('the last administrator', () => {
  it.each([
    ['deactivated', { is_active: false }, LAST_SUPERUSER],
    ['made no superuser', { is_superuser: false }, LAST_SUPERUSER],
    ['taken out of the group admin', { groups: [] }, LAST_ADMIN],
    ['moved to another group', { groups: ['user'] }, LAST_ADMIN],
    ['all of it', { is_active: false, is_superuser: false, groups: ['worker'] }, LAST_SUPERUSER],
  ])('is not %s', async (_what, body, sentence) => {
    const admin = await first();
    const answer = await patch(admin, admin.id, body);
    expect([answer.status, answer.json()]).toEqual([400, sentence]);
    const self = await app.send('/api/users/self', { headers: admin.headers });
    expect(self.json()).toMatchObject({ is_active: true, is_superuser: true, groups: ['admin'] });
  });

  it('is not removed', async () => {
    const admin = await first();
    const answer = await remove(admin, admin.id);
    expect([answer.status, answer.json()]).toEqual([400, LAST_SUPERUSER]);
    expect((await app.send('/api/users/self', { headers: admin.headers })).status).toBe(200);
  });

  it('is the last one also beside others who are inactive', async () => {
    const admin = await first();
    const other = await another(admin, 'other1');
    expect((await patch(admin, other.id, { is_active: false })).status).toBe(200);
    expect((await patch(admin, admin.id, { is_active: false })).json()).toEqual(LAST_SUPERUSER);
    expect((await remove(admin, other.id)).status).toBe(204);
  });

  it('may still change what makes nobody less, and gives up the rights once there is another one', async () => {
    const admin = await first();
    const body = { first_name: 'Ada', is_active: true, groups: ['admin', 'worker'] };
    expect((await patch(admin, admin.id, body)).status).toBe(200);
    const other = await another(admin, 'other1');
    expect((await patch(other, admin.id, { is_superuser: false, groups: ['user'] })).status).toBe(200);
    expect((await patch(other, admin.id, { is_active: false })).status).toBe(200);
    expect((await remove(other, admin.id)).status).toBe(204);
  });
});

describe('two administrators who act on one another at once', () => {
  it.each([
    ['deactivate', (by: Administrator, on: Administrator) => patch(by, on.id, { is_active: false })],
    [
      'demote',
      (by: Administrator, on: Administrator) => patch(by, on.id, { is_superuser: false, groups: [] }),
    ],
    ['remove', (by: Administrator, on: Administrator) => remove(by, on.id)],
  ])('do not both %s', async (_what, act) => {
    for (let round = 0; round < 5; round += 1) {
      const admin = await first();
      const other = await another(admin, `other${round}`);
      const answers = await Promise.all([act(admin, other), act(other, admin)]);
      expect(answers.filter(({ status }) => status < 300).length).toBeLessThanOrEqual(1);
      // Who lost is no administrator any more, or nobody, or the last one.
      for (const { status } of answers) expect([200, 204, 400, 401, 403, 404]).toContain(status);
      const left = await Promise.all(
        [admin, other].map(async ({ headers }) => {
          const self = await app.send('/api/users/self', { headers });
          return self.status === 200 && (self.json() as { is_superuser: boolean }).is_superuser;
        }),
      );
      expect(left).toContain(true);
      await setActive(app.db, admin.id, true);
      await changeUser(app.db, admin.id, { isSuperuser: true });
      if (left[0] !== true) return;
    }
  });
});

describe('a server without an active superuser', () => {
  it('starts, says what is wrong, and lets the operator mend it', async () => {
    const { id } = await first();
    await setActive(app.db, id, false);
    const { problem } = await app.container.prepare();
    expect(problem).toContain('cvat-auth user activate admin');
    expect(app.logs.join('')).toContain('There is no active superuser');
    expect((await app.send('/api/server/about')).status).toBe(200);
    await app.container.administration.activate('admin');
    expect(await app.container.prepare()).toEqual({});
    await changeUser(app.db, id, { isSuperuser: false });
    expect((await app.container.prepare()).problem).toContain('cvat-auth user make-admin admin');
    await app.container.administration.makeAdmin('admin');
    expect(await app.container.prepare()).toEqual({});
  });
});
