import { beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { linkOf, useMailbox } from '../../support/mailbox.js';
import { readUser, setGroups } from '../../support/rows.js';
import { createVisitor } from '../../support/visitor.js';

/** The pages with which administrators look after the accounts of others. */

const PASSWORD = 'Wiesel-42-quarks';
const mailbox = useMailbox();
const app = useTestApp(() => ({ env: { ...mailbox.env, REGISTRATION_MODE: 'approval' } }));

async function administrator() {
  const visitor = createVisitor(app);
  await visitor.signIn(app.admin.username, app.admin.password);
  return visitor;
}
type Visitor = ReturnType<typeof createVisitor>;

const asAdmin = { Authorization: `Basic ${btoa(`${app.admin.username}:${app.admin.password}`)}` };

async function created(username: string, more: object = {}): Promise<number> {
  const body = { username, email: `${username}@example.org`, password: PASSWORD, ...more };
  const answer = await app.send('/api/users', { method: 'POST', headers: asAdmin, body });
  expect([username, answer.status]).toEqual([username, 201]);
  return (answer.json() as { id: number }).id;
}

const readAccount = async (id: number) => (await app.send(`/api/users/${id}`, { headers: asAdmin })).json();

const listed = ({ page }: Visitor): readonly string[] =>
  page()
    .root.querySelectorAll('.rows a strong')
    .map(({ text }) => text);

const messageOn = ({ page }: Visitor): string | undefined => page().root.querySelector('.note.good')?.text;

describe('the list of people', () => {
  beforeAll(async () => {
    for (let number = 1; number <= 60; number += 1)
      await created(`crowd${String(number).padStart(2, '0')}`, {
        last_name: number === 42 ? 'Lovelace' : '',
        is_active: number % 20 !== 0,
        password: undefined,
      });
  });

  it('has pages, the newest accounts first', async () => {
    const visitor = await administrator();
    await visitor.open('/account/admin/people');
    expect(listed(visitor).slice(0, 2)).toEqual(['crowd60', 'crowd59']);
    expect(visitor.page().words).toContain('61 accounts');
    const next = visitor.page().root.querySelector('.pager a:last-child')?.getAttribute('href') ?? '';
    await visitor.open(next);
    expect(listed(visitor)).toHaveLength(25);
    expect(listed(visitor)[0]).toBe('crowd35');
    await visitor.open('/account/admin/people?page=3');
    expect(listed(visitor)).toHaveLength(11);
    expect((await visitor.open('/account/admin/people?page=4')).status).toBe(404);
  });

  it.each([
    ['search=LOVE', ['crowd42']],
    ['show=inactive', ['crowd60', 'crowd40', 'crowd20']],
    ['show=administrators', ['admin']],
    ['show=active&search=crowd4', ['crowd49', 'crowd48', 'crowd47', 'crowd46', 'crowd45']],
    ['sort=username', ['admin', 'crowd01', 'crowd02', 'crowd03', 'crowd04']],
    ['search=crowd0&sort=username', ['crowd01', 'crowd02', 'crowd03', 'crowd04', 'crowd05']],
    ['search=CROWD42@example', ['crowd42']],
    ['show=waiting', []],
    ['search=nobody', []],
    ['show=nonsense&sort=nonsense', ['crowd60', 'crowd59', 'crowd58', 'crowd57', 'crowd56']],
  ])('shows with %s what was asked for', async (query, names) => {
    const visitor = await administrator();
    const page = await visitor.open(`/account/admin/people?${query}`);
    expect([page.status, listed(visitor).slice(0, 5)]).toEqual([200, names]);
    for (const [name, value] of new URLSearchParams(query))
      if (name === 'search') expect(page.root.querySelector('#search')?.getAttribute('value')).toBe(value);
  });

  it('keeps what was searched for on the next page', async () => {
    const visitor = await administrator();
    const page = await visitor.open('/account/admin/people?search=crowd&show=active&sort=username');
    await visitor.open(page.root.querySelector('.pager a')?.getAttribute('href') ?? '');
    expect(listed(visitor)[0]).toBe('crowd27');
  });
});

describe('an administrator', () => {
  it('creates an account with a password and groups', async () => {
    const visitor = await administrator();
    await visitor.open('/account/admin/people/new');
    const page = await visitor.press('create', {
      username: 'created1',
      email: 'created1@example.org',
      first_name: 'Grace',
      password: PASSWORD,
      groups: 'worker',
    });
    expect([page.title, messageOn(visitor)]).toEqual(['created1', 'The account is created.']);
    const { id } = await readUser(app.db, 'created1');
    expect(page.address).toBe(`/account/admin/people/${id}?done=created`);
    expect(await readAccount(id)).toMatchObject({ groups: ['worker'], is_superuser: false });
    expect((await createVisitor(app).signIn('created1', PASSWORD)).address).toBe('/account');
  });

  it('creates an account whose owner sets the password from a mail', async () => {
    const visitor = await administrator();
    await visitor.open('/account/admin/people/new');
    await visitor.press('create', {
      username: 'created2',
      email: 'created2@example.org',
      send_password_mail: 'true',
    });
    const link = linkOf(await mailbox.receive(app, 'created2@example.org'));
    const person = createVisitor(app);
    await person.open(link);
    await person.press('set-password', { new_password1: PASSWORD, new_password2: PASSWORD });
    expect((await person.signIn('created2', PASSWORD)).address).toBe('/account');
  });

  it('is told beside the fields what is wrong with a new account', async () => {
    const visitor = await administrator();
    await visitor.open('/account/admin/people/new');
    const page = await visitor.press('create', {
      username: 'crowd01',
      email: '',
      send_password_mail: 'true',
      first_name: 'Kept',
      groups: 'worker',
    });
    const wrong = (name: string) => page.root.querySelector(`#create-${name}-wrong`)?.text;
    expect(page.status).toBe(400);
    expect([wrong('username'), wrong('email')]).toEqual(['This user name is taken.', 'Fill in this field.']);
    expect(page.root.querySelector('[name=first_name]')?.getAttribute('value')).toBe('Kept');
    expect(
      page.root.querySelectorAll('[name=groups][checked]').map((box) => box.getAttribute('value')),
    ).toEqual(['worker']);
  });

  it('approves a registration', async () => {
    const person = createVisitor(app);
    await person.open('/account/register');
    const fields = { username: 'applicant', email: 'applicant@example.org' };
    await person.press('register', { ...fields, password1: PASSWORD, password2: PASSWORD });
    expect((await person.signIn('applicant', PASSWORD)).status).toBe(400);
    const visitor = await administrator();
    await visitor.open('/account/admin/people?show=waiting');
    expect(listed(visitor)).toEqual(['applicant']);
    expect(visitor.page().root.querySelector('.badge.bad')?.text).toBe('waiting for approval');
    await visitor.open(`/account/admin/people/${(await readUser(app.db, 'applicant')).id}`);
    expect(visitor.page().words).toContain('This person has registered and waits for approval.');
    const page = await visitor.press('activate');
    expect(page.words).toContain('The account is active. The person can sign in.');
    expect(page.root.querySelectorAll('button[value=activate]')).toEqual([]);
    expect(await mailbox.receive(app, fields.email)).toBeDefined();
    const closed = await visitor.press('deactivate');
    expect(closed.root.querySelector('.badge.bad')?.text).toBe('inactive');
    expect(closed.words).not.toContain('approval');
  });

  it('changes names, address, groups and flags, and sends only what changed', async () => {
    const id = await created('changed');
    const visitor = await administrator();
    await visitor.open(`/account/admin/people/${id}`);
    const stale = visitor.fill('save', { first_name: 'Later' });
    await visitor.press('save', {
      last_name: 'Hopper',
      email: 'hopper@example.org',
      groups: 'admin',
      is_superuser: 'true',
    });
    expect(messageOn(visitor)).toBe('The account is saved.');
    const after = {
      last_name: 'Hopper',
      email: 'hopper@example.org',
      groups: ['admin'],
      is_superuser: true,
      is_staff: false,
      is_active: true,
    };
    expect(await readAccount(id)).toMatchObject({ ...after, first_name: '' });
    // A page that was opened before that takes nothing of it back.
    await visitor.browser.send(stale.to, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(stale.body),
    });
    expect(await readAccount(id)).toMatchObject({ ...after, first_name: 'Later' });
  });

  it('is told why a change is refused, and what was typed stays', async () => {
    const id = await created('refused');
    const visitor = await administrator();
    await visitor.open(`/account/admin/people/${id}`);
    const page = await visitor.press('save', { username: 'admin', first_name: 'Kept' });
    expect([page.status, page.root.querySelector('#save-username-wrong')?.text]).toEqual([
      400,
      'This user name is taken.',
    ]);
    await visitor.press('save', { username: 'refused2' });
    expect(await readUser(app.db, 'refused2')).toMatchObject({ id });
    expect((await app.send(`/api/users/${id}`, { headers: asAdmin })).json()).toMatchObject({
      first_name: 'Kept',
    });
  });

  it('deactivates an account, which ends its sessions', async () => {
    const id = await created('deactivated');
    const person = createVisitor(app);
    await person.signIn('deactivated', PASSWORD);
    const visitor = await administrator();
    await visitor.open(`/account/admin/people/${id}`);
    await visitor.press('deactivate');
    expect(messageOn(visitor)).toBe('The account is inactive, and its sessions are ended.');
    expect((await person.open('/account')).address).toMatch(/^\/account\/sign-in/);
  });

  it('ends one session of a person, and then all', async () => {
    const id = await created('sessions');
    const [first, second, third] = ['One/1.0', 'Two/2.0', 'Three/3.0'].map((agent) =>
      createVisitor(app, { 'User-Agent': agent }),
    ) as [Visitor, Visitor, Visitor];
    for (const person of [first, second, third]) await person.signIn('sessions', PASSWORD);
    const visitor = await administrator();
    const page = await visitor.open(`/account/admin/people/${id}`);
    const rows = page.root.querySelectorAll('input[name=session]');
    expect(rows).toHaveLength(3);
    const { to, body } = {
      to: page.address,
      body: new URLSearchParams({
        csrfmiddlewaretoken:
          page.root.querySelector('[name=csrfmiddlewaretoken]')?.getAttribute('value') ?? '',
        do: 'end-session',
        session: rows[0]?.getAttribute('value') ?? '',
      }),
    };
    await visitor.browser.send(to, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(body),
    });
    const signedIn = async () => {
      const addresses = [];
      for (const person of [first, second, third]) addresses.push((await person.open('/account')).address);
      return addresses.filter((address) => address === '/account').length;
    };
    expect(await signedIn()).toBe(2);
    await visitor.open(`/account/admin/people/${id}`);
    expect((await visitor.press('end-sessions')).words).toContain('This account is signed in nowhere.');
    expect(await signedIn()).toBe(0);
  });

  it('replaces and revokes an API token, and never sees it', async () => {
    const id = await created('tokens');
    const login = async () => {
      const body = { username: 'tokens', password: PASSWORD };
      return ((await app.send('/api/auth/login', { method: 'POST', body })).json() as { key: string }).key;
    };
    const before = await login();
    const visitor = await administrator();
    await visitor.open(`/account/admin/people/${id}`);
    const page = await visitor.press('rotate-token');
    expect(messageOn(visitor)).toContain('Its owner gets the new one at the next sign-in.');
    const after = await login();
    expect(after).not.toBe(before);
    expect(page.answer.text).not.toContain(after);
    await visitor.press('revoke-token');
    expect(visitor.page().words).toContain('The account has no API token.');
    const refused = await app.send('/api/users/self', { headers: { Authorization: `Token ${after}` } });
    expect(refused.status).toBe(401);
  });

  it('makes a link that sets a password, which is shown once and in no address', async () => {
    const id = await created('locked-out');
    const visitor = await administrator();
    await visitor.open(`/account/admin/people/${id}`);
    const page = await visitor.press('make-link');
    const link = page.root.querySelector('#reset-link')?.getAttribute('value') ?? '';
    expect([page.status, page.address, link]).toEqual([
      200,
      `/account/admin/people/${id}`,
      expect.stringContaining('/auth/password/reset/confirm?uid='),
    ]);
    expect((await visitor.open(page.address)).root.querySelector('#reset-link')).toBeNull();
    const person = createVisitor(app);
    const { pathname, search, searchParams } = new URL(link);
    await person.open(pathname + search);
    await person.press('set-password', {
      new_password1: 'Marder-17-hosen',
      new_password2: 'Marder-17-hosen',
    });
    expect((await person.signIn('locked-out', 'Marder-17-hosen')).address).toBe('/account');
    expect(app.logs.join('')).not.toContain(searchParams.get('token') ?? '');
  });

  it('deletes an account after typing its name', async () => {
    const id = await created('deleted');
    const visitor = await administrator();
    await visitor.open(`/account/admin/people/${id}`);
    const wrong = await visitor.press('delete', { confirm: 'delete' });
    expect([wrong.status, wrong.words]).toEqual([
      400,
      expect.stringContaining('This is not the user name of the account.'),
    ]);
    const page = await visitor.press('delete', { confirm: 'deleted' });
    expect([page.address, messageOn(visitor)]).toEqual([
      '/account/admin/people?done=deleted',
      'The account is deleted.',
    ]);
    expect((await visitor.open(`/account/admin/people/${id}`)).status).toBe(404);
  });

  it('cannot lock everybody out', async () => {
    const { id } = await readUser(app.db, app.admin.username);
    await app.send(`/api/users/${(await readUser(app.db, 'changed')).id}`, {
      method: 'PATCH',
      headers: asAdmin,
      body: { is_superuser: false },
    });
    const visitor = await administrator();
    await visitor.open(`/account/admin/people/${id}`);
    const page = await visitor.press('deactivate');
    expect([page.status, page.words]).toEqual([
      400,
      expect.stringContaining('the last active administrator'),
    ]);
  });
});

