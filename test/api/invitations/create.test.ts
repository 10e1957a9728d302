import { describe, expect, it } from 'vitest';
import { changeAddresses } from '../../support/address-rows.js';
import { createTestApp, useTestApp } from '../../support/app.js';
import { membershipOf } from '../../support/organization-rows.js';
import { outboxOf } from '../../support/outbox-rows.js';
import { accountsWithAddress, changeUser } from '../../support/rows.js';
import { clientOf, createWorld, useWorld, type World } from '../../support/world.js';

const app = useTestApp({
  env: { EMAIL_BACKEND: 'console', PUBLIC_URL: 'https://cvat.example.org', SITE_NAME: 'Lab' },
});
const world = useWorld(app);

const DENIED = { detail: 'You do not have permission to perform this action.' };
const IS_MEMBER = ['The user is a member of the organization already.'];
const PASSWORD = 'Wiesel-42-quarks';

let counter = 0;
const newEmail = () => `new${(counter += 1)}@example.org`;
const invite = (client: World['owner' | 'stranger'] | World['admin'], body: unknown, query = 'org=acme') =>
  client.send('POST', `/api/invitations?${query}`, body);
const mailsTo = (recipient: string) => outboxOf(app.db, { recipient });
const accountsOf = (email: string) => accountsWithAddress(app.db, email);
const membershipFor = async (email: string) => {
  const [account] = await accountsOf(email);
  const row = account === undefined ? undefined : await membershipOf(app.db, account.id);
  return row && { isActive: row.isActive, role: row.role, joinedAt: row.joinedAt };
};

