import { describe, expect, it } from 'vitest';
import { createTestApp, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { insertOrganization } from '../../support/organization-rows.js';
import { outboxOf } from '../../support/outbox-rows.js';
import { changeUser, deleteProfile, insertAccessToken } from '../../support/rows.js';
import { countRows } from '../../support/tables.js';
import { clientOf, useWorld } from '../../support/world.js';

const app = useTestApp();
const world = useWorld(app);

const BASIC = ['url', 'id', 'username', 'first_name', 'last_name'];
const DENIED = { detail: 'You do not have permission to perform this action.' };
const UNKNOWN_FIELD = { detail: 'Attempted to update an unknown field' };
const pathOf = ({ id }: { readonly id: number }) => `/api/users/${id}`;
const someone = async () => clientOf(app, await app.register());

describe('GET /api/users/{id}', () => {
  it('200 with everything for oneself, through the id or as self', async () => {
    const { body, status } = await world.worker.get(pathOf(world.worker));
    expect(status).toBe(200);
    expect(body).toEqual({
      url: `${app.url}/api/users/${world.worker.id}`,
      id: world.worker.id,
      username: 'wanda',
      first_name: '',
      last_name: '',
      email: 'wanda@example.org',
      groups: ['user'],
      is_staff: false,
      is_superuser: false,
      is_active: true,
      last_login: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/),
      date_joined: expect.stringMatching(/Z$/),
      has_analytics_access: false,
    });
    expect((await world.worker.get('/api/users/self')).body).toEqual(body);
  });

  it('200 with the basic body for a fellow member, and for an administrator without the flag', async () => {
    const fellow = await world.worker.get(`${pathOf(world.owner)}?org=${world.acme.slug}`);
    expect([fellow.status, Object.keys(fellow.body)]).toEqual([200, BASIC]);
    const seen = await world.groupAdmin.get(pathOf(world.owner));
    expect([seen.status, Object.keys(seen.body)]).toEqual([200, BASIC]);
    expect(fellow.text + seen.text).not.toMatch(/@|bcrypt/);
  });

  it('200 with everything for a superuser', async () => {
    expect((await world.admin.get(pathOf(world.stranger))).body).toMatchObject({
      email: 'stefan@example.org',
      groups: ['user'],
    });
  });

  it('403 for a stranger of the organization that the request names: the role is the target’s (deviation 4)', async () => {
    for (const target of [world.stranger, world.otherWorker, world.admin]) {
      const answer = await world.owner.send('GET', `${pathOf(target)}?org=${world.acme.slug}`);
      expect([answer.status, answer.body]).toEqual([403, DENIED]);
    }
    const outside = await world.stranger.send('GET', `${pathOf(world.worker)}?org=${world.acme.slug}`);
    expect([outside.status, outside.body]).toEqual([403, DENIED]);
  });

  it('403 without an organization, even for a fellow member', async () => {
    expect((await world.worker.send('GET', pathOf(world.owner))).status).toBe(403);
  });

  it.each([
    ['999999', 'No User matches the given query.'],
    ['-1', 'No User matches the given query.'],
    ['99999999999999999999', 'No User matches the given query.'],
    ['abc', 'Not found.'],
    ['1e3', 'Not found.'],
    ['%00', 'Not found.'],
  ])('404 for the id %s', async (id, detail) => {
    const answer = await world.admin.send('GET', `/api/users/${id}`);
    expect([answer.status, answer.body]).toEqual([404, { detail }]);
  });

  it('405 for other methods, 401 for them without credentials', async () => {
    const answer = await world.worker.send('PUT', pathOf(world.worker), {});
    expect([answer.status, answer.body]).toEqual([405, { detail: 'Method "PUT" not allowed.' }]);
    expect(answer.headers.allow).toBe('GET, PATCH, DELETE, HEAD, OPTIONS');
    expect((await app.send(pathOf(world.worker), { method: 'PUT', body: {} })).status).toBe(401);
    expect((await world.worker.send('PATCH', '/api/users/self', {})).status).toBe(405);
  });
});

