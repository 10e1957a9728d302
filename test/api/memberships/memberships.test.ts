import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { insertMembership } from '../../support/organization-rows.js';
import { type Client, clientOf, type Member, useWorld } from '../../support/world.js';

const app = useTestApp();
const world = useWorld(app);

const DENIED = { detail: 'You do not have permission to perform this action.' };
const MISSING = { detail: 'No Membership matches the given query.' };
const pathOf = ({ membershipId }: Pick<Member, 'membershipId'>) => `/api/memberships/${membershipId}`;
const rowsOf = (body: unknown) => (body as { results: Record<string, unknown>[] }).results;
const namesOf = (body: unknown) => rowsOf(body).map(({ user }) => (user as { username: string }).username);

/** A new member of acme in the role. */
const member = async (role: string, isActive = true): Promise<Member> => {
  const client = clientOf(app, await app.register());
  const membershipId = await insertMembership(app.db, {
    organizationId: world.acme.id,
    userId: client.id,
    role,
    isActive,
  });
  return { ...client, membershipId };
};
const roleOf = async (one: Pick<Member, 'membershipId'>) => (await world.admin.get(pathOf(one))).body['role'];
const change = (client: Client, target: Pick<Member, 'membershipId'>, body: unknown) =>
  client.send('PATCH', pathOf(target), body);

describe('GET /api/memberships', () => {
  it('200: one’s own active ones without a context', async () => {
    expect(namesOf((await world.worker.get('/api/memberships')).body)).toEqual(['wanda']);
    expect((await world.invited.get('/api/memberships')).body['count']).toBe(0);
    expect((await world.nobody.get('/api/memberships')).body['count']).toBe(0);
  });

  it('200: in an organization its active ones, and to its staff the invited ones too', async () => {
    const active = ['wanda', 'simon', 'maria', 'olivia'];
    expect(namesOf((await world.worker.get('/api/memberships?org=acme')).body)).toEqual(active);
    expect(namesOf((await world.supervisor.get(`/api/memberships?org_id=${world.acme.id}`)).body)).toEqual(
      active,
    );
    for (const client of [world.owner, world.maintainer, world.admin]) {
      expect(namesOf((await client.get('/api/memberships?org=acme&sort=-user')).body)).toEqual([
        'wanda',
        'simon',
        'olivia',
        'maria',
        'ivana',
      ]);
    }
  });

  it('200: none in the explicit personal workspace', async () => {
    for (const client of [world.worker, world.admin])
      expect((await client.get('/api/memberships?org=')).body['count']).toBe(0);
  });

  it('200: filters, searches and sorts as CVAT 2.62', async () => {
    const own = encodeURIComponent(JSON.stringify({ and: [{ '==': [{ var: 'user' }, 'wanda'] }] }));
    expect(namesOf((await world.worker.get(`/api/memberships?org=acme&filter=${own}`)).body)).toEqual([
      'wanda',
    ]);
    expect(namesOf((await world.worker.get('/api/memberships?org=acme&role=maintainer')).body)).toEqual([
      'maria',
    ]);
    expect(namesOf((await world.worker.get('/api/memberships?org=acme&user=simon')).body)).toEqual(['simon']);
    expect(namesOf((await world.worker.get('/api/memberships?org=acme&search=super')).body)).toEqual([
      'simon',
    ]);
    expect(namesOf((await world.worker.get('/api/memberships?org=acme&sort=role,user')).body)).toEqual([
      'maria',
      'olivia',
      'simon',
      'wanda',
    ]);
  });

  it('shows of a person the basic body, and of a row the keys of the contract in order', async () => {
    const { body, text } = await world.owner.get('/api/memberships?org=acme&user=ivana');
    expect(rowsOf(body)).toEqual([
      {
        id: world.invited.membershipId,
        user: {
          url: `${app.url}/api/users/${world.invited.id}`,
          id: world.invited.id,
          username: 'ivana',
          first_name: '',
          last_name: '',
        },
        organization: world.acme.id,
        is_active: false,
        joined_date: expect.stringMatching(/Z$/),
        role: 'worker',
        invitation: world.key,
      },
    ]);
    expect(Object.keys(rowsOf(body)[0] ?? {})).toEqual([
      'id',
      'user',
      'organization',
      'is_active',
      'joined_date',
      'role',
      'invitation',
    ]);
    expect(text).not.toContain('@');
  });

  it('400 for a role that there is not, and for a filter that is none', async () => {
    const role = await world.worker.send('GET', '/api/memberships?role=king');
    expect([role.status, role.body]).toEqual([
      400,
      { role: ['Select a valid choice. king is not one of the available choices.'] },
    ]);
    const filter = await world.worker.send('GET', '/api/memberships?filter={}');
    expect([filter.status, filter.body]).toEqual([400, ["filter shouldn't be empty"]]);
  });

  it('403 for a person who is not an active member of the organization they name', async () => {
    for (const client of [world.stranger, world.invited, world.otherOwner]) {
      const answer = await client.send('GET', '/api/memberships?org=acme');
      expect([answer.status, answer.body]).toEqual([403, DENIED]);
    }
  });
});