describe('the page of the server', () => {
  it('shows how each part is, the mails that wait, and the settings without secrets', async () => {
    const visitor = await administrator();
    const page = await visitor.open('/account/admin/server');
    expect([page.status, page.title]).toEqual([200, 'This server']);
    expect(page.root.querySelectorAll('.badge.bad')).toEqual([]);
    expect(page.words).toMatch(/Database works .*Redis (works|not used)/);
    const settings = page.root
      .querySelectorAll('tbody tr')
      .map((row) => [row.querySelector('th')?.text, row.querySelector('td')?.text]);
    expect(settings).toContainEqual(['REGISTRATION_MODE', 'approval']);
    expect(settings).toContainEqual(['ADMIN_PASSWORD', 'set']);
    expect(settings).toContainEqual(['BRAND_LOGO', 'not set']);
    expect(page.answer.text).not.toContain(app.admin.password);
  });
});

describe('the organizations and invitations of all', () => {
  it('are found, and an invitation is withdrawn so that the person can be invited again', async () => {
    const id = await created('inviter');
    await setGroups(app.db, id, ['user']);
    const browser = createVisitor(app).browser;
    await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username: 'inviter', password: PASSWORD },
    });
    await browser.send('/api/organizations', { method: 'POST', body: { slug: 'far-away' } });
    const body = { email: 'guest@example.org', role: 'worker' };
    const invite = () => browser.send('/api/invitations?org=far-away', { method: 'POST', body });
    expect((await invite()).status).toBe(201);
    const visitor = await administrator();
    const found = await visitor.open('/account/admin/organizations?search=far');
    expect([listed(visitor), found.words]).toEqual([['far-away'], expect.stringContaining('Owner: inviter')]);
    const waiting = await visitor.open('/account/admin/invitations');
    expect(waiting.words).toContain('guest@example.org far-away');
    const withdrawn = await visitor.press('withdraw', {}, { near: 'guest@example.org' });
    expect(withdrawn.words).toContain('No invitation waits for an answer.');
    expect((await invite()).status).toBe(201);
  });
});

