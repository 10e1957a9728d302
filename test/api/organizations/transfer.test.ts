import { beforeEach, describe, expect, it } from 'vitest';
import { DAY } from '../../../src/kernel/clock.js';
import { useTestApp } from '../../support/app.js';
import { insertMembership } from '../../support/organization-rows.js';
import { createWorld, type Member, type World } from '../../support/world.js';

let world: World;
let round = 0;
const app = useTestApp();
beforeEach(async () => {
  world = await createWorld(app, `r${(round += 1)}`);
});

const path = (more = '') => `/api/organizations/${world.acme.id}/transfer${more}`;
const roleOf = async ({ membershipId }: Member) =>
  (await world.admin.get(`/api/memberships/${membershipId}`)).body['role'];
const ownerOf = async () =>
  ((await world.admin.get(`/api/organizations/${world.acme.id}`)).body['owner'] as { id: number } | null)?.id;

describe('POST /api/organizations/{id}/transfer', () => {
  it('offers the organization, and swaps the roles when the member confirms', async () => {
    const offer = await world.owner.send('POST', path(), { user: world.supervisor.id });
    expect([offer.status, offer.body]).toEqual([
      201,
      {
        organization: world.acme.id,
        user: expect.objectContaining({ id: world.supervisor.id, username: world.supervisor.username }),
        created_date: expect.stringMatching(/Z$/),
        expires_date: expect.stringMatching(/Z$/),
      },
    ]);
    expect(await ownerOf()).toBe(world.owner.id);
    expect((await world.supervisor.get(path())).body).toEqual(offer.body);

    const confirmed = await world.supervisor.send('POST', path('/confirm'));
    expect(confirmed.status).toBe(200);
    expect(confirmed.body).toMatchObject({ id: world.acme.id, owner: { id: world.supervisor.id } });
    expect([await roleOf(world.owner), await roleOf(world.supervisor)]).toEqual(['supervisor', 'owner']);
    expect((await world.owner.send('DELETE', `/api/organizations/${world.acme.id}`)).status).toBe(403);
    expect((await world.supervisor.send('POST', path('/confirm'))).status).toBe(404);
  });

  it('may be given back', async () => {
    await world.owner.send('POST', path(), { user: world.worker.id });
    await world.worker.send('POST', path('/confirm'));
    await world.worker.send('POST', path(), { user: world.owner.id });
    expect((await world.owner.send('POST', path('/confirm'))).status).toBe(200);
    expect([await roleOf(world.owner), await roleOf(world.worker)]).toEqual(['owner', 'worker']);
  });

  it('an administrator gives an organization without an owner a new one', async () => {
    await world.owner.send('DELETE', `/api/users/${world.owner.id}`);
    expect(await ownerOf()).toBeUndefined();
    expect((await world.maintainer.send('POST', path(), { user: world.maintainer.id })).status).toBe(403);
    expect((await world.groupAdmin.send('POST', path(), { user: world.maintainer.id })).status).toBe(201);
    expect((await world.maintainer.send('POST', path('/confirm'))).status).toBe(200);
    expect(await ownerOf()).toBe(world.maintainer.id);
  });

  it('is confirmed by nobody but the one whom the owner named last', async () => {
    await world.owner.send('POST', path(), { user: world.worker.id });
    await world.owner.send('POST', path(), { user: world.supervisor.id });
    for (const client of [
      world.worker,
      world.owner,
      world.maintainer,
      world.admin,
      world.stranger,
      world.invited,
    ]) {
      expect((await client.send('POST', path('/confirm'))).status).toBe(404);
    }
    expect(await ownerOf()).toBe(world.owner.id);
  });

  it('is void when it is withdrawn, when it is old, and when one of the two is no member any more', async () => {
    const offer = () => world.owner.send('POST', path(), { user: world.worker.id });
    const refused = async () => expect((await world.worker.send('POST', path('/confirm'))).status).toBe(404);
    await offer();
    expect((await world.owner.send('DELETE', path())).status).toBe(204);
    expect((await world.owner.send('DELETE', path())).status).toBe(404);
    await refused();
    await offer();
    app.clock.advance(7 * DAY);
    await refused();
    await offer();
    await world.owner.send('DELETE', `/api/memberships/${world.worker.membershipId}`);
    await refused();
    await insertMembership(app.db, {
      organizationId: world.acme.id,
      userId: world.worker.id,
      role: 'worker',
    });
    await offer();
    await world.owner.send('DELETE', `/api/users/${world.owner.id}`);
    await refused();
    expect(await ownerOf()).toBeUndefined();
  });

  it('400 for who is no other active member, without telling who exists', async () => {
    for (const user of [world.owner.id, world.invited.id, world.stranger.id, 999_999, 99_999_999_999, -1]) {
      const answer = await world.owner.send('POST', path(), { user });
      expect([answer.status, answer.body]).toEqual([
        400,
        { user: ['Choose another active member of the organization.'] },
      ]);
    }
    expect((await world.owner.send('POST', path(), {})).body).toEqual({ user: ['This field is required.'] });
    expect((await world.owner.send('POST', path(), { user: 'x' })).body).toEqual({
      user: ['A valid integer is required.'],
    });
  });

  it('403 for members who do not own it, 404 for strangers', async () => {
    for (const client of [world.maintainer, world.supervisor, world.worker]) {
      expect((await client.send('POST', path(), { user: client.id })).status).toBe(403);
      expect((await client.send('DELETE', path())).status).toBe(403);
    }
    for (const client of [world.stranger, world.otherOwner, world.invited]) {
      expect((await client.send('POST', path(), { user: client.id })).status).toBe(404);
    }
  });

  it('is won by one of two who confirm at once', async () => {
    await world.owner.send('POST', path(), { user: world.worker.id });
    const answers = await Promise.all([1, 2, 3, 4].map(() => world.worker.send('POST', path('/confirm'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
    expect([await roleOf(world.owner), await roleOf(world.worker)]).toEqual(['worker', 'owner']);
  });
});