describe('GET /api/memberships/{id}', () => {
  it('200 for members, in the context of the membership, whatever the request names', async () => {
    for (const query of ['', '?org=globex', '?org=']) {
      expect((await world.worker.get(pathOf(world.owner) + query)).body['role']).toBe('owner');
    }
  });

  it('200 of an invited person for the staff, 403 for the others', async () => {
    expect((await world.maintainer.get(pathOf(world.invited))).status).toBe(200);
    for (const client of [world.worker, world.supervisor, world.invited]) {
      expect((await client.send('GET', pathOf(world.invited))).status).toBe(403);
    }
  });

  it('403 for strangers, 404 for what is not there', async () => {
    for (const client of [world.stranger, world.otherOwner, world.nobody]) {
      const answer = await client.send('GET', `${pathOf(world.worker)}?org=acme`);
      expect([answer.status, answer.body]).toEqual([403, DENIED]);
    }
    for (const [id, body] of [
      ['999999', MISSING],
      ['88888888888', MISSING],
      ['x', { detail: 'Not found.' }],
    ] as const) {
      const answer = await world.worker.send('GET', `/api/memberships/${id}`);
      expect([answer.status, answer.body]).toEqual([404, body]);
    }
  });
});

describe('PATCH /api/memberships/{id}', () => {
  it('200: staff changes roles below its own, to roles below its own', async () => {
    const one = await member('worker');
    for (const role of ['supervisor', 'worker']) {
      const answer = await change(world.maintainer, one, { role });
      expect([answer.status, (answer.body as { role: string }).role]).toEqual([200, role]);
    }
    for (const role of ['maintainer', 'supervisor', 'worker']) {
      expect((await change(world.owner, one, { role })).status).toBe(200);
    }
    expect((await change(world.worker, world.supervisor, {})).status).toBe(200);
  });

  it.each([
    ['maintainer', 'worker', 'maintainer'],
    ['maintainer', 'worker', 'owner'],
    ['maintainer', 'maintainer', 'worker'],
    ['owner', 'worker', 'owner'],
    ['supervisor', 'worker', 'supervisor'],
    ['worker', 'worker', 'supervisor'],
  ] as const)('403: a %s does not make a %s a %s (deviation 5)', async (by, from, to) => {
    const one = await member(from);
    const answer = await change(world[by], one, { role: to });
    expect([answer.status, answer.body]).toEqual([403, DENIED]);
    expect(await roleOf(one)).toBe(from);
  });

  it('403: nobody changes their own role or the owner’s', async () => {
    for (const client of [world.owner, world.maintainer, world.supervisor, world.worker]) {
      expect((await change(client, client, { role: 'worker' })).status).toBe(403);
    }
    expect((await change(world.maintainer, world.owner, { role: 'worker' })).status).toBe(403);
    expect(await roleOf(world.owner)).toBe('owner');
  });

  it('403 for any other field, even for an administrator, and nothing changes', async () => {
    for (const field of [
      'is_active',
      'user',
      'organization',
      'joined_date',
      'id',
      'invitation',
      'key',
      '__proto__',
    ]) {
      const body = `{"role": "supervisor", ${JSON.stringify(field)}: 1}`;
      const answer = await world.admin.send('PATCH', pathOf(world.worker), body, {
        headers: { 'Content-Type': 'application/json' },
      });
      expect([answer.status, answer.body]).toEqual([403, { detail: 'Attempted to update an unknown field' }]);
    }
    expect(await roleOf(world.worker)).toBe('worker');
  });

  it('400 for what is no role, but only to who may change it', async () => {
    for (const [role, message] of [
      ['king', '"king" is not a valid choice.'],
      ['', '"" is not a valid choice.'],
      [null, 'This field may not be null.'],
      [['worker'], '"[\'worker\']" is not a valid choice.'],
    ] as const) {
      const answer = await change(world.owner, world.worker, { role });
      expect([answer.status, answer.body]).toEqual([400, { role: [message] }]);
      expect((await change(world.worker, world.supervisor, { role })).status).toBe(403);
    }
    expect((await change(world.owner, world.worker, [])).status).toBe(400);
  });

  it('400: not even an administrator makes a second owner, or none', async () => {
    expect((await change(world.admin, world.worker, { role: 'owner' })).status).toBe(400);
    expect((await change(world.admin, world.owner, { role: 'worker' })).status).toBe(400);
    expect([await roleOf(world.owner), await roleOf(world.worker)]).toEqual(['owner', 'worker']);
  });

  it('200: an administrator changes any other role, their own too', async () => {
    const one = await member('maintainer');
    expect((await change(world.groupAdmin, one, { role: 'worker' })).status).toBe(200);
  });

  it('403 for strangers', async () => {
    for (const client of [world.stranger, world.otherOwner]) {
      const answer = await change(client, world.worker, { role: 'supervisor' });
      expect([answer.status, answer.body]).toEqual([403, DENIED]);
    }
  });
});

