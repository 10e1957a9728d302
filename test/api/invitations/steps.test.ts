import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/kernel/clock.js';
import { useTestApp } from '../../support/app.js';
import { insertMembership, readMembership, setInvitationDate } from '../../support/organization-rows.js';
import { outboxOf } from '../../support/outbox-rows.js';
import {
  type Client,
  clientOf,
  createWorld,
  insertInvitation,
  type Member,
  useWorld,
} from '../../support/world.js';

const app = useTestApp({ env: { EMAIL_BACKEND: 'console' } });
const world = useWorld(app);

const DENIED = { detail: 'You do not have permission to perform this action.' };
const MISSING = { detail: 'No Invitation matches the given query.' };
const EXPIRED = 'Your invitation is expired. Please contact organization owner to renew it.';
const ACCEPTED = 'Your invitation is already accepted.';
const STEPS = ['accept', 'decline', 'resend'] as const;

interface Invited extends Member {
  readonly key: string;
}

const invite = async (
  role = 'worker',
  { sentAt, ownerId = world.owner.id }: { sentAt?: Date | null; ownerId?: number | null } = {},
): Promise<Invited> => {
  const client = clientOf(app, await app.register());
  const membershipId = await insertMembership(app.db, {
    organizationId: world.acme.id,
    userId: client.id,
    role,
    isActive: false,
  });
  return { ...client, membershipId, key: await insertInvitation(app, membershipId, ownerId, sentAt) };
};
const pathOf = (key: string, step = '') => `/api/invitations/${key}${step === '' ? '' : `/${step}`}`;
const step = (client: Client, name: (typeof STEPS)[number], key: string, query = '') =>
  client.send('POST', pathOf(key, name) + query);
const stateOf = async ({ membershipId }: Member) => {
  const row = await readMembership(app.db, membershipId);
  return row && { isActive: row.isActive, key: row.key };
};

