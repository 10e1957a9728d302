import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { clientOf, useWorld } from '../../support/world.js';

/** What the API does differently in newer releases of CVAT, and that it does not in 2.62. */

const newest = useTestApp({
  env: { CVAT_VERSION: '2.80.0', EMAIL_BACKEND: 'console', ORG_INVITATION_CONFIRM: 'true' },
});
const before = useTestApp({ env: { EMAIL_BACKEND: 'console' } });
const [now, then] = [useWorld(newest), useWorld(before)];

describe('the version', () => {
  it('is what clients read, and what the document says', async () => {
    const about = await newest.send('/api/server/about');
    expect(about.json()).toMatchObject({ version: '2.80.0' });
    const document = await newest.send('/api/schema/?scheme=json', { headers: now.admin.headers });
    expect(document.json()).toMatchObject({ info: { version: '2.80.0' } });
    expect((await before.send('/api/server/about')).json()).toMatchObject({ version: '2.62.0' });
  });
});

describe('lists', () => {
  it('filter tokens by read_only since 2.65', async () => {
    for (const world of [now, then])
      for (const read_only of [true, false])
        await world.worker.send('POST', '/api/auth/access_tokens', { name: `r${read_only}`, read_only });
    const names = async (world: typeof now) =>
      (await world.worker.get('/api/auth/access_tokens?read_only=true')).body['results'] as {
        name: string;
      }[];
    expect((await names(now)).map(({ name }) => name)).toEqual(['rtrue']);
    expect((await names(then)).map(({ name }) => name)).toEqual(['rfalse', 'rtrue']);
  });

  it('filter invitations by accepted and user_id since 2.65, sort by them, and show accepted', async () => {
    const list = async (world: typeof now, query: string) =>
      (await world.owner.get(`/api/invitations?org=${world.acme.slug}&${query}`)).body as {
        count: number;
        results: Record<string, unknown>[];
      };
    const own = `user_id=${now.invited.id}`;
    expect(await list(now, own)).toMatchObject({ count: 1, results: [{ accepted: false }] });
    expect(Object.keys((await list(now, own)).results[0] ?? {}).slice(-3)).toEqual([
      'expired',
      'accepted',
      'organization_info',
    ]);
    expect((await list(now, 'accepted=true')).count).toBe(0);
    expect((await list(now, `user_id=${now.owner.id}`)).count).toBe(0);
    expect((await list(now, 'sort=-user_id,accepted')).count).toBe(1);
    // CVAT 2.62 ignores names that it does not know.
    expect((await list(then, 'accepted=true')).count).toBe(1);
    expect((await list(then, own)).results[0]).not.toHaveProperty('accepted');
  });

  it('search members by name alone since 2.65', async () => {
    const count = async (world: typeof now) =>
      (await world.owner.get(`/api/memberships?org=${world.acme.slug}&search=maintainer`)).body['count'];
    expect([await count(now), await count(then)]).toEqual([0, 1]);
  });
});

describe('strangers', () => {
  it('get 403, not 404, for what exists since 2.65, and 404 for what does not', async () => {
    const ask = async (world: typeof now, path: string) => (await world.stranger.send('GET', path)).status;
    expect([
      await ask(now, `/api/organizations/${now.acme.id}`),
      await ask(now, '/api/organizations/999999'),
      await ask(now, `/api/invitations/${now.key}`),
      await ask(now, '/api/invitations/unknown'),
      await ask(then, `/api/organizations/${then.acme.id}`),
      await ask(then, `/api/invitations/${then.key}`),
    ]).toEqual([403, 404, 403, 404, 404, 404]);
  });

  it('change nothing by it', async () => {
    for (const [method, path, body] of [
      ['PATCH', `/api/organizations/${now.acme.id}`, { name: 'Mine' }],
      ['DELETE', `/api/organizations/${now.acme.id}`],
      ['POST', `/api/organizations/${now.acme.id}/transfer`, { user: now.stranger.id }],
      ['POST', `/api/organizations/${now.acme.id}/transfer/confirm`],
      ['DELETE', `/api/invitations/${now.key}`],
      ['POST', `/api/invitations/${now.key}/accept`],
      ['POST', `/api/invitations/${now.key}/resend`],
    ] as const)
      expect([403, 404], path).toContain((await now.stranger.send(method, path, body)).status);
    expect((await now.invited.send('POST', `/api/invitations/${now.key}/decline`)).status).toBe(204);
  });
});

