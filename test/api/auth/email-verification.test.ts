import { describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { readUser, setPassword, setVerified } from '../../support/rows.js';

/** Who may sign in when addresses must be confirmed: what happens without a mail. */

const PASSWORD = 'Wiesel-42-quarks';
let counter = 0;

interface Newcomer {
  readonly id: number;
  readonly username: string;
  readonly email: string;
}

async function register(app: TestApp): Promise<Newcomer> {
  counter += 1;
  const username = `newcomer${counter}`;
  const email = `${username}@example.org`;
  const body = { username, email, password1: PASSWORD, password2: PASSWORD };
  const answer = await app.send('/api/auth/register', { method: 'POST', body });
  expect(answer.status).toBe(201);
  return { id: (await readUser(app.db, username)).id, username, email };
}

const logIn = (app: TestApp, body: Readonly<Record<string, string>>) =>
  app.send('/api/auth/login', { method: 'POST', body: { password: PASSWORD, ...body } });
const basic = (app: TestApp, name: string, password = PASSWORD) =>
  app.send('/api/users/self', { headers: { Authorization: basicAuth(name, password) } });

describe('mandatory verification', () => {
  const app = useTestApp({ env: { ACCOUNT_EMAIL_VERIFICATION: 'mandatory' } });

  it('answers a login by name or address with a text that is no JSON, and no cookie', async () => {
    const { username, email } = await register(app);
    for (const body of [{ username }, { email }, { username: email }] as Readonly<Record<string, string>>[]) {
      const answer = await logIn(app, body);
      expect(answer.status).toBe(400);
      expect(answer.text).toBe('Unverified email');
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.headers.allow).toBe('POST, OPTIONS');
      expect(answer.setCookies).toEqual([]);
    }
  });

  it('answers Basic with 401', async () => {
    const { username, email } = await register(app);
    for (const name of [username, email, username]) {
      const answer = await basic(app, name);
      expect(answer.status).toBe(401);
      expect(answer.json()).toEqual({ detail: 'E-mail is not verified.' });
      expect(answer.headers['www-authenticate']).toBe('Token');
    }
  });

  it('tells only those who know the password', async () => {
    const { username } = await register(app);
    expect((await logIn(app, { username, password: 'wrong' })).json()).toEqual({
      non_field_errors: ['Unable to log in with provided credentials.'],
    });
    expect((await basic(app, username, 'wrong')).json()).toEqual({ detail: 'Invalid username/password.' });
  });

  it('notes no login, makes no token and opens no session before the address is confirmed', async () => {
    const { username } = await register(app);
    await logIn(app, { username });
    expect((await readUser(app.db, username)).lastLogin).toBeNull();
  });

  it('lets in who has confirmed it, and refuses again who has lost that', async () => {
    const { id, username } = await register(app);
    await setVerified(app.db, id, true);
    expect((await logIn(app, { username })).status).toBe(200);
    expect((await basic(app, username)).status).toBe(200);
    await setVerified(app.db, id, false);
    expect((await logIn(app, { username })).text).toBe('Unverified email');
    expect((await basic(app, username)).status).toBe(401);
  });

  it('asks sessions and tokens for nothing', async () => {
    const { id, username } = await register(app);
    await setVerified(app.db, id, true);
    const browser = app.browser();
    const answer = await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username, password: PASSWORD },
    });
    const { key } = answer.json() as { key: string };
    await setVerified(app.db, id, false);
    expect((await browser.send('/api/users/self')).status).toBe(200);
    expect((await app.send('/api/users/self', { headers: { Authorization: `Token ${key}` } })).status).toBe(
      200,
    );
  });

  it('lets the first administrator in, whose address counts as confirmed', async () => {
    const { username, password } = app.admin;
    expect((await logIn(app, { username, password })).status).toBe(200);
    expect((await basic(app, username, password)).status).toBe(200);
  });

  it('says nothing of an address to who has no usable password', async () => {
    const { id, username } = await register(app);
    await setPassword(app.db, id, '!');
    expect((await logIn(app, { username })).json()).toEqual({
      non_field_errors: ['Unable to log in with provided credentials.'],
    });
  });
});

describe.each(['none', 'optional'])('verification that is %s', (mode) => {
  it('lets in who has confirmed nothing', async () => {
    const app = await createTestApp({ env: { ACCOUNT_EMAIL_VERIFICATION: mode } });
    try {
      const { username } = await register(app);
      expect((await logIn(app, { username })).status).toBe(200);
      expect((await basic(app, username)).status).toBe(200);
    } finally {
      await app.close();
    }
  });
});