describe('DELETE /api/memberships/{id}', () => {
  it('204: staff removes who is below it, with the invitation', async () => {
    const [active, invited] = [await member('worker'), await member('supervisor', false)];
    const answer = await world.maintainer.send('DELETE', pathOf(active));
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await world.owner.send('DELETE', pathOf(invited))).status).toBe(204);
    const gone = await world.admin.send('GET', pathOf(active));
    expect([gone.status, gone.body]).toEqual([404, MISSING]);
    expect((await world.admin.get('/api/users?username=wanda')).body['count']).toBe(1);
  });

  it('204: anybody but the owner leaves', async () => {
    for (const role of ['worker', 'supervisor', 'maintainer']) {
      const one = await member(role);
      expect((await one.send('DELETE', pathOf(one))).status).toBe(204);
    }
  });

  it('403: an owner does not leave, an invited person declines instead', async () => {
    expect((await world.owner.send('DELETE', pathOf(world.owner))).status).toBe(403);
    expect((await world.invited.send('DELETE', pathOf(world.invited))).status).toBe(403);
  });

  it('403 for who is not above, and for strangers', async () => {
    for (const [by, target] of [
      [world.maintainer, world.owner],
      [world.supervisor, world.worker],
      [world.worker, world.supervisor],
      [world.stranger, world.worker],
      [world.otherOwner, world.worker],
    ] as const) {
      const answer = await by.send('DELETE', pathOf(target));
      expect([answer.status, answer.body]).toEqual([403, DENIED]);
    }
  });

  it('400: not even an administrator removes the owner', async () => {
    expect((await world.admin.send('DELETE', pathOf(world.owner))).status).toBe(400);
    expect(await roleOf(world.owner)).toBe('owner');
  });
});

it('has no POST, and answers HEAD and OPTIONS', async () => {
  expect((await world.owner.send('POST', '/api/memberships', {})).status).toBe(405);
  const options = await world.stranger.send('OPTIONS', pathOf(world.worker));
  expect([options.status, options.headers.allow]).toEqual([200, 'GET, PATCH, DELETE, HEAD, OPTIONS']);
  expect((await world.worker.send('HEAD', pathOf(world.worker))).text).toBe('');
});
