import { beforeAll, describe, expect, it } from 'vitest';
import type { Administration } from '../../../src/features/accounts/index.js';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { linkOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { insertAccessToken, readUser } from '../../support/rows.js';
import { countRows } from '../../support/tables.js';

/** What the command line does to accounts, seen by who uses the server meanwhile. */

const NEW = 'Otter-43-leptons';

let operator: Administration;
const mailbox = useMailbox();
const app = useTestApp(() => ({ env: { ...mailbox.env, REGISTRATION_MODE: 'open' } }));
beforeAll(async () => {
  operator = app.container.administration;
  await app.register('taken1');
});

const logIn = (username: string, password: string) =>
  app.send('/api/auth/login', { method: 'POST', body: { username, password } });

async function signIn({ username, password }: Pick<TestAccount, 'username' | 'password'>) {
  const browser = app.browser();
  const answer = await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  expect(answer.status).toBe(200);
  return browser;
}

const statusOf = async (headers: Readonly<Record<string, string>>) =>
  (await app.send('/api/users/self', { headers })).status;

/** Every way in of an account: session, token, access token, Basic, and a new login. */
async function waysOf(person: TestAccount) {
  const browser = await signIn(person);
  const cookies = { Cookie: browser.cookieHeader() };
  const key = `${String(person.id).padStart(8, 'k')}.${'k'.repeat(32)}`;
  await insertAccessToken(app.db, { ownerId: person.id, key });
  return async (): Promise<Readonly<Record<string, number>>> => ({
    session: await statusOf(cookies),
    token: await statusOf(person.authorization),
    'access token': await statusOf({ Authorization: `Bearer ${key}` }),
    basic: await statusOf(person.basic),
    login: (await logIn(person.username, person.password)).status,
  });
}

const OPEN = { session: 200, token: 200, 'access token': 200, basic: 200, login: 200 };

describe('an operator who deactivates an account', () => {
  it('shuts every way in with the next request, and activating it again brings no session and no API token back', async () => {
    const person = await app.register();
    const ways = await waysOf(person);
    expect(await ways()).toEqual(OPEN);
    expect(await operator.deactivate(person.username)).toMatchObject({ id: person.id, isActive: false });
    expect(await ways()).toEqual({ session: 401, token: 401, 'access token': 401, basic: 401, login: 400 });
    expect(await operator.activate(person.username)).toMatchObject({ isActive: true });
    expect(await ways()).toEqual({ ...OPEN, session: 401, token: 401 });
  });
});

describe('an operator who ends sessions', () => {
  it('ends all of that account, and no token, password or session of anybody else', async () => {
    const [person, other] = [await app.register(), await app.register()];
    const ways = await waysOf(person);
    const second = await signIn(person);
    const others = await waysOf(other);
    await operator.endSessions(person.username);
    expect((await second.send('/api/users/self')).status).toBe(401);
    expect(await ways()).toEqual({ ...OPEN, session: 401 });
    expect(await others()).toEqual(OPEN);
    expect((await (await signIn(person)).send('/api/users/self')).status).toBe(200);
  });

  it('can do it again', async () => {
    const person = await app.register();
    for (let round = 0; round < 2; round += 1) {
      const browser = await signIn(person);
      expect((await browser.send('/api/users/self')).status).toBe(200);
      await operator.endSessions(person.username);
      expect((await browser.send('/api/users/self')).status).toBe(401);
    }
  });
});

describe('an operator who activates an account', () => {
  it('tells somebody who registered and waited, once, as an administrator does over HTTP', async () => {
    const waiting = await createTestApp({ env: { ...mailbox.env, REGISTRATION_MODE: 'approval' } });
    try {
      const body = { username: 'patient', email: 'patient@example.org', password1: NEW, password2: NEW };
      await waiting.send('/api/auth/register', { method: 'POST', body });
      await mailbox.collect(waiting);
      const { administration } = waiting.container;
      expect(await administration.show('patient')).toMatchObject({ isActive: false });
      await administration.activate('patient');
      const mail = await mailbox.receive(waiting, 'patient@example.org');
      expect([subjectOf(mail), linkOf(mail)]).toEqual(['Your account is active', '/auth/login']);
      await administration.deactivate('patient');
      await administration.activate('patient');
      expect(await mailbox.collect(waiting)).toEqual([]);
    } finally {
      await waiting.close();
    }
  });
});

describe('an operator who sets a password', () => {
  it('ends the sessions and the API token, and tells the account holder', async () => {
    const person = await app.register();
    const browser = await signIn(person);
    await mailbox.collect(app);
    await operator.setPassword(person.username, NEW);
    expect((await browser.send('/api/users/self')).status).toBe(401);
    expect(await statusOf(person.authorization)).toBe(401);
    expect((await logIn(person.username, person.password)).status).toBe(400);
    expect((await logIn(person.username, NEW)).status).toBe(200);
    const mail = await mailbox.receive(app, person.email);
    expect(subjectOf(mail)).toBe('Your password was changed');
    expect(mail.raw).not.toContain(NEW);
  });

  it('revokes personal access tokens when told to', async () => {
    const person = await app.register();
    const key = `${`${person.id}`.padStart(8, 'w')}.${'w'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: person.id, key });
    await operator.setPassword(person.username, NEW);
    expect(await statusOf({ Authorization: `Bearer ${key}` })).toBe(200);
    await operator.setPassword(person.username, `${NEW}!`, { revokesAccessTokens: true });
    expect(await statusOf({ Authorization: `Bearer ${key}` })).toBe(401);
  });

  it.each([
    ['12345678', 'This password is too common. This password is entirely numeric.'],
    ['Wombat-tunnel', 'The password is too similar to the username.'],
    ['x'.repeat(257), 'Password must be 256 characters or fewer.'],
  ])('is refused %.13s and leaves the old one', async (password, sentence) => {
    const person = await app.register(`Wombat-tunnel${password.length}`);
    await expect(operator.setPassword(person.username, password)).rejects.toThrow(sentence);
    expect((await logIn(person.username, person.password)).status).toBe(200);
  });
});

describe('an operator who makes an account', () => {
  it('vouches for its address: it may sign in at once, also where addresses must be confirmed', async () => {
    const strict = await createTestApp({ env: { ...mailbox.env, ACCOUNT_EMAIL_VERIFICATION: 'mandatory' } });
    try {
      const person = { username: 'anna1', email: 'anna@example.org', password: NEW, isAdmin: false };
      const account = await strict.container.administration.create(person);
      expect(account).toMatchObject({ username: 'anna1', groups: ['user'], isSuperuser: false });
      const headers = { Authorization: basicAuth('anna1', NEW) };
      expect((await strict.send('/api/users/self', { headers })).status).toBe(200);
    } finally {
      await strict.close();
    }
  });

  it('makes an administrator when asked to, or later', async () => {
    const person = { username: 'chief1', email: '', password: NEW, isAdmin: true };
    expect(await operator.create(person)).toMatchObject({ groups: ['admin'], isSuperuser: true });
    const other = await app.register();
    expect(await operator.makeAdmin(other.username)).toMatchObject({
      groups: ['admin', 'user'],
      isSuperuser: true,
    });
    for (const headers of [{ Authorization: basicAuth('chief1', NEW) }, other.authorization]) {
      const self = await app.send('/api/users/self', { headers });
      expect(self.json()).toMatchObject({ is_staff: true, is_superuser: true, has_analytics_access: true });
    }
  });

  it.each([
    ['a name that somebody has, in another case', { username: 'TAKEN1' }, 'A user with that username'],
    ['an address that somebody has, in another case', { email: 'Taken1@Example.org' }, 'already registered'],
    ['a name with a blank', { username: 'with blank' }, 'Enter a valid username.'],
    ['a name of 151 letters', { username: 'ä'.repeat(151) }, 'no more than 150 characters'],
    ['an address that is none', { email: 'nonsense' }, 'Enter a valid email address.'],
    ['an address with a line break', { email: 'a@example.org\nBcc: b@example.org' }, 'Enter a valid email'],
    ['a common password', { password: 'password1' }, 'This password is too common.'],
  ])('is refused %s, and nothing is left', async (_what, fields, sentence) => {
    const before = await countRows(app.db, 'auth_user');
    const person = { username: 'fresh1', email: 'fresh@example.org', password: NEW, isAdmin: false };
    await expect(operator.create({ ...person, ...fields })).rejects.toThrow(sentence);
    expect(await countRows(app.db, 'auth_user')).toBe(before);
  });

  it('counts the letters of a name, not their bytes', async () => {
    const username = '𝒳'.repeat(150);
    const person = { username, email: '', password: NEW, isAdmin: false };
    expect(await operator.create(person)).toMatchObject({ username });
  });
});

describe('an operator who hands over a reset link', () => {
  it('gives one that works once, without a mail', async () => {
    const person = await app.register();
    await mailbox.collect(app);
    const link = new URL(await operator.resetLink(person.username));
    expect(link.href.startsWith('https://cvat.example.org/auth/password/reset/confirm?uid=')).toBe(true);
    expect(await mailbox.collect(app)).toEqual([]);
    const body = { ...Object.fromEntries(link.searchParams), new_password1: NEW, new_password2: NEW };
    const confirm = () => app.send('/api/auth/password/reset/confirm', { method: 'POST', body });
    expect((await confirm()).status).toBe(200);
    expect((await confirm()).json()).toEqual({ token: ['Invalid value'] });
    expect((await logIn(person.username, NEW)).status).toBe(200);
  });
});

describe('an operator who names nobody', () => {
  it.each(['show', 'activate', 'deactivate', 'makeAdmin', 'resetLink', 'endSessions'] as const)(
    'is told so by %s',
    async (command) => {
      await expect(operator[command]('nobody1')).rejects.toThrow('There is no account "nobody1".');
    },
  );

  it('is told so before a password is judged', async () => {
    await expect(operator.setPassword('nobody1', 'x')).rejects.toThrow('There is no account "nobody1".');
  });
});

it('shows an operator all accounts, without their passwords', async () => {
  const person = await app.register();
  const list = await operator.list();
  expect(list.length).toBeGreaterThan(1);
  const shown = list.find(({ username }) => username === person.username);
  expect(shown).toEqual(await operator.show(person.username));
  const { password } = await readUser(app.db, person.username);
  expect(JSON.stringify(list)).not.toContain(password);
});