describe('PATCH /api/users/{id}', () => {
  it('200: a person changes their own names, and sees themselves in full', async () => {
    const client = await someone();
    const changes = { first_name: ' Zoë ', last_name: '', username: `${client.username}-2` };
    const answer = await client.send('PATCH', pathOf(client), changes);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ...changes, first_name: 'Zoë', email: client.email });
  });

  it('200 for an empty body: it asks for view alone', async () => {
    const client = await someone();
    const answer = await client.send('PATCH', pathOf(client), {});
    expect([answer.status, (answer.body as { id: number }).id]).toEqual([200, client.id]);
  });

  it('200: an administrator changes address, groups and flags; the answer depends on their flag', async () => {
    const [first, second] = [await someone(), await someone()];
    const changes = { email: 'new@example.org', groups: ['worker'], is_staff: true };
    expect((await world.admin.send('PATCH', pathOf(first), changes)).body).toMatchObject(changes);
    const plain = await world.groupAdmin.send('PATCH', pathOf(second), {
      ...changes,
      email: 'other@example.org',
    });
    expect([plain.status, Object.keys(plain.body as object)]).toEqual([200, BASIC]);
    expect((await second.get('/api/users/self')).body).toMatchObject({
      email: 'other@example.org',
      groups: ['worker'],
    });
  });

  it('200 with the side effects of CVAT: staff superusers are admins, admins see the analytics', async () => {
    const client = await someone();
    const made = await world.admin.send('PATCH', pathOf(client), { is_superuser: true, is_staff: true });
    expect(made.body).toMatchObject({ groups: ['admin', 'user'], has_analytics_access: true });
    const unmade = await world.admin.send('PATCH', pathOf(client), { is_superuser: false, groups: [] });
    expect(unmade.body).toMatchObject({ groups: [], is_staff: true, has_analytics_access: true });
  });

  it('200 with analytics for a superuser, whatever the request changes, and even without a profile', async () => {
    for (const body of [{ is_superuser: true }, { first_name: 'Sam' }]) {
      const client = await someone();
      const { id } = client;
      await deleteProfile(app.db, id);
      await changeUser(app.db, id, { isSuperuser: !('is_superuser' in body) });
      const answer = await world.admin.send('PATCH', pathOf(client), body);
      expect(answer.body).toMatchObject({ groups: ['user'], has_analytics_access: true });
    }
  });

  describe('400', () => {
    it('for a name that somebody has, in whatever case', async () => {
      const client = await someone();
      for (const username of ['wanda', 'WANDA']) {
        const answer = await client.send('PATCH', pathOf(client), { username });
        expect([answer.status, answer.body]).toEqual([
          400,
          { username: ['A user with that username already exists.'] },
        ]);
      }
      expect(
        (await client.send('PATCH', pathOf(client), { username: client.username.toUpperCase() })).status,
      ).toBe(200);
    });

    it('for names that can not be, all fields together, in their order', async () => {
      const client = await someone();
      const answer = await world.admin.send('PATCH', pathOf(client), {
        is_active: 'maybe',
        groups: ['user', 'gods'],
        email: 'nowhere',
        first_name: 'x'.repeat(151),
        username: 'a b',
      });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toBe(
        JSON.stringify({
          username: [
            'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
          ],
          first_name: ['Ensure this field has no more than 150 characters.'],
          email: ['Enter a valid email address.'],
          groups: ['Object with name=gods does not exist.'],
          is_active: ['Must be a valid boolean.'],
        }),
      );
      expect((await client.get('/api/users/self')).body).toMatchObject({
        username: client.username,
        is_active: true,
      });
    });

    it.each([
      [{ username: null }, { username: ['This field may not be null.'] }],
      [{ username: ' ' }, { username: ['This field may not be blank.'] }],
      [
        { username: 'nul\0' },
        { username: [expect.stringMatching(/^Enter a valid username/), 'Null characters are not allowed.'] },
      ],
      [{ groups: ['user', 'nul\0'] }, { groups: ['Invalid value.'] }],
      [{ groups: ['\ud800'] }, { groups: ['Invalid value.'] }],
      [{ groups: ['gods', 'nul\0'] }, { groups: ['Object with name=gods does not exist.'] }],
      [{ first_name: 'a\0' }, { first_name: ['Null characters are not allowed.'] }],
      [{ groups: 'user' }, { groups: ['Expected a list of items but got type "str".'] }],
      [{ groups: null }, { groups: ['This field may not be null.'] }],
      [{ groups: [null, {}] }, { groups: ['Object with name=None does not exist.'] }],
      [[], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
      ['x', { detail: expect.stringMatching(/^JSON parse error/) }],
    ])('for %j', async (body, expected) => {
      const answer = await world.admin.send('PATCH', pathOf(world.stranger), body, {
        headers: { 'Content-Type': 'application/json' },
      });
      expect([answer.status, answer.body]).toEqual([400, expected]);
    });
  });

  describe('403', () => {
    it('for fields of the administrator, whoever’s account it is, and nothing changes', async () => {
      const client = await someone();
      const before = (await client.get('/api/users/self')).body;
      for (const change of [
        { email: 'x@example.org' },
        { groups: ['admin'] },
        { is_superuser: true },
        { is_staff: true },
        { is_active: false },
      ]) {
        const answer = await client.send('PATCH', pathOf(client), { first_name: 'Eve', ...change });
        expect([answer.status, answer.body]).toEqual([403, DENIED]);
      }
      expect((await client.get('/api/users/self')).body).toEqual(before);
    });

    it('for fields that are not there to be changed, before anything else is looked at', async () => {
      for (const field of [
        'id',
        'password',
        'last_login',
        'date_joined',
        'has_analytics_access',
        'url',
        'key',
        '__proto__',
        'constructor',
      ]) {
        const body = `{"first_name": 1e999, ${JSON.stringify(field)}: 1}`;
        const more = { headers: { 'Content-Type': 'application/json' } };
        const answer = await world.admin.send('PATCH', pathOf(world.stranger), body, more);
        expect([answer.status, answer.body]).toEqual([403, UNKNOWN_FIELD]);
      }
    });

    it('for the account of another, also of a fellow member', async () => {
      const answer = await world.owner.send('PATCH', `${pathOf(world.worker)}?org=${world.acme.slug}`, {
        first_name: 'Eve',
      });
      expect([answer.status, answer.body]).toEqual([403, DENIED]);
    });

    it('with a personal access token, even for oneself', async () => {
      const client = await someone();
      const key = `cvatest1.${'s'.repeat(32)}`;
      await insertAccessToken(app.db, { ownerId: client.id, key });
      const headers = { Authorization: `Bearer ${key}` };
      expect((await app.send(pathOf(client), { headers })).status).toBe(200);
      expect(
        (await app.send(pathOf(client), { method: 'PATCH', body: { first_name: 'Eve' }, headers })).status,
      ).toBe(403);
      expect((await app.send(pathOf(client), { method: 'DELETE', headers })).status).toBe(403);
    });
  });

  it('gives a name that many want at once to exactly one of them', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, someone));
    const names = clients.map((_, index) => (index % 2 === 0 ? 'Wanted' : 'wanted'));
    const answers = await Promise.all(
      clients.map((client, index) => client.send('PATCH', pathOf(client), { username: names[index] })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 7 }, () => 400),
    ]);
  });

  it('refuses a deactivated account at once, and brings neither its sessions nor its API token back with it', async () => {
    const { id, username, password, authorization } = await app.register();
    const login = async () => {
      const browser = app.browser();
      await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
      return browser;
    };
    const old = await login();
    expect((await old.send('/api/users/self')).status).toBe(200);

    await world.admin.send('PATCH', `/api/users/${id}`, { is_active: false });
    expect((await old.send('/api/users/self')).status).toBe(401);
    expect((await app.send('/api/users/self', { headers: authorization })).status).toBe(401);

    await world.admin.send('PATCH', `/api/users/${id}`, { is_active: true });
    expect((await old.send('/api/users/self')).status).toBe(401);
    expect((await (await login()).send('/api/users/self')).status).toBe(200);
    expect((await app.send('/api/users/self', { headers: authorization })).status).toBe(401);
  });
});

