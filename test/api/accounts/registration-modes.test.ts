import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { addressesOf } from '../../support/address-rows.js';
import { createTestApp, type TestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { linkOf, type Mailbox, openMailbox, recipientOf, subjectOf } from '../../support/mailbox.js';
import { insertOrganization, membershipOf, readMembership } from '../../support/organization-rows.js';
import { hasToken, readUser, setActive } from '../../support/rows.js';

/** Who may register: REGISTRATION_MODE and REGISTRATION_EMAIL_DOMAINS. */

const PASSWORD = 'Wiesel-42-quarks';
const DAY = 86_400_000;

const raise = (problem: string): never => {
  throw new Error(problem);
};

let counter = 0;
const newName = () => `applicant${(counter += 1)}`;

interface Office {
  readonly app: TestApp;
  readonly mailbox: Mailbox;
  readonly register: (fields: object) => ReturnType<TestApp['send']>;
  readonly invite: (email: string) => Promise<{ readonly id: number; readonly membershipId: number }>;
  readonly asAdmin: { readonly Authorization: string };
  readonly close: () => Promise<void>;
}

async function openOffice(env: Readonly<Record<string, string>>): Promise<Office> {
  const mailbox = await openMailbox();
  const app = await createTestApp({ env: { ...mailbox.env, ADMIN_EMAIL: 'boss@example.org', ...env } });
  const asAdmin = { Authorization: basicAuth(app.admin.username, app.admin.password) };
  const { id } = await readUser(app.db, app.admin.username);
  await insertOrganization(app.db, 'acme', id);
  return {
    app,
    mailbox,
    asAdmin,
    register: (fields) => {
      const body = { username: newName(), password1: PASSWORD, password2: PASSWORD, ...fields };
      return app.send('/api/auth/register', { method: 'POST', body });
    },
    invite: async (email) => {
      const answer = await app.send('/api/invitations?org=acme', {
        method: 'POST',
        headers: asAdmin,
        body: { role: 'worker', email },
      });
      if (answer.status !== 201) throw new Error(`The invitation failed: ${answer.text}`);
      const { id } = await readUser(app.db, email);
      const membership = await membershipOf(app.db, id);
      if (membership === undefined) throw new Error(`There is no placeholder for ${email}.`);
      return { id, membershipId: membership.id };
    },
    close: async () => {
      await app.close();
      await mailbox.close();
    },
  };
}

describe('REGISTRATION_MODE=open', () => {
  let office: Office;
  beforeAll(async () => {
    office = await openOffice({});
  });
  afterAll(() => office.close());

  it('lets an invited person take the placeholder over: the same account, its membership still waiting', async () => {
    const { id, membershipId } = await office.invite('guest.one@example.org');
    const answer = await office.register({
      username: 'guest-one',
      email: 'Guest.One@example.org',
      first_name: 'Guest',
      last_name: 'One',
    });
    expect(answer.status).toBe(201);
    const { key } = answer.json() as { key: string };
    const self = await office.app.send('/api/users/self', { headers: { Authorization: `Token ${key}` } });
    expect(self.json()).toMatchObject({
      id,
      username: 'guest-one',
      email: 'Guest.One@example.org',
      first_name: 'Guest',
      groups: ['user'],
    });
    const membership = await readMembership(office.app.db, membershipId);
    expect(membership).toMatchObject({ isActive: false, role: 'worker' });
    const [row] = await addressesOf(office.app.db, id);
    expect(row).toEqual({ email: 'Guest.One@example.org', verified: false, primary: true });
  });

  it('lets nobody take over a placeholder twice', async () => {
    await office.invite('guest.two@example.org');
    expect((await office.register({ email: 'guest.two@example.org' })).status).toBe(201);
    const answer = await office.register({ email: 'guest.two@example.org' });
    expect(answer.json()).toEqual(['A user is already registered with this e-mail address.']);
  });

  it('lets nobody have the name of a placeholder, which is its address', async () => {
    await office.invite('guest.three@example.org');
    const answer = await office.register({ username: 'guest.three@example.org' });
    expect(answer.json()).toEqual({ username: ['A user with that username already exists.'] });
  });
});

describe('REGISTRATION_MODE=closed', () => {
  let office: Office;
  beforeAll(async () => {
    office = await openOffice({ REGISTRATION_MODE: 'closed' });
  });
  afterAll(() => office.close());

  it.each([
    ['a good body', { email: 'x@example.org' }],
    ['no address', {}],
    ['an address that is none', { email: ['x'] }],
    ['an address with NUL', { email: 'x\0@example.org' }],
    ['a name that is taken', { username: 'admin', email: 'x@example.org' }],
    ['an address that is taken', { email: 'boss@example.org' }],
    ['a weak password', { email: 'x@example.org', password1: 'x' }],
    [
      'somebody who makes himself an administrator',
      { email: 'x@example.org', is_superuser: true, groups: ['admin'] },
    ],
  ])('answers the same 403 to %s', async (_what, fields) => {
    const answer = await office.register(fields);
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({
      detail: 'Registration is closed on this server. Ask an administrator for an account.',
    });
  });

  it('is not in the API document', () => {
    const paths = Object.keys(office.app.container.document().paths);
    expect(paths).toContain('/api/auth/login');
    expect(paths).not.toContain('/api/auth/register');
  });

  it('lets in whom an organization invited, and nobody with an invitation that expired', async () => {
    const { clock } = office.app;
    clock.stop();
    onTestFinished(clock.go);
    for (const name of ['guest', 'early', 'late']) await office.invite(`${name}@example.org`);
    expect((await office.register({ email: 'guest@example.org' })).status).toBe(201);
    clock.advance(7 * DAY - 1000);
    expect((await office.register({ email: 'early@example.org' })).status).toBe(201);
    clock.advance(2000);
    expect((await office.register({ email: 'late@example.org' })).status).toBe(403);
  });
});

describe('REGISTRATION_MODE=invite', () => {
  let office: Office;
  beforeAll(async () => {
    office = await openOffice({ REGISTRATION_MODE: 'invite', REGISTRATION_EMAIL_DOMAINS: 'example.com' });
  });
  afterAll(() => office.close());

  it('answers 403 to whom nobody invited, whatever else is wrong', async () => {
    for (const fields of [
      { email: 'x@example.com' },
      {},
      { username: 'admin' },
      { email: 'boss@example.org' },
    ]) {
      const answer = await office.register(fields);
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({
        detail: 'Registration needs an invitation to an organization for this e-mail address.',
      });
    }
  });

  it('lets in whom an organization invited, from every domain, in any case', async () => {
    const { id } = await office.invite('guest@elsewhere.example');
    const answer = await office.register({ username: 'guest', email: ' GUEST@elsewhere.example ' });
    expect(answer.status).toBe(201);
    expect((await readUser(office.app.db, 'guest')).id).toBe(id);
  });

  it('still tells whom it lets in what is wrong', async () => {
    await office.invite('second@example.org');
    const answer = await office.register({ username: 'admin', email: 'second@example.org' });
    expect(answer.json()).toEqual({ username: ['A user with that username already exists.'] });
  });
});

describe('REGISTRATION_MODE=approval', () => {
  let office: Office;
  beforeAll(async () => {
    office = await openOffice({ REGISTRATION_MODE: 'approval', ACCOUNT_EMAIL_VERIFICATION: 'optional' });
  });
  afterAll(() => office.close());

  const logIn = (username: string) =>
    office.app.send('/api/auth/login', { method: 'POST', body: { username, password: PASSWORD } });

  it('makes an account that waits: no session, no token, no login, and a mail to every administrator only', async () => {
    await office.app.send('/api/users', {
      method: 'POST',
      headers: office.asAdmin,
      body: { username: 'second', email: 'second@example.org', groups: ['admin'] },
    });
    const answer = await office.register({ username: 'waiting', email: 'waiting@example.org' });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({
      username: 'waiting',
      key: null,
      email_verification_required: false,
    });
    expect(answer.setCookies).toEqual([]);
    expect((await logIn('waiting')).json()).toEqual({
      non_field_errors: ['Unable to log in with provided credentials.'],
    });
    const { id } = await readUser(office.app.db, 'waiting');
    expect(await hasToken(office.app.db, id)).toBe(false);

    const mails = await office.mailbox.collect(office.app);
    expect(mails.map(recipientOf)).toEqual(['boss@example.org', 'second@example.org']);
    expect(mails.map(subjectOf)).toEqual(Array(2).fill('An account is waiting for approval'));
    expect(mails[0]?.parsed.text).toContain('waiting (waiting@example.org) signed up at Lab');
  });

  it('tells the applicant when an administrator activates the account, once, and lets them in', async () => {
    await office.register({ username: 'patient', email: 'patient@example.org' });
    await office.mailbox.collect(office.app);
    const { id } = await readUser(office.app.db, 'patient');
    const activate = (isActive: boolean) =>
      office.app.send(`/api/users/${id}`, {
        method: 'PATCH',
        headers: office.asAdmin,
        body: { is_active: isActive },
      });
    expect((await activate(true)).status).toBe(200);
    const mail = await office.mailbox.receive(office.app, 'patient@example.org');
    expect(subjectOf(mail)).toBe('Your account is active');
    expect(linkOf(mail)).toBe('/auth/login');
    expect((await logIn('patient')).status).toBe(200);

    await activate(false);
    await activate(true);
    expect(await office.mailbox.collect(office.app)).toEqual([]);
  });

  it('asks no administrator about whom an organization invited, once the address is proven', async () => {
    await office.invite('guest@example.org');
    await office.mailbox.collect(office.app);
    await office.register({ username: 'guest', email: 'guest@example.org' });
    const mails = await office.mailbox.collect(office.app);
    expect(mails.map(recipientOf)).toEqual(['guest@example.org']);
    expect((await logIn('guest')).text).toBe('Unverified email');
    await office.app.send(linkOf(mails[0] ?? raise('No mail.')));
    expect((await logIn('guest')).status).toBe(200);
  });

  it('tells no administrator who is inactive or has no address', async () => {
    await setActive(office.app.db, (await readUser(office.app.db, 'second')).id, false);
    await office.mailbox.collect(office.app);
    await office.register({ email: 'third@example.org' });
    expect((await office.mailbox.collect(office.app)).map(recipientOf)).toEqual(['boss@example.org']);
  });
});

describe('REGISTRATION_EMAIL_DOMAINS', () => {
  let office: Office;
  beforeAll(async () => {
    office = await openOffice({ REGISTRATION_EMAIL_DOMAINS: 'Example.ORG, lab.example.com' });
  });
  afterAll(() => office.close());

  const WRONG = { email: ['Addresses of this domain may not register on this server.'] };

  it.each(['a@example.org', 'b@EXAMPLE.org', 'c@lab.example.com'])('lets in %s', async (email) => {
    expect((await office.register({ email })).status).toBe(201);
  });

  it.each([
    'a@example.com',
    'a@sub.example.org',
    'a@notexample.org',
    'a@example.org.evil.example',
    '"a@example.org"@evil.example',
  ])('refuses %s', async (email) => {
    const answer = await office.register({ email });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(WRONG);
  });

  it('asks for an address', async () => {
    expect((await office.register({})).json()).toEqual({ email: ['This field is required.'] });
  });

  it('lets in whom an organization invited from elsewhere', async () => {
    await office.invite('guest@elsewhere.example');
    expect((await office.register({ email: 'guest@elsewhere.example' })).status).toBe(201);
  });
});
