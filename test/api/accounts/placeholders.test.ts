import { describe, expect, it } from 'vitest';
import { addressesOf, addressIdOf, insertAddress } from '../../support/address-rows.js';
import { useTestApp } from '../../support/app.js';
import { linkOf, useMailbox } from '../../support/mailbox.js';
import { insertMembership, membershipOf } from '../../support/organization-rows.js';
import {
  changeUser,
  insertAccessToken,
  insertToken,
  readAccess,
  readUser,
  setGroups,
} from '../../support/rows.js';
import { insertInvitation, useWorld } from '../../support/world.js';

/** Who may have the account that waits for an address, and who may not. */

const mailbox = useMailbox();
const app = useTestApp(() => ({ env: { ...mailbox.env, MAIL_REQUESTS_PER_CLIENT: 'none' } }));
const world = useWorld(app);

const PASSWORD = 'Wiesel-42-quarks';
const TAKEN = ['A user is already registered with this e-mail address.'];
let counter = 0;
const newAddress = () => `guest${(counter += 1)}@example.org`;

const invite = async (email: string): Promise<{ readonly id: number; readonly key: string }> => {
  const answer = await world.admin.send('POST', `/api/invitations?org=${world.acme.slug}`, {
    role: 'worker',
    email,
  });
  expect(answer.status).toBe(201);
  return { id: (await readUser(app.db, email)).id, key: String((answer.body as { key: string }).key) };
};

const register = (email: string, username = `stranger${(counter += 1)}`) =>
  app.send('/api/auth/register', {
    method: 'POST',
    body: { username, email, password1: PASSWORD, password2: PASSWORD },
  });

/** Nobody gets the account by typing its address. */
const expectKept = async (id: number, email: string): Promise<void> => {
  const before = await readAccess(app.db, id);
  const answer = await register(email);
  expect(answer.status).toBe(400);
  expect([TAKEN, { email: TAKEN }]).toContainEqual(answer.json());
  expect(await readAccess(app.db, id)).toEqual(before);
};

describe('a stranger who registers the address of an account without a password', () => {
  it('does not become the superuser whose address an administrator corrected', async () => {
    const made = await world.admin.send('POST', '/api/users', {
      username: 'carol',
      email: 'carol@exmaple.org',
    });
    const { id } = made.body as { id: number };
    const corrected = { email: 'carol@example.org', is_superuser: true, is_staff: true };
    expect((await world.admin.send('PATCH', `/api/users/${id}`, corrected)).status).toBe(200);
    await expectKept(id, 'carol@example.org');
    await expectKept(id, 'Carol@Example.org');
  });

  it.each<[string, (id: number, key: string) => Promise<unknown>]>([
    ['it is staff', (id) => changeUser(app.db, id, { isStaff: true })],
    ['it is a superuser', (id) => changeUser(app.db, id, { isSuperuser: true })],
    ['it is in the group admin', (id) => setGroups(app.db, id, ['user', 'admin'])],
    [
      'somebody signed in to it, as people of a directory do',
      (id) => changeUser(app.db, id, { lastLogin: new Date() }),
    ],
    ['it has an address of its own', (id) => insertAddress(app.db, id, 'second@example.org')],
    ['it has an API token', (id) => insertToken(app.db, id, `${id}`.padStart(40, '0'))],
    [
      'it has a personal access token',
      (id) =>
        insertAccessToken(app.db, { ownerId: id, key: `${`${id}`.padStart(8, 'x')}.${'s'.repeat(32)}` }),
    ],
    [
      'it is a member of an organization already',
      (id) => insertMembership(app.db, { organizationId: world.globex.id, userId: id, role: 'worker' }),
    ],
    [
      'an administrator gave it another name',
      (id) => world.admin.send('PATCH', `/api/users/${id}`, { username: `renamed${id}` }),
    ],
    ['the invitation was withdrawn', (_id, key) => world.admin.send('DELETE', `/api/invitations/${key}`)],
    [
      'the invited person was removed',
      async (id) => {
        const row = await membershipOf(app.db, id);
        await world.admin.send('DELETE', `/api/memberships/${row?.id}`);
      },
    ],
  ])('does not get it once %s', async (_why, change) => {
    const email = newAddress();
    const { id, key } = await invite(email);
    await change(id, key);
    await expectKept(id, email);
  });

  it('does not get an account that an administrator made and an organization invited', async () => {
    const email = newAddress();
    for (const person of [{ username: email }, { username: email, email }]) {
      const made = await world.admin.send('POST', '/api/users', person);
      const { id } = made.body as { id: number };
      await world.admin.send('PATCH', `/api/users/${id}`, { email });
      const membershipId = await insertMembership(app.db, {
        organizationId: world.acme.id,
        userId: id,
        role: 'maintainer',
        isActive: false,
      });
      await insertInvitation(app, membershipId, world.owner.id);
      await expectKept(id, email);
      await world.admin.send('DELETE', `/api/users/${id}`);
    }
  });

  it('gets nothing while an administrator makes it a superuser at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const email = newAddress();
      const { id } = await invite(email);
      const [registered, promoted] = await Promise.all([
        register(email),
        world.admin.send('PATCH', `/api/users/${id}`, { is_superuser: true, is_staff: true }),
      ]);
      expect(promoted.status).toBe(200);
      const row = await readAccess(app.db, id);
      // Who was first may be promoted afterwards, as anybody; nobody claims what is a superuser already.
      expect(row?.password.startsWith('!')).toBe(registered.status !== 201);
      if (registered.status !== 201) expect([TAKEN, { email: TAKEN }]).toContainEqual(registered.json());
    }
  });
});