it('tells a person who waited for an administrator that the account is active', async () => {
  const other = await createTestApp({ env: { REGISTRATION_MODE: 'approval', EMAIL_BACKEND: 'console' } });
  try {
    const body = {
      username: 'waiting',
      email: 'waiting@example.org',
      password1: 'Wiesel-42-quarks',
      password2: 'Wiesel-42-quarks',
    };
    expect((await other.send('/api/auth/register', { method: 'POST', body })).status).toBe(201);
    const headers = { Authorization: basicAuth(other.admin.username, other.admin.password) };
    const { results } = (await other.send('/api/users?username=waiting', { headers })).json() as {
      results: { id: number }[];
    };
    const path = `/api/users/${results[0]?.id}`;
    const mails = () => outboxOf(other.db, { kind: 'account-activated', recipient: body.email });
    await other.send(path, { method: 'PATCH', headers, body: { first_name: 'W' } });
    expect(await mails()).toHaveLength(0);
    for (const isActive of [true, false, true])
      await other.send(path, { method: 'PATCH', headers, body: { is_active: isActive } });
    expect(await mails()).toHaveLength(1);
  } finally {
    await other.close();
  }
});

describe('DELETE /api/users/{id}', () => {
  const count = (table: string, condition: string) => countRows(app.db, `${table} where ${condition}`);

  it('204: a person removes themselves, with everything of their own; what they owned stays, without an owner', async () => {
    const client = await someone();
    const organizationId = await insertOrganization(app.db, client.username, client.id);
    await insertAccessToken(app.db, { ownerId: client.id, key: `cvatest2.${'s'.repeat(32)}` });
    const answer = await client.send('DELETE', pathOf(client));
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([204, '', undefined]);
    expect((await client.send('GET', '/api/users/self')).status).toBe(401);
    for (const table of [
      'organizations_membership',
      'auth_user_groups',
      'engine_profile',
      'account_emailaddress',
      'authtoken_token',
    ]) {
      expect([table, await count(table, `user_id = ${client.id}`)]).toEqual([table, 0]);
    }
    expect(await count('access_tokens_accesstoken', `owner_id = ${client.id}`)).toBe(0);
    expect((await world.admin.get(`/api/organizations/${organizationId}`)).body).toMatchObject({
      owner: null,
    });
  });

  it('204: an administrator, anybody; the second time it is 404', async () => {
    const client = await someone();
    expect((await world.admin.send('DELETE', pathOf(client))).status).toBe(204);
    const again = await world.admin.send('DELETE', pathOf(client));
    expect([again.status, again.body]).toEqual([404, { detail: 'No User matches the given query.' }]);
  });

  it('403 for the account of another', async () => {
    for (const target of [world.worker, world.stranger]) {
      expect((await world.owner.send('DELETE', `${pathOf(target)}?org=${world.acme.slug}`)).status).toBe(403);
    }
    expect((await world.worker.get('/api/users/self')).status).toBe(200);
  });
});
