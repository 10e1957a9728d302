import { describe, expect, it } from 'vitest';
import { type TestApp, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';

/** `ACCOUNT_AUTHENTICATION_METHOD`: what people log in with. The default, either, is in the other tests. */

const start = (method: string) => useTestApp({ env: { ACCOUNT_AUTHENTICATION_METHOD: method } });

const login = async (app: TestApp, body: object) => {
  const answer = await app.send('/api/auth/login', { method: 'POST', body });
  return [answer.status, answer.status === 200 ? 'a key' : answer.json()];
};

const basic = async (app: TestApp, name: string, password: string) =>
  (await app.send('/api/users/self', { headers: { Authorization: basicAuth(name, password) } })).status;

const IN = [200, 'a key'];
const WRONG = [400, { non_field_errors: ['Unable to log in with provided credentials.'] }];
const otherMethod = (tried: string, used: string) => [
  400,
  [
    `Attempt to authenticate with ${tried}. But ${used} are used for authentication on the server. Please check your server configuration ACCOUNT_AUTHENTICATION_METHOD.`,
  ],
];

describe('a server on which people log in with user names', () => {
  const app = start('username');

  it('takes a user name in any case, and no address in its place', async () => {
    const { username, email, password } = await app.register('Method-name', { email: 'name@example.org' });
    expect(await login(app, { username, password })).toEqual(IN);
    expect(await login(app, { username: username.toLowerCase(), password })).toEqual(IN);
    expect(await login(app, { username: email, password })).toEqual(WRONG);
    expect(await basic(app, username, password)).toBe(200);
    expect(await basic(app, email, password)).toBe(401);
  });

  it('takes the user name where both are given, and names the setting where only the address is', async () => {
    const { username, password } = await app.register('method-both', { email: 'both@example.org' });
    expect(await login(app, { username, email: 'other@example.org', password })).toEqual(IN);
    const refusal = otherMethod('email/password', 'username/password');
    expect(await login(app, { email: 'both@example.org', password })).toEqual(refusal);
    expect(await login(app, { email: 'not an address', password })).toEqual(refusal);
  });

  it.each([[{}], [{ username: 'someone' }], [{ username: '', email: '', password: 'x' }]])(
    'says what is missing in %j',
    async (body) => {
      expect(await login(app, body)).toEqual([400, ['Must include "username" and "password".']]);
    },
  );
});

describe('a server on which people log in with addresses', () => {
  const app = start('email');

  it('takes an address in any case, and only an address', async () => {
    const { username, email, password } = await app.register('method-mail', { email: 'mail@example.org' });
    expect(await login(app, { email, password })).toEqual(IN);
    expect(await login(app, { email: email.toUpperCase(), password })).toEqual(IN);
    expect(await login(app, { username, email, password })).toEqual(IN);
    expect(await login(app, { username, password })).toEqual(
      otherMethod('username/password', 'email/password'),
    );
  });

  it('refuses an address that nobody has as it refuses a wrong password', async () => {
    const { email } = await app.register('method-none', { email: 'none@example.org' });
    expect(await login(app, { email, password: 'wrong' })).toEqual(WRONG);
    expect(await login(app, { email: 'nobody@example.org', password: 'wrong' })).toEqual(WRONG);
  });

  it('still knows exact user names in Basic, as Django’s own backend does', async () => {
    const { username, email, password } = await app.register('Method-basic', { email: 'basic@example.org' });
    expect(await basic(app, email, password)).toBe(200);
    expect(await basic(app, username, password)).toBe(200);
    expect(await basic(app, username.toLowerCase(), password)).toBe(401);
  });

  it.each([[{}], [{ email: 'someone@example.org' }]])('says what is missing in %j', async (body) => {
    expect(await login(app, body)).toEqual([400, ['Must include "email" and "password".']]);
  });
});
