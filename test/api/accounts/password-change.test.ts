import { describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth, secondsUntilRetry, tallyOf } from '../../support/http.js';
import { recipientOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { insertAccessToken } from '../../support/rows.js';

/** POST /api/auth/password/change (dj-rest-auth `PasswordChangeSerializer`; deviation 18). */

const CHANGE = '/api/auth/password/change';
const NEW = 'Otter-43-leptons';
const LETTER = '𝒜';
const PAT = 'abcdefgh.0123456789abcdefghijklmnopqrstuv';

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '10/hour',
    LOGIN_FAILURES_PER_ADDRESS: 'none',
  },
}));

const bodyOf = ({ password }: TestAccount, fields: object = {}) => ({
  old_password: password,
  new_password1: NEW,
  new_password2: NEW,
  ...fields,
});
const change = (account: TestAccount, fields: object = {}) =>
  app.send(CHANGE, { method: 'POST', headers: account.authorization, body: bodyOf(account, fields) });
const canLogIn = async (username: string, password: string, to = app) =>
  (await to.send('/api/auth/login', { method: 'POST', body: { username, password } })).status === 200;
const signIn = async ({ username, password }: TestAccount, to = app) => {
  const browser = to.browser();
  await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  return browser;
};

describe('POST /api/auth/password/change answers 200', () => {
  it.each([
    ['a token', ({ authorization }: TestAccount) => authorization],
    ['Basic', ({ basic }: TestAccount) => basic],
  ])('to %s, and the new password counts', async (_what, headersOf) => {
    const account = await app.register();
    const answer = await app.send(CHANGE, {
      method: 'POST',
      headers: headersOf(account),
      body: bodyOf(account),
    });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ detail: 'New password has been saved.' });
    expect(answer.setCookies).toEqual([]);
    expect(await canLogIn(account.username, NEW)).toBe(true);
    expect(await canLogIn(account.username, account.password)).toBe(false);
    expect((await app.send('/api/users/self', { headers: account.basic })).status).toBe(401);
  });

  it('to the password of before', async () => {
    const account = await app.register();
    const same = { new_password1: account.password, new_password2: account.password };
    expect((await change(account, same)).status).toBe(200);
    expect(await canLogIn(account.username, account.password)).toBe(true);
  });

  it.each([
    ['with blanks around it', '  Otter 43  '],
    ['of 256 letters of two units', LETTER.repeat(256)],
  ])('to a password %s, as it was typed', async (_what, password) => {
    const account = await app.register();
    expect((await change(account, { new_password1: password, new_password2: password })).status).toBe(200);
    expect(await canLogIn(account.username, password)).toBe(true);
    expect(await canLogIn(account.username, password.trim().slice(0, 200))).toBe(false);
  });

  const statusOf = async (authorization: string, to = app) =>
    (await to.send('/api/users/self', { headers: { Authorization: authorization } })).status;

  it('and ends the API token that a thief got for the old password, but no personal access token', async () => {
    const account = await app.register();
    await insertAccessToken(app.db, { ownerId: account.id, key: PAT });
    await change(account);
    expect(await statusOf(`Token ${account.token}`)).toBe(401);
    expect(await statusOf(`Bearer ${PAT}`)).toBe(200);
    const login = await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: account.username, password: NEW },
    });
    const { key } = login.json() as { key: string };
    expect(key).not.toBe(account.token);
    expect(await statusOf(`Token ${key}`)).toBe(200);
  });

  it('and revokes the personal access tokens when it is asked to', async () => {
    const [account, other] = [await app.register(), await app.register()];
    const keys = [account, other].map(({ id }) => `${`${id}`.padStart(8, 'z')}.${'r'.repeat(32)}`);
    await insertAccessToken(app.db, { ownerId: account.id, key: keys[0] ?? '' });
    await insertAccessToken(app.db, { ownerId: other.id, key: keys[1] ?? '' });
    expect((await change(account, { revoke_access_tokens: 'maybe' })).json()).toEqual({
      revoke_access_tokens: ['Must be a valid boolean.'],
    });
    expect((await change(account, { revoke_access_tokens: true })).status).toBe(200);
    expect(await statusOf(`Bearer ${keys[0]}`)).toBe(401);
    expect(await statusOf(`Bearer ${keys[1]}`)).toBe(200);
  });

  it('and leaves the API token alone with ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE=false, as CVAT does', async () => {
    const lenient = await createTestApp({ env: { ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: 'false' } });
    const account = await lenient.register();
    const answer = await lenient.send(CHANGE, {
      method: 'POST',
      headers: account.authorization,
      body: bodyOf(account),
    });
    expect(answer.status).toBe(200);
    expect(await statusOf(`Token ${account.token}`, lenient)).toBe(200);
    await lenient.close();
  });

  it('and tells the account holder', async () => {
    const account = await app.register();
    await mailbox.collect(app);
    await change(account);
    const mail = await mailbox.receive(app, account.email);
    expect(subjectOf(mail)).toBe('Your password was changed');
    expect(mail.parsed.text).toContain(`Hello ${account.username},`);
    expect(mail.raw).not.toContain(NEW);
  });
});

