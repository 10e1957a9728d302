import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/clock.js';
import { useTestApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { useMailbox } from '../support/mailbox.js';
import { createUi, messageOf, type Ui } from './axios.js';

/**
 * What CVAT's web interface asks, in its order and with its headers (cvat-core, `server-proxy.ts`). A browser has no
 * say in what the server's answers are for: what the interface does with each is in the titles.
 */

const PASSWORD = 'Wiesel-42-Quarks';

const mailbox = useMailbox();
const app = useTestApp(() => {
  const { PUBLIC_URL: _, ...env } = mailbox.env;
  return { env: { ...env, ORG_INVITATION_CONFIRM: 'true' } };
});

interface Person {
  readonly id: number;
  readonly username: string;
}

const bodyOf = <T>(answer: Answer): T => answer.json() as T;
const statusesOf = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);
const filterOf = (...terms: readonly [string, unknown][]): string =>
  JSON.stringify({ and: terms.map(([name, value]) => ({ '==': [{ var: name }, value] })) });

/** From an empty page to the form of the login, or to the first page of somebody who is signed in. */
async function startUp(ui: Ui, savedSlug?: string) {
  const health = await ui.get('/api/server/health/', { format: 'json' });
  const self = await ui.get('/api/users/self');
  if (self.status === 200) await ui.get('/api/users/self');
  const agreements = await ui.get('/api/user-agreements');
  const schema = await ui.get('/api/schema/', { scheme: 'json' });
  const about = await ui.get('/api/server/about');
  return { health, self, agreements, schema, about, signedIn: await whenSignedIn(ui, self, savedSlug) };
}

async function whenSignedIn(ui: Ui, self: Answer, savedSlug: string | undefined) {
  if (self.status !== 200) return [];
  const saved =
    savedSlug === undefined
      ? []
      : [
          await ui.get('/api/organizations', {
            filter: filterOf(['slug', savedSlug]),
            page_size: 10,
            sort: 'slug',
            org: '',
          }),
        ];
  const own = filterOf(['user_id', String(bodyOf<Person>(self).id)], ['accepted', false]);
  return [
    ...saved,
    await ui.get('/api/server/annotation/formats'),
    await ui.get('/api/invitations', { filter: own }),
    await ui.get('/api/server/plugins'),
  ];
}

async function register(ui: Ui, username: string): Promise<Person> {
  const answer = await ui.post('/api/auth/register', {
    username,
    first_name: 'Ada',
    last_name: 'Lovelace',
    email: `${username}@example.org`,
    password1: PASSWORD,
    password2: PASSWORD,
    confirmations: [],
  });
  expect([answer.status, answer.text]).toEqual([201, expect.stringContaining(username)]);
  return bodyOf<Person>(await ui.get('/api/users/self'));
}

async function newcomer(username: string): Promise<{ ui: Ui; person: Person }> {
  const ui = createUi(app);
  return { ui, person: await register(ui, username) };
}

describe('the start of a page', () => {
  it('gets all that it waits for from an anonymous visitor, and shows the forms that the schema has', async () => {
    const { health, self, agreements, schema, about } = await startUp(createUi(app));
    expect(statusesOf([health, schema, about])).toEqual([200, 200, 200]);
    expect(self.status).toBe(401);
    expect([agreements.status, bodyOf(agreements)]).toEqual([200, []]);
    expect(Object.keys(bodyOf<{ paths: object }>(schema).paths)).toEqual(
      expect.arrayContaining([
        '/api/auth/register',
        '/api/auth/login',
        '/api/auth/password/reset',
        '/api/auth/password/change',
      ]),
    );
    expect(bodyOf(about)).toMatchObject({ version: '2.62.0', logo_url: `${app.url}/static/logo.svg` });
  });

  it('asks for the organization that the browser remembers, for formats, invitations and plugins', async () => {
    const { ui } = await newcomer('starter');
    await ui.post('/api/organizations', { slug: 'remembered', name: '', description: '', contact: {} });
    ui.sent.splice(0);
    const { self, signedIn } = await startUp(ui, 'remembered');
    expect(self.status).toBe(200);
    expect(statusesOf(signedIn)).toEqual([200, 200, 200, 200]);
    const [organizations, formats, invitations, plugins] = signedIn.map((answer) =>
      bodyOf<Record<string, unknown>>(answer),
    );
    expect(organizations).toMatchObject({ count: 1, results: [{ slug: 'remembered' }] });
    expect(formats).toMatchObject({ importers: [{}], exporters: [{}] });
    expect(invitations).toMatchObject({ count: 0 });
    expect(plugins).toEqual({ ANALYTICS: false, MODELS: false });
    expect(ui.sent.map(({ path }) => decodeURIComponent(path))).toEqual([
      '/api/server/health/?format=json&org=',
      '/api/users/self?org=',
      '/api/users/self?org=',
      '/api/user-agreements?org=',
      '/api/schema/?scheme=json&org=',
      '/api/server/about?org=',
      expect.stringMatching(/^\/api\/organizations\?filter=.*"slug".*&page_size=10&sort=slug&org=$/),
      '/api/server/annotation/formats?org=',
      expect.stringMatching(/^\/api\/invitations\?filter=/),
      '/api/server/plugins?org=',
    ]);
  });

  it.each([
    ['GET', '/api/requests'],
    ['GET', '/api/lambda/functions'],
    ['GET', '/api/limits'],
    ['POST', '/api/events'],
  ])(
    '%s %s, which is not of this layer, is a 404 that asks for no login and ends no session',
    async (method, path) => {
      const { ui } = await newcomer(`elsewhere${path.replace(/\W/g, '')}`);
      const body = method === 'POST' ? { events: [], timestamp: '2026-01-31T12:00:00Z' } : undefined;
      const answer = await ui.request(method, path, body === undefined ? {} : { body });
      expect(answer.status).toBe(404);
      // The interface shows a text as it is: it must be short, and tell nothing.
      expect(messageOf(answer.json())).toBe('Not found.');
      expect(answer.text.length).toBeLessThan(300);
      expect((await ui.get('/api/users/self')).status).toBe(200);
    },
  );
});

