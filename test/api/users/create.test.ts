import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { outboxOf } from '../../support/outbox-rows.js';
import { insertAccessToken } from '../../support/rows.js';
import { useWorld } from '../../support/world.js';

const app = useTestApp({ env: { EMAIL_BACKEND: 'console', PUBLIC_URL: 'https://cvat.example.org' } });
const world = useWorld(app);

const PASSWORD = 'Wiesel-42-quarks';
const create = (body: unknown) => world.admin.send('POST', '/api/users', body);
const mailsTo = (recipient: string) => outboxOf(app.db, { recipient });

describe('POST /api/users', () => {
  it('201: an account that can sign in', async () => {
    const answer = await create({
      username: 'created1',
      email: 'created1@example.org',
      password: PASSWORD,
      first_name: 'Ann',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      username: 'created1',
      first_name: 'Ann',
      groups: ['user'],
      is_active: true,
      last_login: null,
    });
    expect(answer.text).not.toMatch(/password|bcrypt/);
    const self = await app.send('/api/users/self', {
      headers: { Authorization: basicAuth('created1@example.org', PASSWORD) },
    });
    expect(self.json()).toMatchObject({ username: 'created1' });
    expect(await mailsTo('created1@example.org')).toEqual([]);
  });

  it('201: without a password nobody signs in, until the mailed link set one', async () => {
    const answer = await create({
      username: 'created2',
      email: 'created2@example.org',
      send_password_mail: true,
    });
    expect(answer.status).toBe(201);
    const [mail, ...others] = await mailsTo('created2@example.org');
    expect([mail?.kind, others]).toEqual(['set-password', []]);
    const link = new URL(mail?.text.match(/https:\S+/)?.[0] ?? '');
    expect(link.origin + link.pathname).toBe('https://cvat.example.org/auth/password/reset/confirm');
    const body = {
      ...Object.fromEntries(link.searchParams),
      new_password1: PASSWORD,
      new_password2: PASSWORD,
    };
    expect((await app.send('/api/auth/password/reset/confirm', { method: 'POST', body })).status).toBe(200);
    const login = await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: 'created2', password: PASSWORD },
    });
    expect(login.status).toBe(200);
  });

  it('201 with groups and flags as they are asked for', async () => {
    const superuser = await create({ username: 'created3', is_superuser: true, is_staff: true });
    expect(superuser.body).toMatchObject({ groups: ['admin'], has_analytics_access: true, email: '' });
    const worker = await create({ username: 'created4', groups: ['worker'], is_active: false });
    expect(worker.body).toMatchObject({ groups: ['worker'], is_active: false, has_analytics_access: false });
  });

  it('does not leave a placeholder that a stranger could take over by registering', async () => {
    await create({ username: 'created5', email: 'created5@example.org' });
    const body = {
      username: 'thief',
      email: 'created5@example.org',
      password1: PASSWORD,
      password2: PASSWORD,
    };
    expect((await app.send('/api/auth/register', { method: 'POST', body })).status).toBe(400);
  });

  it('400 for what can not be, all fields together', async () => {
    const answer = await create({
      username: 'wanda',
      email: 'olivia@example.org',
      groups: ['x'],
      password: '123',
      is_staff: 2,
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      username: ['A user with that username already exists.'],
      email: ['A user is already registered with this e-mail address.'],
      groups: ['Object with name=x does not exist.'],
      is_staff: ['Must be a valid boolean.'],
      password: expect.arrayContaining([expect.stringMatching(/too short/)]),
    });
    expect((await create({})).body).toEqual({ username: ['This field is required.'] });
    expect((await create({ username: 'created6', send_password_mail: true })).body).toEqual({
      email: ['This field is required.'],
    });
  });

  it('makes one account of a name that is asked for many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => create({ username: 'created7' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400, 400]);
  });

  it('403 for everybody but administrators, and with a personal access token', async () => {
    for (const client of [world.owner, world.stranger, world.nobody]) {
      const answer = await client.send('POST', '/api/users', { username: 'sneaky' });
      expect([answer.status, answer.body]).toEqual([
        403,
        { detail: 'You do not have permission to perform this action.' },
      ]);
    }
    const key = `cvatest3.${'s'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: world.admin.id, key });
    const headers = { Authorization: `Bearer ${key}` };
    expect(
      (await app.send('/api/users', { method: 'POST', body: { username: 'sneaky' }, headers })).status,
    ).toBe(403);
    expect((await world.admin.get('/api/users?username=sneaky')).body['count']).toBe(0);
  });
});