describe('POST /api/invitations/{key}/accept', () => {
  it('200: the invited person is an active member from now on', async () => {
    const one = await invite('supervisor');
    const answer = await step(one, 'accept', one.key);
    expect([answer.status, answer.body]).toEqual([200, { organization_slug: 'acme' }]);
    expect(await stateOf(one)).toEqual({ isActive: true, key: one.key });
    expect((await one.get('/api/memberships')).body['results']).toEqual([
      expect.objectContaining({
        role: 'supervisor',
        is_active: true,
        invitation: one.key,
        joined_date: expect.stringMatching(/Z$/),
      }),
    ]);
  });

  it('200 for an administrator in the place of the person, and for one that was never mailed, however old', async () => {
    const [first, second] = [await invite(), await invite('worker', { sentAt: null })];
    expect((await step(world.admin, 'accept', first.key)).status).toBe(200);
    await setInvitationDate(app.db, second.key, new Date('2001-01-01'));
    expect((await step(second, 'accept', second.key)).status).toBe(200);
  });

  it('400 the second time, and when it is expired: texts as bare JSON strings', async () => {
    const one = await invite();
    await step(one, 'accept', one.key);
    const again = await step(one, 'accept', one.key);
    expect([again.status, again.body, again.text]).toEqual([400, ACCEPTED, JSON.stringify(ACCEPTED)]);

    const old = await invite('worker', { sentAt: new Date(app.clock.now() - 7 * DAY) });
    const late = await step(old, 'accept', old.key);
    expect([late.status, late.body]).toEqual([400, EXPIRED]);
    expect(await stateOf(old)).toMatchObject({ isActive: false });
    const inTime = await invite('worker', { sentAt: new Date(app.clock.now() - 7 * DAY + MINUTE) });
    expect((await step(inTime, 'accept', inTime.key)).status).toBe(200);
  });

  it('200 after the inviter is gone, 404 after the membership is', async () => {
    const [orphan, removed] = [await invite('worker', { ownerId: null }), await invite()];
    expect((await step(orphan, 'accept', orphan.key)).status).toBe(200);
    await world.owner.send('DELETE', `/api/memberships/${removed.membershipId}`);
    const answer = await step(removed, 'accept', removed.key);
    expect([answer.status, answer.body]).toEqual([404, MISSING]);
  });

  it('403 for the inviter and the staff who see it, 404 for those who do not', async () => {
    const one = await invite();
    for (const name of ['accept', 'decline'] as const) {
      const inviter = await step(world.owner, name, one.key);
      expect([inviter.status, inviter.body]).toEqual([403, DENIED]);
      expect((await step(world.maintainer, name, one.key, '?org=acme')).status).toBe(403);
      for (const client of [
        world.maintainer,
        world.worker,
        world.stranger,
        world.invited,
        world.otherOwner,
      ]) {
        const answer = await step(client, name, one.key);
        expect([answer.status, answer.body]).toEqual([404, MISSING]);
      }
    }
    expect(await stateOf(one)).toMatchObject({ isActive: false });
  });

  it('404 for keys that are not there', async () => {
    for (const key of ['x', 'k'.repeat(64), `${world.key}%00`, '..%2f..', "'%20or%20'1'='1"]) {
      for (const name of STEPS) expect((await step(world.admin, name, key)).status).toBe(404);
    }
  });

  it('is won by exactly one of many at once (deviation 16)', async () => {
    const one = await invite();
    const answers = await Promise.all(Array.from({ length: 6 }, () => step(one, 'accept', one.key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400]);
  });
});

describe('an invited person who names the organization that invites, and is no member yet', () => {
  const naming = [
    { by: '?org', query: '?org=acme', headers: {} },
    { by: 'X-Organization', query: '', headers: { 'X-Organization': 'acme' } },
  ];
  const ask = (
    client: Client,
    method: string,
    path: string,
    { query, headers }: { readonly query: string; readonly headers: Readonly<Record<string, string>> },
  ) => client.send(method, path + query, undefined, { headers });

  it.each(naming)('is refused the list, and sees the invitation: $by', async (named) => {
    const one = await invite();
    expect((await ask(one, 'GET', '/api/invitations', named)).status).toBe(403);
    const seen = await ask(one, 'GET', pathOf(one.key), named);
    expect([seen.status, seen.body]).toEqual([200, expect.objectContaining({ key: one.key })]);
    expect((await one.get(`${pathOf(one.key)}?org_id=${world.acme.id}`)).status).toBe(200);
  });

  it.each(naming)('accepts it, or declines it: $by', async (named) => {
    const [first, second, third] = [await invite(), await invite(), await invite()];
    const accepted = await ask(first, 'POST', pathOf(first.key, 'accept'), named);
    expect([accepted.status, accepted.body]).toEqual([200, { organization_slug: 'acme' }]);
    expect((await ask(second, 'POST', pathOf(second.key, 'decline'), named)).status).toBe(204);
    const old = { ...named, query: `?accepted${named.query.replace('?', '&')}` };
    expect((await ask(third, 'PATCH', pathOf(third.key), old)).status).toBe(200);
  });

  it.each(naming)('is refused the rest, and finds no other: $by', async (named) => {
    const one = await invite();
    for (const [method, path] of [
      ['POST', pathOf(one.key, 'resend')],
      ['DELETE', pathOf(one.key)],
      ['PATCH', pathOf(one.key)],
    ] as const) {
      const answer = await ask(one, method, path, named);
      expect([method, answer.status, answer.body]).toEqual([method, 403, DENIED]);
    }
    for (const name of STEPS) {
      const answer = await ask(one, 'POST', pathOf(world.key, name), named);
      expect([answer.status, answer.body]).toEqual([404, MISSING]);
    }
    expect((await ask(world.stranger, 'GET', pathOf(one.key), named)).body).toEqual(MISSING);
  });

  it('finds nothing in the context of another organization', async () => {
    const one = await invite();
    for (const name of STEPS) {
      const answer = await step(one, name, one.key, '?org=globex');
      expect([answer.status, answer.body]).toEqual([404, MISSING]);
    }
    expect(await stateOf(one)).toEqual({ isActive: false, key: one.key });
  });
});

describe('PATCH /api/invitations/{key}', () => {
  it('200 with ?accepted, also a second time, as CVAT had it until 2.70', async () => {
    const one = await invite();
    for (const attempt of [1, 2]) {
      const answer = await one.send('PATCH', `${pathOf(one.key)}?accepted`, {});
      expect([attempt, answer.status, (answer.body as { key: string }).key]).toEqual([attempt, 200, one.key]);
      expect(await stateOf(one)).toMatchObject({ isActive: true });
    }
  });

  it('400 when it is expired, and without ?accepted (500 in CVAT)', async () => {
    const old = await invite('worker', { sentAt: new Date(app.clock.now() - 8 * DAY) });
    const late = await old.send('PATCH', `${pathOf(old.key)}?accepted=1`, {});
    expect([late.status, late.body]).toEqual([400, EXPIRED]);
    const plain = await world.owner.send('PATCH', pathOf(old.key), { role: 'owner' });
    expect([plain.status, plain.body]).toEqual([
      400,
      ['An invitation can only be changed with "?accepted".'],
    ]);
    expect((await world.admin.get(`/api/memberships/${old.membershipId}`)).body).toMatchObject({
      role: 'worker',
      is_active: false,
    });
  });

  it('403 for who may not accept, or resend', async () => {
    const one = await invite();
    expect((await world.owner.send('PATCH', `${pathOf(one.key)}?accepted`, {})).status).toBe(403);
    expect((await one.send('PATCH', pathOf(one.key), {})).status).toBe(403);
  });
});

describe('POST /api/invitations/{key}/decline', () => {
  it('204: membership and invitation are gone, the account stays', async () => {
    const one = await invite();
    const answer = await step(one, 'decline', one.key);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await stateOf(one)).toBeUndefined();
    expect((await step(one, 'decline', one.key)).status).toBe(404);
    expect((await one.get('/api/users/self')).status).toBe(200);
  });

  it('204 after it was accepted: that is leaving; 400 for who owns the organization by now', async () => {
    const [one, successor] = [await invite(), await invite()];
    await step(one, 'accept', one.key);
    expect((await step(one, 'decline', one.key)).status).toBe(204);

    const { owner, acme } = await createWorld(app, 'own');
    const membershipId = await insertMembership(app.db, {
      organizationId: acme.id,
      userId: successor.id,
      role: 'worker',
    });
    const key = await insertInvitation(app, membershipId, owner.id);
    await owner.send('POST', `/api/organizations/${acme.id}/transfer`, { user: successor.id });
    await successor.send('POST', `/api/organizations/${acme.id}/transfer/confirm`);
    const refused = await step(successor, 'decline', key);
    expect([refused.status, (await successor.get(`/api/organizations/${acme.id}`)).status]).toEqual([
      400, 200,
    ]);
  });
});