describe('signing in and out', () => {
  it.each([
    ['a name', { username: 'visitor' }],
    ['an address', { email: 'visitor@example.org' }],
  ])('works with %s, by cookies alone', async (_what, who) => {
    if ('username' in who) await newcomer('visitor');
    const ui = createUi(app);
    await startUp(ui);
    const login = await ui.post('/api/auth/login', { ...who, password: PASSWORD });
    expect(login.status).toBe(200);
    expect([...ui.jar.keys()].sort()).toEqual(['csrftoken', 'sessionfresh', 'sessionid']);
    expect(bodyOf(await ui.get('/api/users/self'))).toMatchObject({ username: 'visitor' });

    await ui.post('/api/events', { events: [], timestamp: '2026-01-31T12:00:00Z' });
    const logout = await ui.post('/api/auth/logout');
    expect([logout.status, logout.text]).toEqual([200, '{"detail":"Successfully logged out."}']);
    expect((await ui.get('/api/users/self')).status).toBe(401);
    expect(ui.jar.has('sessionid')).toBe(false);
  });

  it('shows one sentence for a wrong password', async () => {
    const answer = await createUi(app).post('/api/auth/login', { username: 'visitor', password: 'wrong' });
    expect([answer.status, messageOf(answer.json())]).toEqual([
      400,
      'Unable to log in with provided credentials.',
    ]);
  });

  it('comes back with the same session after a week', async () => {
    const { ui } = await newcomer('returning');
    app.clock.advance(7 * 24 * 60 * MINUTE);
    expect((await startUp(ui)).self.status).toBe(200);
  });
});

describe('registration', () => {
  it('signs the person in', async () => {
    const { ui, person } = await newcomer('registrant');
    expect(person).toMatchObject({
      username: 'registrant',
      first_name: 'Ada',
      email: 'registrant@example.org',
    });
    expect((await startUp(ui)).self.status).toBe(200);
  });

  it('shows what is wrong beside the name of its field', async () => {
    const answer = await createUi(app).post('/api/auth/register', {
      username: 'registrant',
      first_name: 'Ada',
      last_name: 'Lovelace',
      email: 'another@example.org',
      password1: PASSWORD,
      password2: PASSWORD,
      confirmations: [],
    });
    expect([answer.status, messageOf(answer.json())]).toEqual([
      400,
      '**username**: A user with that username already exists.',
    ]);
  });
});

describe('the profile', () => {
  it('changes names and the password, and goes on where the setting lets it', async () => {
    const { ui, person } = await newcomer('profiled');
    const patched = await ui.patch(`/api/users/${person.id}`, {
      first_name: 'Grace',
      last_name: 'Hopper',
      username: 'profiled',
    });
    expect([patched.status, bodyOf(patched)]).toEqual([
      200,
      expect.objectContaining({ first_name: 'Grace' }),
    ]);
    expect(ui.sent.at(-1)?.path).toBe(`/api/users/${person.id}`);
    const change = {
      old_password: PASSWORD,
      new_password1: 'Otter-17-Gluons',
      new_password2: 'Otter-17-Gluons',
    };
    const changed = await ui.post('/api/auth/password/change', change);
    expect([changed.status, changed.text]).toEqual([200, '{"detail":"New password has been saved."}']);
    // Deviation 18: everybody signs in again.
    expect((await ui.get('/api/users/self')).status).toBe(401);
    const login = await ui.post('/api/auth/login', { username: 'profiled', password: 'Otter-17-Gluons' });
    expect(login.status).toBe(200);
  });

  it('lists, makes, changes and revokes personal access tokens', async () => {
    const { ui } = await newcomer('tokenist');
    const listed = () => ui.get('/api/auth/access_tokens', { page: 1, page_size: 500 });
    const made = await ui.post('/api/auth/access_tokens', { name: 'ci', read_only: true, expiry_date: null });
    const { id, value } = bodyOf<{ id: number; value: string }>(made);
    expect([made.status, value]).toEqual([201, expect.stringMatching(/^\w{8}\.\w{32}$/)]);
    const path = `/api/auth/access_tokens/${id}`;
    const patched = await ui.patch(path, {
      name: 'cd',
      read_only: false,
      expiry_date: '2030-01-01T00:00:00Z',
    });
    expect([patched.status, bodyOf(patched)]).toEqual([200, expect.not.objectContaining({ value })]);
    expect(bodyOf(await listed())).toMatchObject({
      count: 1,
      results: [{ id, name: 'cd', read_only: false }],
    });
    expect((await ui.remove(path)).status).toBe(204);
    expect(bodyOf(await listed())).toMatchObject({ count: 0 });
  });
});

