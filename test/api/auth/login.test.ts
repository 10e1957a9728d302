import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { changeUser, setActive, setPassword } from '../../support/rows.js';

let person: TestAccount;
const app = useTestApp({
  env: { LOGIN_FAILURES_PER_ADDRESS: 'none', LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none' },
});
beforeAll(async () => {
  person = await app.register('marta1');
});

const LOGIN = '/api/auth/login';
const logIn = (body: unknown) => app.send(LOGIN, { method: 'POST', body });

const MUST_INCLUDE = ['Must include either "username" or "email" and "password".'];
const UNKNOWN_EMAIL = ['Unable to login with provided credentials'];
const WRONG = { non_field_errors: ['Unable to log in with provided credentials.'] };

describe('POST /api/auth/login answers 200', () => {
  it('with the API token and the three cookies', async () => {
    const { username, password } = app.admin;
    const answer = await logIn({ username, password });
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^\{"key":"[0-9a-f]{40}"\}$/);
    expect(answer.headers['content-type']).toBe('application/vnd.cvat+json');
    expect(answer.headers.allow).toBe('POST, OPTIONS');
    expect(answer.setCookies.map((line) => line.split('=')[0])).toEqual([
      'csrftoken',
      'sessionid',
      'sessionfresh',
    ]);
  });

  it('with the same token each time', async () => {
    const { username, password } = person;
    expect((await logIn({ username, password })).json()).toEqual({ key: person.token });
    expect((await logIn({ username, password })).json()).toEqual({ key: person.token });
  });

  it('and makes a superuser with staff rights an administrator, as every save of a user does in CVAT', async () => {
    const { id, username, password, authorization } = await app.register();
    await changeUser(app.db, id, { isSuperuser: true, isStaff: true });
    const self = async () => (await app.send('/api/users/self', { headers: authorization })).json();
    expect(await self()).toMatchObject({ groups: ['user'], has_analytics_access: false });
    expect((await logIn({ username, password })).status).toBe(200);
    expect(await self()).toMatchObject({ groups: ['admin', 'user'], has_analytics_access: true });
  });

  it('with one token however many log in at once', async () => {
    const other = await app.register();
    await app.send('/api/auth/logout', { method: 'POST', headers: other.authorization });
    const body = { username: other.username, password: other.password };
    const answers = await Promise.all(Array.from({ length: 8 }, () => logIn(body)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.json()).not.toEqual({ key: other.token });
  });

  it.each([
    ['the e-mail address', { email: 'marta1@example.org' }],
    ['the address in another case', { email: 'MARTA1@Example.ORG' }],
    ['the address and an empty name', { email: 'marta1@example.org', username: '' }],
    [
      'the address and somebody else’s name, which is ignored',
      { email: 'marta1@example.org', username: 'admin' },
    ],
    ['the name and an empty address', { username: 'marta1', email: '' }],
    ['blanks around the name', { username: '  marta1\t' }],
    ['blanks around the address', { email: ' marta1@example.org ' }],
    ['the address as a name', { username: 'marta1@example.org' }],
    ['keys that mean nothing', { username: 'marta1', is_superuser: true, next: '//evil.example' }],
  ])('to %s', async (_what, body) => {
    const answer = await logIn({ ...body, password: person.password });
    expect(answer.json()).toEqual({ key: person.token });
    expect(answer.status).toBe(200);
  });

  it('to a name that came as a number', async () => {
    const other = await app.register('12345');
    expect((await logIn({ username: 12345, password: other.password })).status).toBe(200);
  });

  it('to a good token of somebody else, whose session it does not become', async () => {
    const other = await app.register();
    const { username, password } = person;
    const answer = await app.send(LOGIN, {
      method: 'POST',
      headers: other.authorization,
      body: { username, password },
    });
    expect(answer.json()).toEqual({ key: person.token });
  });

  it('to a body in UTF-16 that says so', async () => {
    const text = JSON.stringify({ username: person.username, password: person.password });
    const headers = { 'Content-Type': 'application/json; charset=utf-16le' };
    expect(
      (await app.send(LOGIN, { method: 'POST', headers, body: Buffer.from(text, 'utf16le') })).status,
    ).toBe(200);
  });

  it('to the last of several values of a key', async () => {
    const body = `{"username":"nobody","username":"marta1","password":"${person.password}"}`;
    expect(
      (await app.send(LOGIN, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }))
        .status,
    ).toBe(200);
  });
});