describe('the invited person', () => {
  it('gets the account of the invitation, also of a second one after the first was taken back', async () => {
    const email = newAddress();
    const { id } = await invite(email);
    const row = await membershipOf(app.db, id);
    await world.admin.send('DELETE', `/api/memberships/${row?.id}`);
    await mailbox.collect(app);
    expect((await invite(email)).id).toBe(id);
    // Nobody has the account, so the second invitation is mailed and waits like the first.
    expect(linkOf(await mailbox.receive(app, email))).toContain('/auth/login?email=');
    expect((await register(email, 'returned')).status).toBe(201);
    expect((await readUser(app.db, 'returned')).id).toBe(id);
  });
});

describe('PATCH /api/users/{id} with another address', () => {
  it('moves the row of the address, with what it says of confirmation, and gives it a new id', async () => {
    const made = await world.admin.send('POST', '/api/users', {
      username: 'mover',
      email: 'old@example.org',
    });
    const { id } = made.body as { id: number };
    const idOfRow = () => addressIdOf(app.db, id);
    const before = await idOfRow();
    await world.admin.send('PATCH', `/api/users/${id}`, { email: 'new@example.org' });
    expect(await addressesOf(app.db, id)).toEqual([
      { email: 'new@example.org', verified: true, primary: true },
    ]);
    expect(await idOfRow()).not.toBe(before);
    await world.admin.send('PATCH', `/api/users/${id}`, { email: '' });
    expect(await addressesOf(app.db, id)).toEqual([]);
  });

  it('confirms nothing that was not confirmed, or that somebody else has confirmed', async () => {
    const unconfirmed = await app.register('unconfirmed');
    await world.admin.send('PATCH', `/api/users/${unconfirmed.id}`, { email: 'fresh@example.org' });
    expect(await addressesOf(app.db, unconfirmed.id)).toEqual([
      { email: 'fresh@example.org', verified: false, primary: true },
    ]);
    const [first, second] = await Promise.all(
      ['early', 'later'].map(async (username) => {
        const made = await world.admin.send('POST', '/api/users', {
          username,
          email: `${username}@example.org`,
        });
        return (made.body as { id: number }).id;
      }),
    );
    const answer = await world.admin.send('PATCH', `/api/users/${second}`, { email: 'Early@example.org' });
    expect(answer.status).toBe(200);
    expect(await addressesOf(app.db, second ?? 0)).toEqual([
      { email: 'Early@example.org', verified: false, primary: true },
    ]);
    expect(await addressesOf(app.db, first ?? 0)).toEqual([
      { email: 'early@example.org', verified: true, primary: true },
    ]);
  });

  it('leaves other addresses of the account alone', async () => {
    const { id } = await app.register('several');
    await insertAddress(app.db, id, 'spare@example.org', true);
    await world.admin.send('PATCH', `/api/users/${id}`, { email: 'main@example.org' });
    expect(await addressesOf(app.db, id)).toEqual([
      { email: 'spare@example.org', verified: true, primary: false },
      { email: 'main@example.org', verified: false, primary: true },
    ]);
  });
});