describe('an organization', () => {
  it('is made, edited, filled by invitations, and left', async () => {
    const [{ ui: owner }, { ui: guest, person }] = [await newcomer('founder'), await newcomer('guest1')];
    const created = await owner.post('/api/organizations', {
      slug: 'Lab',
      name: 'Lab',
      description: '',
      contact: { email: 'lab@example.org', phoneNumber: '', location: '' },
    });
    const { id } = bodyOf<Person>(created);
    expect(created.status).toBe(201);
    owner.switchTo('Lab');
    const edited = await owner.patch(`/api/organizations/${id}`, { description: 'Of all things' });
    expect(edited.status).toBe(200);

    const invited = await owner.post(
      '/api/invitations',
      { email: 'guest1@example.org', role: 'worker', organization: id },
      { org: 'Lab' },
    );
    const { key } = bodyOf<{ key: string }>(invited);
    expect([invited.status, bodyOf(invited)]).toEqual([201, expect.objectContaining({ organization: id })]);
    expect((await owner.post(`/api/invitations/${key}/resend`)).status).toBe(204);

    const waiting = await guest.get('/api/invitations', {
      filter: filterOf(['user_id', String(person.id)], ['accepted', false]),
    });
    expect(bodyOf(waiting)).toMatchObject({
      count: 1,
      results: [{ key, organization_info: { slug: 'Lab' } }],
    });
    const accepted = await guest.post(`/api/invitations/${key}/accept`);
    expect([accepted.status, bodyOf(accepted)]).toEqual([200, { organization_slug: 'Lab' }]);
    guest.switchTo('Lab');

    const members = bodyOf<{ results: { id: number; invitation: string | null }[] }>(
      await owner.get('/api/memberships', { page: 1, page_size: 10, sort: '-id' }),
    );
    const [member] = members.results;
    expect([members.results.length, member?.invitation]).toEqual([2, key]);
    expect((await owner.get(`/api/invitations/${member?.invitation}`)).status).toBe(200);
    const promoted = await owner.patch(`/api/memberships/${member?.id}`, { role: 'supervisor' });
    expect([promoted.status, bodyOf(promoted)]).toEqual([
      200,
      expect.objectContaining({ role: 'supervisor' }),
    ]);
    const refused = await guest.patch(`/api/organizations/${id}`, { name: 'Mine' });
    expect([refused.status, messageOf(refused.json())]).toEqual([
      403,
      'You do not have permission to perform this action.',
    ]);

    const own = await guest.get('/api/memberships', { filter: filterOf(['user', 'guest1']) });
    expect(bodyOf(own)).toMatchObject({ count: 1, results: [{ id: member?.id }] });
    expect((await guest.remove(`/api/memberships/${member?.id}`)).status).toBe(204);
    guest.switchTo('');
    expect((await owner.remove(`/api/organizations/${id}`)).status).toBe(204);
  });

  it('invites several strangers, who get mails, and one who declines', async () => {
    const [{ ui: owner }, { ui: guest }] = [await newcomer('hostess'), await newcomer('decliner')];
    const { id } = bodyOf<Person>(await owner.post('/api/organizations', { slug: 'Party', name: 'Party' }));
    owner.switchTo('Party');
    await mailbox.collect(app);
    const addresses = ['unknown1@example.org', 'unknown2@example.org', 'decliner@example.org'];
    const answers: Answer[] = [];
    for (const email of addresses)
      answers.push(
        await owner.post('/api/invitations', { email, role: 'worker', organization: id }, { org: 'Party' }),
      );
    expect(statusesOf(answers)).toEqual([201, 201, 201]);
    expect((await mailbox.collect(app)).length).toBe(3);
    const [, , forGuest] = answers.map((answer) => bodyOf<{ key: string }>(answer));
    expect((await guest.post(`/api/invitations/${forGuest?.key}/decline`)).status).toBe(204);
    const members = await owner.get('/api/memberships', { page: 1, page_size: 10, search: 'decl' });
    expect(bodyOf(members)).toMatchObject({ count: 0 });
  });

  it('that is gone is forgotten: the interface goes on without one', async () => {
    const { ui } = await newcomer('forgetful');
    ui.switchTo('nowhere');
    const gone = await ui.get('/api/server/plugins');
    expect([gone.status, messageOf(gone.json())]).toEqual([404, 'nowhere organization does not exist.']);
    ui.switchTo('');
    const { signedIn } = await startUp(ui, 'nowhere');
    const [remembered] = signedIn;
    expect(remembered?.json()).toMatchObject({ count: 0 });
  });
});