describe('POST /api/invitations', () => {
  it('201: a stranger gets a placeholder account and a mail, and is no member yet', async () => {
    const answer = await invite(world.owner, {
      role: 'supervisor',
      email: 'Ann.New@EXAMPLE.org',
      organization: world.globex.id,
    });
    expect(answer.status).toBe(201);
    const [account, ...others] = await accountsOf('ann.new@example.org');
    expect(others).toEqual([]);
    expect(answer.body).toEqual({
      key: expect.stringMatching(/^[A-Za-z0-9]{64}$/),
      created_date: expect.stringMatching(/Z$/),
      owner: expect.objectContaining({ id: world.owner.id, username: 'olivia' }),
      role: 'supervisor',
      user: {
        url: `${app.url}/api/users/${account?.id}`,
        id: account?.id,
        username: 'Ann.New@EXAMPLE.org',
        first_name: '',
        last_name: '',
      },
      organization: world.acme.id,
      expired: false,
      organization_info: { id: world.acme.id, slug: 'acme' },
    });
    expect(Object.keys(answer.body as object)).toEqual([
      'key',
      'created_date',
      'owner',
      'role',
      'user',
      'organization',
      'expired',
      'organization_info',
    ]);
    expect(account).toMatchObject({
      username: 'Ann.New@EXAMPLE.org',
      email: 'Ann.New@example.org',
      rows: 0,
      groups: ['user'],
      hasProfile: true,
    });
    expect(account?.password).toMatch(/^!/);
    expect(await membershipFor('ann.new@example.org')).toEqual({
      isActive: false,
      role: 'supervisor',
      joinedAt: null,
    });

    const { key } = answer.body as { key: string };
    const [mail, ...more] = await mailsTo('Ann.New@example.org');
    expect([mail?.kind, mail?.subject, more]).toEqual([
      'invitation',
      "[Lab] You're invited to join the acme organization in CVAT!",
      [],
    ]);
    expect(mail?.text).toContain(
      `https://cvat.example.org/auth/login?email=Ann.New%40example.org&invitation=${key}`,
    );
    expect(mail?.text).toContain('olivia');
  });

  it('201: the person who registers with the address takes the account over and may accept', async () => {
    const email = newEmail();
    const { key } = (await invite(world.owner, { role: 'worker', email })).body as { key: string };
    const body = { username: 'newcomer', email, password1: PASSWORD, password2: PASSWORD };
    const { key: token } = (await app.send('/api/auth/register', { method: 'POST', body })).json() as {
      key: string;
    };
    const headers = { Authorization: `Token ${token}` };
    const accepted = await app.send(`/api/invitations/${key}/accept`, { method: 'POST', headers });
    expect([accepted.status, accepted.json()]).toEqual([200, { organization_slug: 'acme' }]);
    expect(await membershipFor(email)).toMatchObject({ isActive: true });
    expect(await accountsOf(email)).toHaveLength(1);
  });

  it('201: who has an account is a member at once, without a mail', async () => {
    const client = clientOf(app, await app.register());
    const answer = await invite(world.maintainer, { role: 'worker', email: client.email.toUpperCase() });
    expect([answer.status, (answer.body as { expired: null }).expired]).toEqual([201, null]);
    expect(await membershipFor(client.email)).toEqual({
      isActive: true,
      role: 'worker',
      joinedAt: expect.any(String),
    });
    expect(await mailsTo(client.email)).toEqual([]);
    expect((await client.get('/api/organizations')).body['count']).toBe(1);
  });

  it('finds the account that verified the address among those that have it', async () => {
    const [first, second] = [await app.register(), await app.register()];
    for (const { id } of [first, second]) await changeUser(app.db, id, { email: 'twin@example.org' });
    const unclear = await invite(world.owner, { role: 'worker', email: 'twin@example.org' });
    expect([unclear.status, unclear.body]).toEqual([
      400,
      { email: ['Several accounts have this e-mail address.'] },
    ]);
    await changeAddresses(app.db, second.id, { email: 'Twin@example.org', verified: true });
    const clear = await invite(world.owner, { role: 'worker', email: 'twin@example.org' });
    expect([clear.status, (clear.body as { user: { id: number } }).user.id]).toEqual([201, second.id]);
  });

  describe('400', () => {
    it('for who is a member, or invited, already; also for oneself', async () => {
      for (const email of [world.worker.email, world.invited.email, world.owner.email]) {
        const answer = await invite(world.owner, { role: 'worker', email });
        expect([answer.status, answer.body]).toEqual([400, IS_MEMBER]);
      }
    });

    it.each([
      [{}, { role: ['This field is required.'], email: ['This field is required.'] }],
      [
        { role: 'king', email: 'x' },
        { role: ['"king" is not a valid choice.'], email: ['Enter a valid email address.'] },
      ],
      [
        { role: null, email: null },
        { role: ['This field may not be null.'], email: ['This field may not be null.'] },
      ],
      [
        { role: 5, email: '' },
        { role: ['"5" is not a valid choice.'], email: ['This field may not be blank.'] },
      ],
      [{ role: 'worker', email: 'a@b.co\r\nBcc: c@d.co' }, { email: ['Enter a valid email address.'] }],
      [
        { role: 'worker', email: `${'a'.repeat(140)}@example.org` },
        { email: ['Ensure this field has no more than 150 characters.'] },
      ],
    ])('for %j', async (body, expected) => {
      const answer = await invite(world.owner, body);
      expect([answer.status, answer.body]).toEqual([400, expected]);
    });

    it('for an administrator who names no organization, or offers the role of the owner', async () => {
      for (const query of ['', 'org=', 'org_id=']) {
        const answer = await invite(world.admin, { role: 'worker', email: newEmail() }, query);
        expect([answer.status, answer.body]).toEqual([400, [expect.stringMatching(/needs an organization/)]]);
      }
      const owner = await invite(world.admin, { role: 'owner', email: newEmail() });
      expect([owner.status, owner.body]).toEqual([400, { role: [expect.stringMatching(/one owner/)] }]);
    });
  });

  it.each([
    ['maintainer', 'owner'],
    ['maintainer', 'maintainer'],
    ['owner', 'owner'],
    ['supervisor', 'worker'],
    ['worker', 'worker'],
    ['invited', 'worker'],
    ['stranger', 'worker'],
    ['otherOwner', 'worker'],
    ['nobody', 'worker'],
  ] as const)('403: a %s does not invite a %s, and no account is made', async (by, role) => {
    const email = newEmail();
    const answer = await invite(world[by], { role, email });
    expect([answer.status, answer.body]).toEqual([403, DENIED]);
    expect(await accountsOf(email)).toEqual([]);
  });

  it('403 before 400: the policy sees the body before anybody checks it', async () => {
    expect((await invite(world.worker, { role: 'king', email: 'x' })).status).toBe(403);
    expect((await invite(world.owner, { role: 'king', email: 'x' })).status).toBe(400);
    expect((await invite(world.owner, ['x'])).status).toBe(400);
    const text = await world.worker.send('POST', '/api/invitations?org=acme', 'role=worker', {
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(text.status).toBe(415);
  });

  it('404 for an organization that is not there', async () => {
    const answer = await invite(world.owner, { role: 'worker', email: newEmail() }, 'org=nowhere');
    expect([answer.status, answer.body]).toEqual([404, { detail: 'nowhere organization does not exist.' }]);
  });

  it('makes one account, membership and mail of an address that is invited many times at once', async () => {
    const email = newEmail();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        invite(world.owner, { role: 'worker', email: index % 2 ? email : email.toUpperCase() }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400, 400]);
    const [account, ...others] = await accountsOf(email);
    expect(others).toEqual([]);
    expect(await mailsTo(account?.email ?? '')).toHaveLength(1);
  });

  it('invites the same placeholder to a second organization', async () => {
    const email = newEmail();
    await invite(world.owner, { role: 'worker', email });
    const second = await invite(world.otherOwner, { role: 'worker', email }, 'org=globex');
    expect([second.status, (second.body as { expired: boolean }).expired]).toEqual([201, false]);
    expect(await accountsOf(email)).toHaveLength(1);
    expect(await mailsTo(email)).toHaveLength(2);
  });
});

describe('with ORG_INVITATION_CONFIRM', () => {
  it('an account is asked too, by mail', async () => {
    const other = await createTestApp({
      env: { EMAIL_BACKEND: 'console', ORG_INVITATION_CONFIRM: 'Yes', ORG_INVITATION_EXPIRY_DAYS: '3' },
    });
    try {
      const { owner, stranger } = await createWorld(other);
      const answer = await owner.send('POST', '/api/invitations?org=acme', {
        role: 'worker',
        email: stranger.email,
      });
      expect([answer.status, (answer.body as { expired: boolean }).expired]).toEqual([201, false]);
      expect((await stranger.get('/api/organizations')).body['count']).toBe(0);
      const [mail] = await outboxOf(other.db, { recipient: stranger.email });
      expect(mail?.text).toContain('3 days');
    } finally {
      await other.close();
    }
  });
});

describe('without a mail server', () => {
  it('500 with the text of CVAT, and nothing is left behind (deviation 13)', async () => {
    const other = await createTestApp({ env: { EMAIL_BACKEND: 'none' } });
    try {
      const { owner, key } = await createWorld(other);
      for (const attempt of [1, 2]) {
        const answer = await owner.send('POST', '/api/invitations?org=acme', {
          role: 'worker',
          email: 'nobody@example.org',
        });
        expect([attempt, answer.status, answer.body]).toEqual([
          attempt,
          500,
          'Email backend is not configured.',
        ]);
      }
      expect(await accountsWithAddress(other.db, 'nobody@example.org')).toEqual([]);
      const resent = await owner.send('POST', `/api/invitations/${key}/resend`);
      expect([resent.status, resent.body]).toEqual([500, 'Email backend is not configured.']);
      const account = await other.register();
      const joined = await owner.send('POST', '/api/invitations?org=acme', {
        role: 'worker',
        email: account.email,
      });
      expect(joined.status).toBe(201);
    } finally {
      await other.close();
    }
  });
});