describe('a person who is no superuser', () => {
  const ADDRESSES = [
    '/account/admin/people',
    '/account/admin/people/new',
    '/account/admin/people/1',
    '/account/admin/organizations',
    '/account/admin/invitations',
    '/account/admin/server',
  ];
  const forged: readonly (readonly [page: string, action: string])[] = [
    ['/account/admin/people/new', 'create'],
    ['/account/admin/invitations', 'withdraw'],
    ...[
      'save',
      'activate',
      'deactivate',
      'delete',
      'end-session',
      'end-sessions',
      'rotate-token',
      'revoke-token',
      'make-link',
    ].map((action) => ['/account/admin/people/1', action] as const),
  ];

  it.each(['user', 'admin'])(
    'in the group %s sees none of the pages, and no form of them works',
    async (group) => {
      const id = await created(`stranger-${group}`);
      await setGroups(app.db, id, [group]);
      const visitor = createVisitor(app);
      const own = await visitor.signIn(`stranger-${group}`, PASSWORD);
      expect(own.words).not.toContain('Administration');
      const token = own.root.querySelector('[name=csrfmiddlewaretoken]')?.getAttribute('value') ?? '';
      for (const address of ADDRESSES) {
        const page = await visitor.open(address);
        expect([address, page.status, page.title]).toEqual([address, 403, 'You can’t see this page']);
      }
      for (const [address, action] of forged) {
        const fields = {
          username: 'forged-account',
          password: PASSWORD,
          first_name: 'Forged',
          confirm: 'admin',
        };
        const page = await visitor.open(address, {
          method: 'POST',
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
          body: String(new URLSearchParams({ csrfmiddlewaretoken: token, do: action, ...fields })),
        });
        expect([address, action, page.status]).toEqual([address, action, 403]);
        expect(page.answer.text).not.toContain('admin@');
      }
      expect(await readAccount(1)).toMatchObject({ username: 'admin', first_name: '', is_active: true });
    },
  );

  it('is asked to sign in without a session', async () => {
    const page = await createVisitor(app).open('/account/admin/people');
    expect(page.address).toBe('/account/sign-in?next=%2Faccount%2Fadmin%2Fpeople');
  });
});