describe('POST /api/auth/password/change answers 400', () => {
  const REQUIRED = ['This field is required.'];
  const BLANK = ['This field may not be blank.'];
  const WRONG_OLD = ['Your old password was entered incorrectly. Please enter it again.'];

  it.each([
    [
      'an empty object',
      { old_password: undefined, new_password1: undefined, new_password2: undefined },
      { old_password: REQUIRED, new_password1: REQUIRED, new_password2: REQUIRED },
    ],
    [
      'blanks',
      { old_password: '', new_password1: '', new_password2: '' },
      { old_password: BLANK, new_password1: BLANK, new_password2: BLANK },
    ],
    ['null', { new_password1: null }, { new_password1: ['This field may not be null.'] }],
    ['a list', { new_password2: ['x'] }, { new_password2: ['Not a valid string.'] }],
    ['a wrong old password', { old_password: 'wrong' }, { old_password: WRONG_OLD }],
    [
      'a wrong old password beside other field errors',
      { old_password: 'wrong', new_password1: '' },
      { old_password: WRONG_OLD, new_password1: BLANK },
    ],
    [
      'a wrong old password before any rule for the new one',
      { old_password: 'wrong', new_password1: 'x', new_password2: 'y' },
      { old_password: WRONG_OLD },
    ],
    [
      'an old password with a blank too many',
      { old_password: 'Wiesel-42-quarks ' },
      { old_password: WRONG_OLD },
    ],
    [
      'passwords that differ before any rule for them',
      { new_password1: 'x', new_password2: 'y' },
      { new_password2: ['The two password fields didn’t match.'] },
    ],
    [
      'a common password',
      { new_password1: 'password1', new_password2: 'password1' },
      { new_password2: ['This password is too common.'] },
    ],
    [
      'a bad password with all that is wrong',
      { new_password1: '123', new_password2: '123' },
      {
        new_password2: [
          'This password is too short. It must contain at least 8 characters.',
          'This password is too common.',
          'This password is entirely numeric.',
        ],
      },
    ],
    [
      '257 letters',
      { new_password1: LETTER.repeat(257), new_password2: LETTER.repeat(257) },
      { new_password2: ['Password must be 256 characters or fewer.'] },
    ],
  ])('to %s', async (_what, fields, errors) => {
    const account = await app.register();
    const answer = await change(account, fields);
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(JSON.stringify(errors));
    expect(await canLogIn(account.username, account.password)).toBe(true);
  });

  it('to a password like the user name', async () => {
    const account = await app.register('jonathan.doe');
    const answer = await change(account, { new_password1: 'nahtanoj1', new_password2: 'nahtanoj1' });
    expect(answer.json()).toEqual({ new_password2: ['The password is too similar to the username.'] });
  });
});

