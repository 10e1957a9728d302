import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { type Client, clientOf, useWorld } from '../../support/world.js';

/** What newer releases of CVAT know of accounts: how they came about, whether the address is proven, and a survey. */

const EMPTY = {
  cvat_usage_reason: '',
  primary_role: '',
  planned_activities: [],
  data_types: [],
  discovery_source: '',
};
const ANSWERS = {
  cvat_usage_reason: 'work_project',
  primary_role: 'Ornithologist',
  planned_activities: ['annotate_data', 'review_quality'],
  data_types: ['images', 'birdsong'],
  discovery_source: 'a colleague',
};

const app = useTestApp({ env: { CVAT_VERSION: '2.80.0', EMAIL_BACKEND: 'console' } });
const world = useWorld(app);
const self = async (client: Client) => (await client.get('/api/users/self')).body;

describe('a person', () => {
  it('sees in their account all fields of 2.80, in its order', async () => {
    const person = clientOf(app, await app.register());
    const account = await self(person);
    expect(account).toMatchObject({ ...EMPTY, email_verified: false, created_via: 'registration' });
    expect(Object.keys(account).slice(-8)).toEqual([
      'has_analytics_access',
      ...Object.keys(EMPTY),
      'email_verified',
      'created_via',
    ]);
    expect((await person.get(`/api/users/${person.id}`)).body).toEqual(account);
  });

  it('answers the survey in parts, and keeps what they said before', async () => {
    const person = clientOf(app, await app.register());
    const answer = (body: object) => person.send('PATCH', `/api/users/${person.id}`, body);
    const { cvat_usage_reason, ...others } = ANSWERS;
    expect((await answer({ cvat_usage_reason })).body).toMatchObject({ ...EMPTY, cvat_usage_reason });
    expect((await answer(others)).body).toMatchObject(ANSWERS);
    expect(await self(person)).toMatchObject(ANSWERS);
    await answer({ data_types: [], primary_role: '', first_name: 'Ada' });
    expect(await self(person)).toMatchObject({
      ...ANSWERS,
      data_types: [],
      primary_role: '',
      first_name: 'Ada',
    });
  });

  it('learns what is wrong with an answer, and nothing changes', async () => {
    const person = clientOf(app, await app.register());
    const refused = async (body: object) => {
      const answer = await person.send('PATCH', `/api/users/${person.id}`, body);
      expect(answer.status, answer.text).toBe(400);
      return answer.body;
    };
    expect(await refused({ cvat_usage_reason: 'fun' })).toEqual({
      cvat_usage_reason: ['"fun" is not a valid choice.'],
    });
    expect(await refused({ planned_activities: ['annotate_data', 'sleep'] })).toEqual({
      planned_activities: { 1: ['"sleep" is not a valid choice.'] },
    });
    expect(await refused({ planned_activities: 'annotate_data' })).toEqual({
      planned_activities: ['Expected a list of items but got type "str".'],
    });
    expect(await refused({ data_types: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] })).toEqual({
      data_types: ['Ensure this field has no more than 6 elements.'],
    });
    expect(await refused({ primary_role: 'x'.repeat(256), data_types: [''] })).toEqual({
      primary_role: ['Ensure this field has no more than 255 characters.'],
      data_types: { 0: ['This field may not be blank.'] },
    });
    expect(await refused({ discovery_source: null, cvat_usage_reason: null })).toEqual({
      cvat_usage_reason: ['This field may not be null.'],
      discovery_source: ['This field may not be null.'],
    });
    expect(await self(person)).toMatchObject(EMPTY);
  });
});

describe('others', () => {
  it('see how an account came about only as superusers, and never the survey', async () => {
    const person = clientOf(app, await app.register());
    await person.send('PATCH', `/api/users/${person.id}`, ANSWERS);
    const seen = (await world.admin.get(`/api/users/${person.id}`)).body;
    expect(seen).toMatchObject({ email_verified: false, created_via: 'registration' });
    for (const field of Object.keys(EMPTY)) expect(seen).not.toHaveProperty(field);
    const listed = (await world.admin.get(`/api/users?username=${person.username}`)).body;
    expect(listed).toMatchObject({ results: [{ created_via: 'registration' }] });
    const toMember = await world.owner.get(
      `/api/users?org=${world.acme.slug}&username=${world.worker.username}`,
    );
    expect(Object.keys((toMember.body['results'] as object[])[0] ?? {})).toEqual([
      'url',
      'id',
      'username',
      'first_name',
      'last_name',
    ]);
  });

  it('cannot answer the survey for somebody, not even administrators', async () => {
    for (const client of [world.admin, world.groupAdmin, world.stranger]) {
      const answer = await client.send('PATCH', `/api/users/${world.worker.id}`, { primary_role: 'x' });
      expect([403, 404]).toContain(answer.status);
    }
    expect(await self(world.worker)).toMatchObject(EMPTY);
  });
});

describe('how an account came about', () => {
  it('is null for one that an administrator made, and invitation until the invited person registers', async () => {
    const made = await world.admin.send('POST', '/api/users', { username: 'made-by-hand' });
    expect(made.body).toMatchObject({ created_via: null });
    const email = 'guest@example.org';
    const invited = await world.owner.send('POST', `/api/invitations?org=${world.acme.slug}`, {
      role: 'worker',
      email,
    });
    const { id } = (invited.body as { user: { id: number } }).user;
    const seen = async () => (await world.admin.get(`/api/users/${id}`)).body;
    expect(await seen()).toMatchObject({ created_via: 'invitation', email_verified: null });
    await app.register('guest-person', { email });
    expect(await seen()).toMatchObject({ created_via: 'registration', email_verified: false });
  });
});

describe('older releases', () => {
  const apps = ['2.74.1', '2.75.0', '2.76.0'].map((CVAT_VERSION) => useTestApp({ env: { CVAT_VERSION } }));

  it('have no more fields than they had, and refuse the survey', async () => {
    const fields = [[], ['created_via'], ['email_verified', 'created_via']];
    for (const [index, older] of apps.entries()) {
      const person = clientOf(older, await older.register());
      const keys = Object.keys(await self(person));
      expect(keys.slice(keys.indexOf('has_analytics_access') + 1)).toEqual(fields[index]);
      const answer = await person.send('PATCH', `/api/users/${person.id}`, { primary_role: 'x' });
      expect([answer.status, answer.body]).toEqual([403, { detail: 'Attempted to update an unknown field' }]);
    }
  });
});
