import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { insertAccessToken } from '../../support/rows.js';
import { type Client, useWorld } from '../../support/world.js';

const app = useTestApp();
const world = useWorld(app);

const DENIED = { detail: 'You do not have permission to perform this action.' };
const MISSING = { detail: 'No Organization matches the given query.' };
const SLUG_TEXT = 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.';
const pathOf = (id: number) => `/api/organizations/${id}`;
const slugsOf = (body: unknown) => (body as { results: { slug: string }[] }).results.map(({ slug }) => slug);

let counter = 0;
const create = async (client: Client, body: Record<string, unknown> = {}) => {
  const answer = await client.send('POST', '/api/organizations', { slug: `made${(counter += 1)}`, ...body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body as { id: number; slug: string };
};

describe('GET /api/organizations', () => {
  it('200: what one owns or is an active member of, in any context', async () => {
    for (const query of ['', '?org=globex', '?org=']) {
      expect(slugsOf((await world.worker.get(`/api/organizations${query}`)).body)).toEqual(['acme']);
    }
    expect(slugsOf((await world.otherOwner.get('/api/organizations')).body)).toEqual(['globex']);
    for (const client of [world.invited, world.stranger, world.nobody]) {
      expect((await client.get('/api/organizations')).body).toEqual({
        count: 0,
        next: null,
        previous: null,
        results: [],
      });
    }
  });

  it('200: everything to an administrator, filtered and sorted', async () => {
    expect(slugsOf((await world.groupAdmin.get('/api/organizations?sort=slug&page_size=all')).body)).toEqual(
      expect.arrayContaining(['acme', 'globex']),
    );
    const filter = encodeURIComponent(JSON.stringify({ and: [{ '==': [{ var: 'slug' }, 'acme'] }] }));
    const { body, text } = await world.admin.get(
      `/api/organizations?filter=${filter}&page_size=10&sort=slug`,
    );
    expect(slugsOf(body)).toEqual(['acme']);
    expect(text).not.toContain('@');
    expect(slugsOf((await world.admin.get('/api/organizations?owner=oscar')).body)).toEqual(['globex']);
    expect(slugsOf((await world.admin.get('/api/organizations?search=OSCA')).body)).toEqual(['globex']);
  });

  it('counts no foreign rows', async () => {
    const filter = encodeURIComponent(JSON.stringify({ '!!': { var: 'slug' } }));
    expect((await world.stranger.get(`/api/organizations?filter=${filter}`)).body['count']).toBe(0);
    expect((await world.worker.get('/api/organizations?search=globex')).body['count']).toBe(0);
  });
});

describe('POST /api/organizations', () => {
  it('201: the name is the slug unless it is given, and the creator is its owner and member', async () => {
    const answer = await world.stranger.send('POST', '/api/organizations', {
      slug: 'Neu_1',
      owner: 1,
      created_date: null,
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.any(Number),
      slug: 'Neu_1',
      name: 'Neu_1',
      description: '',
      created_date: expect.stringMatching(/Z$/),
      updated_date: expect.stringMatching(/Z$/),
      contact: {},
      owner: {
        url: `${app.url}/api/users/${world.stranger.id}`,
        id: world.stranger.id,
        username: 'stefan',
        first_name: '',
        last_name: '',
      },
    });
    const { created_date: created } = answer.body as { created_date: string };
    const members = await world.stranger.get('/api/memberships?org=Neu_1');
    expect(members.body['results']).toEqual([
      expect.objectContaining({ role: 'owner', is_active: true, joined_date: created, invitation: null }),
    ]);
  });

  it('201: keeps any JSON as contact', async () => {
    for (const contact of [[1, 'é', null], 'text', 5, false, { email: 'a@b.co', nested: { list: [{}] } }]) {
      expect(await create(world.owner, { contact, name: '  ', description: 'd' })).toMatchObject({
        contact,
        description: 'd',
      });
    }
  });

  it.each([
    [{}, { slug: ['This field is required.'] }],
    [{ slug: 'acme' }, { slug: ['organization with this slug already exists.'] }],
    [{ slug: 'seventeen_letters' }, { slug: ['Ensure this field has no more than 16 characters.'] }],
    [
      { slug: 'with blank', name: 'x'.repeat(65), contact: null },
      {
        slug: [SLUG_TEXT],
        name: ['Ensure this field has no more than 64 characters.'],
        contact: ['This field may not be null.'],
      },
    ],
    [
      { slug: 'acme', name: null },
      { slug: ['organization with this slug already exists.'], name: ['This field may not be null.'] },
    ],
    [{ slug: ['acme'] }, { slug: [SLUG_TEXT] }],
    [{ slug: 'ümläut' }, { slug: [SLUG_TEXT] }],
    [{ slug: 'ok1', contact: { a: ['\0'] } }, { contact: ['Value must be valid JSON.'] }],
    [{ slug: 'ok2', contact: { '\ud800': 1 } }, { contact: ['Value must be valid JSON.'] }],
    [{ slug: 'ok3', description: 'a\0b' }, { description: ['Null characters are not allowed.'] }],
    [[], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
  ])('400 for %j', async (body, expected) => {
    const answer = await world.owner.send('POST', '/api/organizations', body);
    expect([answer.status, answer.body]).toEqual([400, expected]);
  });

  it('gives a slug that many want at once to exactly one of them', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => world.owner.send('POST', '/api/organizations', { slug: 'wanted' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400, 400, 400, 400]);
  });

  it('403 for who is in no group, 401 for nobody', async () => {
    const answer = await world.nobody.send('POST', '/api/organizations', { slug: 'nope' });
    expect([answer.status, answer.body]).toEqual([403, DENIED]);
    expect((await app.send('/api/organizations', { method: 'POST', body: { slug: 'nope' } })).status).toBe(
      401,
    );
  });
});

describe('GET /api/organizations/{id}', () => {
  it('200 for members, its owner and administrators, whatever context they name', async () => {
    for (const client of [world.owner, world.maintainer, world.worker, world.admin, world.groupAdmin]) {
      const { status, body } = await client.get(`${pathOf(world.acme.id)}?org=globex`);
      expect([status, body['slug']]).toEqual([200, 'acme']);
    }
  });

  it('404 for a foreign one, exactly as for a missing one', async () => {
    for (const client of [world.stranger, world.otherOwner, world.invited, world.nobody]) {
      for (const [method, body] of [
        ['GET', undefined],
        ['PATCH', { name: 'x' }],
        ['DELETE', undefined],
      ] as const) {
        const foreign = await client.send(method, pathOf(world.acme.id), body);
        const missing = await client.send(method, pathOf(999_999), body);
        expect([foreign.status, foreign.body]).toEqual([404, MISSING]);
        expect([missing.status, missing.body]).toEqual([404, MISSING]);
      }
    }
    expect((await world.admin.get(pathOf(world.acme.id))).body['name']).toBe('acme');
  });

  it.each([
    ['abc', { detail: 'Not found.' }],
    ['0', MISSING],
    ['99999999999', MISSING],
  ])('404 for the id %s', async (id, expected) => {
    const answer = await world.admin.send('GET', `/api/organizations/${id}`);
    expect([answer.status, answer.body]).toEqual([404, expected]);
  });

  it('404 for a context that is not there, before the object is looked for', async () => {
    const answer = await world.worker.send('GET', `${pathOf(world.acme.id)}?org=nowhere`);
    expect([answer.status, answer.body]).toEqual([404, { detail: 'nowhere organization does not exist.' }]);
  });
});

describe('PATCH /api/organizations/{id}', () => {
  it('200: its owner and its maintainers change everything but the owner', async () => {
    const { id } = await create(world.owner);
    const answer = await world.owner.send('PATCH', pathOf(id), {
      slug: 'renamed',
      name: '',
      contact: [1],
      owner: world.stranger.id,
      id: 1,
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id,
      slug: 'renamed',
      name: '',
      contact: [1],
      owner: { id: world.owner.id },
    });
    const { body } = await world.maintainer.send('PATCH', pathOf(world.acme.id), { description: 'by Maria' });
    expect(body).toMatchObject({ slug: 'acme', description: 'by Maria' });
  });

  it('200 for an empty body, which still is a change', async () => {
    const made = (await create(world.owner)) as { id: number; slug: string; updated_date?: string };
    app.clock.advance(5000);
    const { body } = await world.owner.send('PATCH', pathOf(made.id), {});
    expect((body as { updated_date: string }).updated_date > String(made.updated_date)).toBe(true);
  });

  it('400 for the slug of another, not for its own', async () => {
    const taken = await world.owner.send('PATCH', pathOf(world.acme.id), { slug: 'globex' });
    expect([taken.status, taken.body]).toEqual([
      400,
      { slug: ['organization with this slug already exists.'] },
    ]);
    expect((await world.owner.send('PATCH', pathOf(world.acme.id), { slug: 'acme' })).status).toBe(200);
  });

  it('403 for other members, also for a wrong body', async () => {
    for (const client of [world.supervisor, world.worker]) {
      const answer = await client.send('PATCH', pathOf(world.acme.id), { slug: '' });
      expect([answer.status, answer.body]).toEqual([403, DENIED]);
    }
  });

  it('403 with a read-only access token, 200 with one that writes', async () => {
    const [reading, writing] = [`cvaread1.${'s'.repeat(32)}`, `cvawrit1.${'s'.repeat(32)}`];
    await insertAccessToken(app.db, { ownerId: world.owner.id, key: reading, readOnly: true });
    await insertAccessToken(app.db, { ownerId: world.owner.id, key: writing });
    const patch = (key: string) =>
      app.send(pathOf(world.acme.id), {
        method: 'PATCH',
        body: {},
        headers: { Authorization: `Bearer ${key}` },
      });
    expect((await patch(reading)).status).toBe(403);
    expect((await patch(writing)).status).toBe(200);
  });
});

describe('DELETE /api/organizations/{id}', () => {
  it('204: the owner, with memberships and invitations; then it is missing', async () => {
    const { id, slug } = await create(world.owner);
    await world.owner.send('POST', `/api/invitations?org=${slug}`, {
      role: 'worker',
      email: world.stranger.email,
    });
    const answer = await world.owner.send('DELETE', pathOf(id));
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await world.owner.send('GET', pathOf(id))).status).toBe(404);
    expect((await world.stranger.get('/api/memberships')).body['results']).not.toContainEqual(
      expect.objectContaining({ organization: id }),
    );
  });

  it('403 for a maintainer', async () => {
    const answer = await world.maintainer.send('DELETE', pathOf(world.acme.id));
    expect([answer.status, answer.body]).toEqual([403, DENIED]);
  });
});

it('answers HEAD and OPTIONS on both views', async () => {
  for (const [path, name, allow] of [
    ['/api/organizations', 'Organization List', 'GET, POST, HEAD, OPTIONS'],
    [pathOf(world.acme.id), 'Organization Instance', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
  ] as const) {
    const options = await world.stranger.send('OPTIONS', path);
    expect([options.status, (options.body as { name: string }).name, options.headers.allow]).toEqual([
      200,
      name,
      allow,
    ]);
    const [head, get] = [await world.owner.send('HEAD', path), await world.owner.send('GET', path)];
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      200,
      '',
      get.headers['content-length'],
    ]);
  }
});