describe('POST /api/invitations/{key}/resend', () => {
  const mails = async ({ email }: Client) =>
    (await outboxOf(app.db, { recipient: email, kind: 'invitation' })).length;

  it('204: the mail goes out again and the time starts anew', async () => {
    const old = await invite('worker', { sentAt: new Date(app.clock.now() - 8 * DAY) });
    expect((await world.owner.get(pathOf(old.key))).body['expired']).toBe(true);
    const answer = await step(world.owner, 'resend', old.key);
    expect([answer.status, answer.text, await mails(old)]).toEqual([204, '', 1]);
    expect((await old.get(pathOf(old.key))).body['expired']).toBe(false);
    expect((await step(old, 'accept', old.key)).status).toBe(200);
    const done = await step(world.maintainer, 'resend', old.key, '?org=acme');
    expect([done.status, done.body, await mails(old)]).toEqual([
      400,
      'This invitation is already accepted.',
      1,
    ]);
  });

  it('403 for the invited person, 404 for who does not see it; no mail goes out', async () => {
    const one = await invite();
    expect((await step(one, 'resend', one.key)).status).toBe(403);
    for (const client of [world.stranger, world.otherOwner])
      expect((await step(client, 'resend', one.key)).status).toBe(404);
    expect(await mails(one)).toBe(0);
  });

  it('429 after five in an hour for each account, refused ones included', async () => {
    const { owner, key, acme, maintainer } = await createWorld(app, 'often');
    const more = (client: Client) => client.send('POST', `/api/invitations/${key}/resend?org=${acme.slug}`);
    const statuses = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await more(owner)).status);
    statuses.push((await owner.send('POST', '/api/invitations/unknown/resend')).status);
    expect(statuses).toEqual([204, 204, 204, 204, 404]);
    const refused = await more(owner);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    expect(refused.body).toEqual({
      detail: `Request was throttled. Expected available in ${refused.headers['retry-after']} seconds.`,
    });
    expect((await more(maintainer)).status).toBe(204);
    app.clock.advance(HOUR + MINUTE);
    expect((await more(owner)).status).toBe(204);
  });
});