describe('POST /api/auth/password/change', () => {
  it('answers 401 to nobody, also for GET, and 405 to GET of somebody', async () => {
    const missing = { detail: 'Authentication credentials were not provided.' };
    for (const method of ['GET', 'POST']) {
      const answer = await app.send(CHANGE, { method });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Token']);
      expect(answer.json()).toEqual(missing);
    }
    const { authorization } = await app.register();
    expect((await app.send(CHANGE, { headers: authorization })).status).toBe(405);
  });

  it('answers 401 to a personal access token, which changes nothing', async () => {
    const account = await app.register();
    await insertAccessToken(app.db, {
      ownerId: account.id,
      key: 'ABCDEFGH.0123456789abcdefghijklmnopqrstuv',
    });
    const headers = { Authorization: 'Bearer ABCDEFGH.0123456789abcdefghijklmnopqrstuv' };
    const answer = await app.send(CHANGE, { method: 'POST', headers, body: bodyOf(account) });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Token']);
    expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided.' });
    expect(await canLogIn(account.username, account.password)).toBe(true);
  });

  it('wants the CSRF token of a session', async () => {
    const account = await app.register();
    const browser = await signIn(account);
    const headers = { Cookie: browser.cookieHeader() };
    expect((await app.send(CHANGE, { method: 'POST', headers, body: bodyOf(account) })).status).toBe(403);
  });

  it('answers 429 after too many wrong old passwords, also to the right one, and so does the login', async () => {
    const account = await app.register();
    const answers = await Promise.all(
      Array.from({ length: 14 }, () => change(account, { old_password: 'wrong' })),
    );
    expect(tallyOf(answers)).toEqual({ 400: 10, 429: 4 });
    const right = await change(account);
    expect(right.status).toBe(429);
    expect(secondsUntilRetry(right, app.clock.now())).toBeGreaterThan(0);
    const login = await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: account.username, password: account.password },
    });
    expect(login.status).toBe(429);
  });

  it('tells none of many guesses sent at once which one was right, beyond the limit', async () => {
    const account = await app.register();
    const guesses = Array.from({ length: 30 }, (_, i) => (i === 29 ? account.password : `wrong-${i}`));
    const answers = await Promise.all(guesses.map((guess) => change(account, { old_password: guess })));
    const { 400: refused = 0, 429: limited = 0 } = tallyOf(answers);
    expect(refused).toBeLessThanOrEqual(10);
    expect(refused + limited).toBe(guesses.length);
    expect(answers.at(-1)?.status).toBe(429);
  });
});

describe('a password change in a session', () => {
  it('ends all sessions of the account with ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE, and nobody else’s', async () => {
    const [account, stranger] = [await app.register(), await app.register()];
    const [own, elsewhere, others] = [await signIn(account), await signIn(account), await signIn(stranger)];
    const csrf = own.jar.get('csrftoken');
    const answer = await own.send(CHANGE, { method: 'POST', body: bodyOf(account) });
    expect(answer.status).toBe(200);
    expect(answer.setCookies.filter((line) => line.startsWith('sessionid="";'))).toHaveLength(1);
    expect(own.jar.get('csrftoken')).toBe(csrf);
    for (const browser of [own, elsewhere]) expect((await browser.send('/api/users/self')).status).toBe(401);
    expect((await others.send('/api/users/self')).status).toBe(200);
  });

  it('without it keeps the session of the caller, under a new key, and ends the others', async () => {
    const other = await createTestApp({ env: { ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: 'false' } });
    const account = await other.register();
    const [own, elsewhere] = [await signIn(account, other), await signIn(account, other)];
    const [key, csrf] = [own.jar.get('sessionid'), own.jar.get('csrftoken')];
    expect((await own.send(CHANGE, { method: 'POST', body: bodyOf(account) })).status).toBe(200);
    expect(own.jar.get('sessionid')).toMatch(/^[a-z0-9]{32}$/);
    expect(own.jar.get('sessionid')).not.toBe(key);
    expect(own.jar.get('csrftoken')).toBe(csrf);
    expect((await own.send('/api/users/self')).status).toBe(200);
    expect((await elsewhere.send('/api/users/self')).status).toBe(401);
    expect((await other.send('/api/users/self', { headers: { Cookie: `sessionid=${key}` } })).status).toBe(
      401,
    );
    const again = { old_password: NEW, new_password1: account.password, new_password2: account.password };
    expect((await own.send(CHANGE, { method: 'POST', body: again })).status).toBe(200);
    await other.close();
  });

  it('does not touch a session of somebody else whose cookie came beside a token', async () => {
    const [account, stranger] = [await app.register(), await app.register()];
    const others = await signIn(stranger);
    const headers = { ...account.authorization, Cookie: others.cookieHeader() };
    expect((await app.send(CHANGE, { method: 'POST', headers, body: bodyOf(account) })).status).toBe(200);
    expect((await others.send('/api/users/self')).status).toBe(200);
  });
});

describe('NOTIFY_ACCOUNT_CHANGES=false', () => {
  it('mails nothing of a changed password', async () => {
    const other = await createTestApp({ env: { ...mailbox.env, NOTIFY_ACCOUNT_CHANGES: 'false' } });
    const account = await other.register();
    const answer = await other.send(CHANGE, {
      method: 'POST',
      headers: account.authorization,
      body: bodyOf(account),
    });
    expect(answer.status).toBe(200);
    expect((await mailbox.collect(other)).map(recipientOf)).toEqual([]);
    expect(
      (await other.send('/api/users/self', { headers: { Authorization: basicAuth(account.username, NEW) } }))
        .status,
    ).toBe(200);
    await other.close();
  });
});
