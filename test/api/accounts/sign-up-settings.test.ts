import { describe, expect, it } from 'vitest';
import { type TestApp, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';

/** Settings of CVAT and Django that say what a new account must have. */

const GOOD = 'Otter-43-leptons';

const register = async (app: TestApp, fields: Readonly<Record<string, string>>) => {
  const body = { password1: GOOD, password2: fields['password1'] ?? GOOD, ...fields };
  const answer = await app.send('/api/auth/register', { method: 'POST', body });
  return [answer.status, answer.status === 201 ? null : answer.json()];
};

const create = async (app: TestApp, username: string) => {
  const headers = { Authorization: basicAuth(app.admin.username, app.admin.password) };
  const answer = await app.send('/api/users', { method: 'POST', headers, body: { username } });
  return [answer.status, answer.status === 201 ? null : answer.json()];
};

const MADE = [201, null];
const short = (minimum: number) => [
  400,
  { username: [`Ensure this field has at least ${minimum} characters.`] },
];

describe('a user name', () => {
  const app = useTestApp();
  const brief = useTestApp({ env: { ACCOUNT_USERNAME_MIN_LENGTH: '3' } });

  it('has five characters or more, at registration and from an administrator', async () => {
    expect(await register(app, { username: 'anna', email: 'a@example.org' })).toEqual(short(5));
    expect(await create(app, 'anna')).toEqual(short(5));
    expect(await register(app, { username: 'annas', email: 'a@example.org' })).toEqual(MADE);
    expect(await create(app, 'bernd')).toEqual(MADE);
  });

  it('is counted in code points', async () => {
    expect(await create(app, '𝒜𝒜𝒜𝒜')).toEqual(short(5));
    expect(await create(app, '𝒜𝒜𝒜𝒜𝒜')).toEqual(MADE);
  });

  it('has as many characters as ACCOUNT_USERNAME_MIN_LENGTH says', async () => {
    expect(await register(brief, { username: 'al', email: 'al@example.org' })).toEqual(short(3));
    expect(await create(brief, 'al')).toEqual(short(3));
    expect(await register(brief, { username: 'ali', email: 'al@example.org' })).toEqual(MADE);
    expect(await create(brief, 'bea')).toEqual(MADE);
  });
});

describe('an address', () => {
  const app = useTestApp({ env: { ACCOUNT_EMAIL_REQUIRED: 'true' } });

  it('must be given where ACCOUNT_EMAIL_REQUIRED is true', async () => {
    expect(await register(app, { username: 'without' })).toEqual([
      400,
      { email: ['This field is required.'] },
    ]);
    expect(await register(app, { username: 'having', email: 'having@example.org' })).toEqual(MADE);
  });
});

describe('a password', () => {
  const some = useTestApp({
    env: {
      AUTH_PASSWORD_VALIDATORS: 'MinimumLengthValidator, NumericPasswordValidator',
      AUTH_PASSWORD_MIN_LENGTH: '10',
    },
  });
  const none = useTestApp({ env: { AUTH_PASSWORD_VALIDATORS: 'none' } });
  const attempt = (app: TestApp, username: string, password1: string) =>
    register(app, { username, email: `${username}@example.org`, password1 });

  it('is judged by the validators of AUTH_PASSWORD_VALIDATORS, and by no others', async () => {
    expect(await attempt(some, 'short', 'Ott-43-le')).toEqual([
      400,
      { password1: ['This password is too short. It must contain at least 10 characters.'] },
    ]);
    expect(await attempt(some, 'number', '8317204956')).toEqual([
      400,
      { password1: ['This password is entirely numeric.'] },
    ]);
    expect(await attempt(some, 'commonly', 'administrator')).toEqual(MADE);
    expect(await attempt(some, 'resembling', 'resembling')).toEqual(MADE);
  });

  it('is never longer than 256 characters, also without validators', async () => {
    expect(await attempt(none, 'brief', '1')).toEqual(MADE);
    expect(await attempt(none, 'lengthy', 'x'.repeat(257))).toEqual([
      400,
      { password1: ['Password must be 256 characters or fewer.'] },
    ]);
  });
});