describe('people who are invited and have not accepted', () => {
  const invited = useWorld(newest, 'invited-');

  it.each(['worker', 'maintainer'])(
    'neither see nor change the organization in any role: %s',
    async (role) => {
      const email = `${role}-to-be@example.org`;
      const person = clientOf(newest, await newest.register(`${role}-to-be`, { email }));
      const { id, slug } = invited.acme;
      const sent = await invited.owner.send('POST', `/api/invitations?org=${slug}`, { role, email });
      expect(sent.body).toMatchObject({ accepted: false, user: { id: person.id } });
      const refused = async (method: string, path: string, body?: object) =>
        expect([path, (await person.send(method, path, body)).status]).toEqual([path, 403]);
      await refused('GET', `/api/organizations/${id}`);
      await refused('PATCH', `/api/organizations/${id}`, { name: 'Mine' });
      await refused('DELETE', `/api/organizations/${id}`);
      await refused('GET', `/api/organizations/${id}/factor_requirement`);
      await refused('GET', `/api/memberships/${invited.owner.membershipId}`);
      await refused('DELETE', `/api/invitations/${invited.key}`);
      expect((await invited.owner.get(`/api/organizations/${id}`)).body).toMatchObject({ id, slug });
      expect(
        (await person.send('GET', `/api/invitations/${(sent.body as { key: string }).key}`)).status,
      ).toBe(200);
    },
  );
});

describe('a password of a wrong length', () => {
  const registration = (password: string) => ({
    username: 'newcomer',
    email: 'newcomer@example.org',
    password1: password,
    password2: password,
  });
  const register = async (app: typeof newest, password: string) =>
    (await app.send('/api/auth/register', { method: 'POST', body: registration(password) })).json();
  const [short, long] = [
    'Ensure this field has at least 8 characters.',
    'Ensure this field has no more than 256 characters.',
  ];

  it('is refused by the serializer since 2.63, in both fields', async () => {
    expect(await register(newest, 'Kw7-z')).toEqual({ password1: [short], password2: [short] });
    expect(await register(newest, 'Kw7-'.repeat(65))).toEqual({ password1: [long], password2: [long] });
    expect(await register(before, 'Kw7-z')).toEqual({
      password1: ['This password is too short. It must contain at least 8 characters.'],
    });
  });

  it('is refused so in a change too', async () => {
    const person = await newest.register();
    const answer = await newest.send('/api/auth/password/change', {
      method: 'POST',
      headers: person.authorization,
      body: { old_password: person.password, new_password1: 'Kw7-z', new_password2: 'Kw7-z' },
    });
    expect([answer.status, answer.json()]).toEqual([400, { new_password1: [short], new_password2: [short] }]);
  });
});

describe('addresses', () => {
  it('are stored in lower case since 2.70 at registration, and since 2.73 in invitations', async () => {
    const fields = { email: 'Some.One@Example.ORG' };
    const register = async (app: typeof newest, username: string) =>
      (
        await app.send('/api/auth/register', {
          method: 'POST',
          body: { username, ...fields, password1: 'Wiesel-42-quarks', password2: 'Wiesel-42-quarks' },
        })
      ).json();
    expect(await register(newest, 'someone')).toMatchObject({ email: 'some.one@example.org' });
    expect(await register(before, 'someone')).toMatchObject({ email: 'Some.One@Example.ORG' });
    const invite = async (world: typeof now) =>
      (
        await world.owner.send('POST', `/api/invitations?org=${world.acme.slug}`, {
          role: 'worker',
          email: 'New.One@Example.ORG',
        })
      ).body;
    expect(await invite(now)).toMatchObject({ user: { username: 'new.one@example.org' } });
    expect(await invite(then)).toMatchObject({ user: { username: 'New.One@Example.ORG' } });
  });
});

describe('a PATCH of an invitation', () => {
  it('is gone since 2.70', async () => {
    const patch = (world: typeof now) =>
      world.owner.send('PATCH', `/api/invitations/unknown?org=${world.acme.slug}`, { role: 'worker' });
    expect([(await patch(now)).status, (await patch(then)).status]).toEqual([405, 404]);
  });
});