describe('GET /api/invitations', () => {
  const keysOf = (body: unknown) => (body as { results: { key: string }[] }).results.map(({ key }) => key);

  it('200: those one sent or received; in an organization, all of them to its staff', async () => {
    const own = await createWorld(app, 'lists');
    const mine = await insertInvitation(app, own.worker.membershipId, own.maintainer.id);
    const query = `?org=${own.acme.slug}`;
    expect(keysOf((await own.invited.get('/api/invitations')).body)).toEqual([own.key]);
    expect(keysOf((await own.maintainer.get('/api/invitations')).body)).toEqual([mine]);
    expect(keysOf((await own.maintainer.get(`/api/invitations${query}`)).body).sort()).toEqual(
      [own.key, mine].sort(),
    );
    expect(keysOf((await own.worker.get(`/api/invitations${query}`)).body)).toEqual([mine]);
    expect(keysOf((await own.supervisor.get(`/api/invitations${query}`)).body)).toEqual([]);
    expect(keysOf((await own.admin.get('/api/invitations?org=')).body)).toEqual([]);
    for (const client of [own.stranger, own.otherOwner, own.invited]) {
      expect((await client.send('GET', `/api/invitations${query}`)).status).toBe(403);
    }
    const { text } = await own.owner.get(`/api/invitations${query}`);
    expect(text).not.toContain('@');
  });

  it('200: what the page of the user interface asks at its start', async () => {
    const own = await createWorld(app, 'start');
    const ask = (accepted: boolean) => {
      const filter = {
        and: [
          { '==': [{ var: 'user_id' }, String(own.invited.id)] },
          { '==': [{ var: 'accepted' }, accepted] },
        ],
      };
      return own.invited.get(`/api/invitations?filter=${encodeURIComponent(JSON.stringify(filter))}`);
    };
    expect(keysOf((await ask(false)).body)).toEqual([own.key]);
    expect(keysOf((await ask(true)).body)).toEqual([]);
    await step(own.invited, 'accept', own.key);
    expect(keysOf((await ask(true)).body)).toEqual([own.key]);
  });

  it('200: latest first, or as one asks', async () => {
    const own = await createWorld(app, 'order');
    app.clock.advance(5000);
    const later = await insertInvitation(app, own.worker.membershipId, own.owner.id);
    expect(keysOf((await own.owner.get('/api/invitations')).body)).toEqual([later, own.key]);
    expect(keysOf((await own.owner.get('/api/invitations?sort=created_date')).body)).toEqual([
      own.key,
      later,
    ]);
    expect(
      keysOf((await own.owner.get(`/api/invitations?owner=${own.owner.username}&search=OLIVIA`)).body),
    ).toEqual([later, own.key]);
  });
});

describe('GET and DELETE /api/invitations/{key}', () => {
  it('200 for the inviter, the invited person, and the staff that names its organization', async () => {
    const one = await invite();
    for (const [client, query] of [
      [world.owner, ''],
      [one, ''],
      [world.maintainer, '?org=acme'],
      [world.admin, ''],
    ] as const) {
      expect((await client.get(pathOf(one.key) + query)).body).toMatchObject({
        key: one.key,
        role: 'worker',
        expired: false,
      });
    }
  });

  it('404 for all others, exactly as for a missing one', async () => {
    const one = await invite();
    for (const [client, query] of [
      [world.maintainer, ''],
      [world.worker, '?org=acme'],
      [world.stranger, ''],
      [world.otherOwner, '?org=globex'],
    ] as const) {
      for (const method of ['GET', 'DELETE']) {
        const [hidden, missing] = [
          await client.send(method, pathOf(one.key) + query),
          await client.send(method, pathOf('none') + query),
        ];
        expect([hidden.status, hidden.body, missing.status, missing.body]).toEqual([
          404,
          MISSING,
          404,
          MISSING,
        ]);
      }
    }
  });

  it('204: only the invitation goes, the membership stays inactive', async () => {
    const one = await invite();
    expect((await one.send('DELETE', pathOf(one.key))).status).toBe(403);
    expect((await world.owner.send('DELETE', pathOf(one.key))).status).toBe(204);
    expect(await stateOf(one)).toEqual({ isActive: false, key: null });
    expect((await step(one, 'accept', one.key)).status).toBe(404);
  });
});

it('answers OPTIONS and HEAD, and refuses other methods', async () => {
  const options = await world.stranger.send('OPTIONS', pathOf(world.key, 'accept'));
  expect([options.status, (options.body as { name: string }).name, options.headers.allow]).toEqual([
    200,
    'Accept',
    'POST, OPTIONS',
  ]);
  expect((await world.owner.send('HEAD', pathOf(world.key))).status).toBe(200);
  expect((await world.owner.send('GET', pathOf(world.key, 'accept'))).status).toBe(405);
  expect((await app.send(pathOf(world.key, 'accept'), { method: 'POST' })).status).toBe(401);
});
