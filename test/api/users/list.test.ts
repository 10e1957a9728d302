import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { useWorld } from '../../support/world.js';

const app = useTestApp();
const world = useWorld(app);

const BASIC = ['url', 'id', 'username', 'first_name', 'last_name'];
const FULL = [
  ...BASIC,
  'email',
  'groups',
  'is_staff',
  'is_superuser',
  'is_active',
  'last_login',
  'date_joined',
  'has_analytics_access',
];

const rowsOf = (body: unknown) => (body as { results: Record<string, unknown>[] }).results;
const idsOf = (body: unknown) => rowsOf(body).map(({ id }) => id);
const sorted = (ids: readonly number[]) => [...ids].sort((left, right) => right - left);

describe('GET /api/users', () => {
  describe('200', () => {
    it('shows nobody but himself to a person outside an organization', async () => {
      const { body, text } = await world.stranger.get('/api/users');
      expect(body).toMatchObject({ count: 1, next: null, previous: null });
      expect(idsOf(body)).toEqual([world.stranger.id]);
      expect(text).not.toContain(world.owner.username);
    });

    it('shows basic bodies to everybody but superusers, even of oneself', async () => {
      for (const viewer of [world.worker, world.owner, world.groupAdmin]) {
        const { body, text } = await viewer.get(`/api/users?org=${world.acme.slug}&page_size=all`);
        for (const row of rowsOf(body)) expect(Object.keys(row)).toEqual(BASIC);
        expect(text).not.toContain('@');
      }
    });

    it('shows a superuser every account in full, and never a password hash', async () => {
      const { body, text } = await world.admin.get('/api/users?page_size=all');
      expect(body['count']).toBe(rowsOf(body).length);
      for (const row of rowsOf(body)) expect(Object.keys(row)).toEqual(FULL);
      expect(text).not.toMatch(/bcrypt|pbkdf2|password/);
    });

    it('shows a member the people of their organization, the invited one too, and nobody else', async () => {
      const { owner, maintainer, supervisor, worker, invited } = world;
      const expected = sorted([owner, maintainer, supervisor, worker, invited].map(({ id }) => id));
      for (const viewer of [worker, owner]) {
        expect(idsOf((await viewer.get(`/api/users?org=${world.acme.slug}`)).body)).toEqual(expected);
        expect(idsOf((await viewer.get(`/api/users?org_id=${world.acme.id}`)).body)).toEqual(expected);
        const named = await viewer.send('GET', '/api/users', undefined, {
          headers: { 'X-Organization': world.acme.slug },
        });
        expect(idsOf(named.body)).toEqual(expected);
      }
    });

    it('shows those without an organization in the explicit personal workspace', async () => {
      const all = idsOf((await world.admin.get('/api/users?org=&page_size=all')).body);
      expect(all).toContain(world.stranger.id);
      expect(all).not.toContain(world.worker.id);
      expect(idsOf((await world.worker.get('/api/users?org=')).body)).toEqual([]);
    });

    it('filters, searches and sorts by the columns of the contract', async () => {
      const filter = encodeURIComponent(JSON.stringify({ '==': [{ var: 'id' }, String(world.worker.id)] }));
      expect(idsOf((await world.admin.get(`/api/users?filter=${filter}`)).body)).toEqual([world.worker.id]);
      expect(idsOf((await world.admin.get('/api/users?username=wanda')).body)).toEqual([world.worker.id]);
      expect(idsOf((await world.admin.get('/api/users?search=WAND')).body)).toEqual([world.worker.id]);
      expect((await world.admin.get('/api/users?is_active=false')).body['count']).toBe(0);
      const names = rowsOf((await world.admin.get('/api/users?sort=username&page_size=all')).body).map(
        ({ username }) => username,
      );
      expect(names).toEqual([...names].sort());
    });

    it('goes through its pages with absolute links', async () => {
      const first = await world.admin.get('/api/users?page_size=5&sort=id');
      expect(first.body['next']).toBe(`${app.url}/api/users?page=2&page_size=5&sort=id`);
      const second = await world.admin.get('/api/users?page_size=5&sort=id&page=2');
      expect(second.body['previous']).toBe(`${app.url}/api/users?page_size=5&sort=id`);
      expect(idsOf(second.body)).not.toContain(idsOf(first.body)[0]);
    });

    it('tells no more by filters on columns that it does not show', async () => {
      const { body } = await world.stranger.get(
        '/api/users?email=olivia@example.org&password=x&sort=password,email',
      );
      expect(idsOf(body)).toEqual([world.stranger.id]);
      const hidden = encodeURIComponent(JSON.stringify({ '==': [{ var: 'email' }, 'olivia@example.org'] }));
      const refused = await world.stranger.send('GET', `/api/users?filter=${hidden}`);
      expect(refused.status).toBe(400);
      expect(refused.body).toEqual(["filter: term 'email' is not supported"]);
    });
  });

  it('401 without credentials', async () => {
    const answer = await app.send('/api/users');
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided.' });
  });

  it('403 for a person who is not an active member of the organization they name', async () => {
    for (const viewer of [world.stranger, world.invited, world.otherOwner]) {
      const answer = await viewer.send('GET', `/api/users?org=${world.acme.slug}`);
      expect(answer.status).toBe(403);
      expect(answer.body).toEqual({ detail: 'You do not have permission to perform this action.' });
    }
  });

  it('404 for an organization and for a page that are not there', async () => {
    const answer = await world.admin.send('GET', '/api/users?org=nowhere');
    expect([answer.status, answer.body]).toEqual([404, { detail: 'nowhere organization does not exist.' }]);
    const page = await world.admin.send('GET', '/api/users?page=999');
    expect([page.status, page.body]).toEqual([404, { detail: 'Invalid page.' }]);
  });

  it.each([
    ['org=acme&org_id=1', /at the same time/],
    ['org=acme&org=globex', /different values/],
    ['org_id=1&org_id=2', /different values/],
    ['org_id=abc', /Enter a number/],
  ])('400 for the contradictory context %s', async (query, sentence) => {
    const answer = await world.admin.send('GET', `/api/users?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(sentence);
  });

  it('answers HEAD as GET without a body, and OPTIONS with its metadata', async () => {
    const head = await world.worker.send('HEAD', '/api/users');
    expect([head.status, head.text]).toEqual([200, '']);
    const options = await world.stranger.send('OPTIONS', `/api/users?org=${world.acme.slug}`);
    expect(options.status).toBe(200);
    expect(options.body).toMatchObject({ name: 'User List', parses: ['application/json'] });
    expect(options.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
  });
});