describe('POST /api/auth/login answers 400', () => {
  it.each([
    ['an empty object', {}],
    ['a list', []],
    ['a list of something', [1]],
    ['no password', { username: 'marta1' }],
    ['an empty password', { username: 'marta1', password: '' }],
    ['a null password', { username: 'marta1', password: null }],
    ['no name', { password: 'x' }],
    ['an empty name', { username: '', password: 'x' }],
    ['a null name', { username: null, password: 'x' }],
    ['both empty', { username: '', email: '', password: 'x' }],
    ['an empty list for an address', { email: [], password: 'x' }],
    ['an empty object for an address', { email: {}, password: 'x' }],
    ['a known address without a password', { email: 'marta1@example.org' }],
  ])('and what is missing to %s', async (_what, body) => {
    const answer = await logIn(body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(MUST_INCLUDE);
  });

  it.each([
    ['unknown', { email: 'nobody@example.org' }],
    ['malformed', { email: 'marta1' }],
    ['unknown beside a good name', { email: 'nobody@example.org', username: 'marta1' }],
    ['malformed beside a good name', { email: 'x', username: 'marta1' }],
    ['a number', { email: 5 }],
    ['a list', { email: ['marta1@example.org'] }],
    ['an object', { email: { $ne: null } }],
    ['true', { email: true }],
    ['one with NUL', { email: 'marta1@example.org\0' }],
    ['a pattern', { email: '%@example.org' }],
  ])('and CVAT’s own sentence to an address that is %s', async (_what, body) => {
    const answer = await logIn({ ...body, password: person.password });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(UNKNOWN_EMAIL);
  });

  it('and CVAT’s own sentence to an address that two accounts have', async () => {
    const [one, two] = [await app.register(), await app.register()];
    for (const { id } of [one, two]) await changeUser(app.db, id, { email: 'twin@example.org' });
    const answer = await logIn({ email: 'twin@example.org', password: one.password });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(UNKNOWN_EMAIL);
  });

  it.each([
    ['an unknown name', { username: 'nobody', password: 'x' }],
    ['a wrong password', { username: 'marta1', password: 'wrong' }],
    ['a wrong password of a known address', { email: 'marta1@example.org', password: 'wrong' }],
    ['a password with a blank too many', { username: 'marta1', password: ' Wiesel-42-quarks' }],
    ['a password in another case', { username: 'marta1', password: 'wiesel-42-quarks' }],
    ['a part of the password', { username: 'marta1', password: 'Wiesel-42' }],
    ['a number for a password', { username: 'marta1', password: 42 }],
    ['a pattern for a name', { username: 'marta_', password: 'Wiesel-42-quarks' }],
    ['SQL for a name', { username: "marta1' or '1'='1", password: 'Wiesel-42-quarks' }],
  ])('to %s', async (_what, body) => {
    const answer = await logIn(body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(WRONG);
    expect(answer.setCookies).toEqual([]);
  });

  it('to an inactive account as to a wrong password', async () => {
    const other = await app.register();
    await setActive(app.db, other.id, false);
    expect((await logIn({ username: other.username, password: other.password })).json()).toEqual(WRONG);
    expect((await logIn({ email: other.email, password: other.password })).json()).toEqual(WRONG);
  });

  it.each([
    '!',
    '!unusable',
    '',
    'unknown$1$2',
    'pbkdf2_sha256$x$y$z',
    'pbkdf2_sha256$1000000000$salt$AAAA',
    'plain',
  ])('to every password of an account that stores %j', async (encoded) => {
    const other = await app.register();
    await setPassword(app.db, other.id, encoded);
    for (const password of [other.password, '!', encoded || 'x']) {
      expect((await logIn({ username: other.username, password })).json()).toEqual(WRONG);
    }
  });

  it.each([
    ['true', true],
    ['a list', ['marta1']],
    ['an object', { $gt: '' }],
  ])('with a field error to %s for a name', async (_what, username) => {
    const answer = await logIn({ username, password: 'x' });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ username: ['Not a valid string.'] });
  });

  it.each([
    ['true', true],
    ['a list', ['x']],
    ['an object', { x: 1 }],
  ])('with a field error to %s for a password', async (_what, password) => {
    expect((await logIn({ username: 'marta1', password })).json()).toEqual({
      password: ['Not a valid string.'],
    });
  });
});

describe('POST /api/auth/login', () => {
  it('answers 405 to GET', async () => {
    const answer = await app.send(LOGIN);
    expect(answer.status).toBe(405);
    expect(answer.json()).toEqual({ detail: 'Method "GET" not allowed.' });
  });

  it('answers 401 to a bad token beside right credentials', async () => {
    const { username, password } = person;
    const answer = await app.send(LOGIN, {
      method: 'POST',
      headers: { Authorization: 'Token bad' },
      body: { username, password },
    });
    expect(answer.status).toBe(401);
    expect(answer.setCookies).toEqual([]);
  });

  it('needs the CSRF token of a live session', async () => {
    const browser = app.browser();
    const body = { username: person.username, password: person.password };
    await browser.send(LOGIN, { method: 'POST', body });
    expect(
      (await app.send(LOGIN, { method: 'POST', headers: { Cookie: browser.cookieHeader() }, body })).status,
    ).toBe(403);
    expect((await browser.send(LOGIN, { method: 'POST', body })).status).toBe(200);
  });
});
