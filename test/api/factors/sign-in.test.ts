import { describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { type Enrolled, factorActions } from '../../support/factor-actions.js';
import type { Answer, Browser } from '../../support/http.js';
import { basicAuth } from '../../support/http.js';
import { hasToken } from '../../support/rows.js';
import { sessionActions } from '../../support/session-actions.js';

/** Signing in to an account with an authenticator app: every way in asks for it. */

const PUBLIC_URL = 'https://cvat.example.org';
const MINUTE = 60_000;
const app = useTestApp({ env: { PUBLIC_URL, LOGIN_FAILURES_PER_ADDRESS: 'none' } });
const { enrol, nextCode, codeOf } = factorActions(app);
const { statusOf } = sessionActions(app);

const LINK = `[enter the code here](${PUBLIC_URL}/account/sign-in?step=code)`;
const HOW = `Enter your password followed by the six digits of your authenticator app, or ${LINK}.`;
const MISSING = { non_field_errors: [HOW] };
const WRONG_CODE = 'The code is wrong or too old, or it was used before.';
const WRONG = { non_field_errors: [`${WRONG_CODE} ${HOW}`] };
const WRONG_PASSWORD = { non_field_errors: ['Unable to log in with provided credentials.'] };

const logIn = (
  browser: Pick<Browser, 'send'>,
  { username }: Pick<TestAccount, 'username'>,
  password: string,
) => browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
const finish = (browser: Pick<Browser, 'send'>, code: string) =>
  browser.send('/api/auth/login/code', { method: 'POST', body: { code } });
const refusal = (answer: Answer) => [answer.status, answer.json()];
const cookiesOf = ({ setCookies }: Answer) => setCookies.map((line) => line.split('=')[0]).sort();

describe('The right password alone', () => {
  it('is refused with a sentence and a link, opens no session and makes no token', async () => {
    const { account } = await enrol();
    const browser = app.browser();
    const answer = await logIn(browser, account, account.password);
    expect(refusal(answer)).toEqual([400, MISSING]);
    expect(cookiesOf(answer)).toEqual(['signin']);
    expect(await statusOf(browser)).toBe(401);
    expect(await hasToken(app.db, account.id)).toBe(false);
  });

  it('is no wrong one, which gets the usual answer, also with six digits behind it', async () => {
    const { account } = await enrol();
    expect(refusal(await logIn(app.browser(), account, 'Marder-17-hosen'))).toEqual([400, WRONG_PASSWORD]);
    expect(refusal(await logIn(app.browser(), account, `Marder-17-hosen123456`))).toEqual([
      400,
      WRONG_PASSWORD,
    ]);
  });

  it('costs as much of the limit as a wrong one', async () => {
    const { account } = await enrol();
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 21; attempt += 1)
      statuses.push((await logIn(app.browser(), account, account.password)).status);
    expect(statuses.at(0)).toBe(400);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('Password and code in one field', () => {
  it.each([
    ['the code of an app', ({ secret }: Enrolled) => nextCode(secret)],
    ['a space and the code', ({ secret }: Enrolled) => ` ${nextCode(secret)}`],
    ['a recovery code', ({ recoveryCodes }: Enrolled) => String(recoveryCodes[0])],
    ['a recovery code in capitals', ({ recoveryCodes }: Enrolled) => ` ${recoveryCodes[1]?.toUpperCase()}`],
  ])('sign in with %s, once', async (_what, codeOfPerson) => {
    const enrolled = await enrol();
    const { account } = enrolled;
    const browser = app.browser();
    const typed = account.password + codeOfPerson(enrolled);
    const answer = await logIn(browser, account, typed);
    expect([answer.status, Object.keys(answer.json() as object)]).toEqual([200, ['key']]);
    expect(await statusOf(browser)).toBe(200);
    expect(refusal(await logIn(app.browser(), account, typed))).toEqual([400, WRONG]);
  });

  it('are told apart where the password ends in six digits itself', async () => {
    const password = 'Wiesel-quarks-110290';
    const person = await enrol(await app.register(undefined, { password1: password, password2: password }));
    const account = { ...person.account, password };
    expect(refusal(await logIn(app.browser(), account, password))).toEqual([400, MISSING]);
    const browser = app.browser();
    const typed = password + nextCode(person.secret);
    expect([(await logIn(browser, account, typed)).status, await statusOf(browser)]).toEqual([200, 200]);
    expect(refusal(await logIn(app.browser(), account, `${password}000000`))).toEqual([400, WRONG]);
    expect(refusal(await logIn(app.browser(), account, 'Wiesel-quarks-'))).toEqual([400, WRONG_PASSWORD]);
  });

  it('are refused with a wrong code, and with the code of another account', async () => {
    const [one, other] = [await enrol(), await enrol()];
    const code = nextCode(other.secret);
    expect(refusal(await logIn(app.browser(), one.account, `${one.account.password}${code}`))).toEqual([
      400,
      WRONG,
    ]);
    expect((await logIn(app.browser(), other.account, `${other.account.password}${code}`)).status).toBe(200);
  });

  it('sign in one of two requests that bring the same code at once', async () => {
    const { account, secret } = await enrol();
    const typed = account.password + nextCode(secret);
    const answers = await Promise.all([1, 2, 3].map(() => logIn(app.browser(), account, typed)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  });

  it('are no way around the five wrong codes in 15 minutes', async () => {
    const { account, secret } = await enrol();
    const wrong = async () => (await logIn(app.browser(), account, `${account.password}000000`)).status;
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await wrong()).toBe(400);
    const right = await logIn(app.browser(), account, account.password + nextCode(secret));
    expect(right.status).toBe(429);
  });
});

describe('The second step', () => {
  const begin = async ({ account }: Enrolled) => {
    const browser = app.browser();
    expect((await logIn(browser, account, account.password)).status).toBe(400);
    return browser;
  };

  it('takes the code alone, in the browser where the password was right', async () => {
    const enrolled = await enrol();
    const browser = await begin(enrolled);
    const answer = await finish(browser, nextCode(enrolled.secret));
    expect([answer.status, cookiesOf(answer)]).toEqual([
      200,
      ['csrftoken', 'sessionfresh', 'sessionid', 'signin'],
    ]);
    expect(await statusOf(browser)).toBe(200);
    expect(browser.jar.get('signin') ?? '').toBe('');
  });

  it('is refused with a wrong code, and takes the right one afterwards', async () => {
    const enrolled = await enrol();
    const browser = await begin(enrolled);
    expect(refusal(await finish(browser, '000000'))).toEqual([400, { code: [WRONG_CODE] }]);
    expect((await finish(browser, nextCode(enrolled.secret))).status).toBe(200);
  });

  const NOT_BEGUN = {
    non_field_errors: ['This sign-in is too old, or began in another browser. Sign in again.'],
  };

  it('is refused in another browser, with a forged cookie, and after ten minutes', async () => {
    const enrolled = await enrol();
    const code = nextCode(enrolled.secret);
    expect(refusal(await finish(app.browser(), code))).toEqual([400, NOT_BEGUN]);
    const browser = await begin(enrolled);
    const cookie = browser.jar.get('signin') ?? '';
    const forged = await app.send('/api/auth/login/code', {
      method: 'POST',
      headers: { Cookie: `signin=${cookie.slice(0, -2)}xx` },
      body: { code },
    });
    expect(refusal(forged)).toEqual([400, NOT_BEGUN]);
    app.clock.advance(10 * MINUTE + 1000);
    expect(refusal(await finish(browser, codeOf(enrolled.secret)))).toEqual([400, NOT_BEGUN]);
  });

  it('is refused after the password has changed, and after all sessions were ended', async () => {
    const enrolled = await enrol();
    const browser = await begin(enrolled);
    const answer = await enrolled.browser.send('/api/auth/password/change', {
      method: 'POST',
      body: {
        old_password: enrolled.account.password,
        new_password1: 'Marder-17-hosen',
        new_password2: 'Marder-17-hosen',
      },
    });
    expect(answer.status).toBe(200);
    expect(refusal(await finish(browser, nextCode(enrolled.secret)))).toEqual([400, NOT_BEGUN]);
  });

  it('opens nothing else: a sign-in that has begun is no session on any route', async () => {
    const browser = await begin(await enrol());
    for (const path of [
      '/api/users/self',
      '/api/auth/access_tokens',
      '/api/auth/factors',
      '/api/organizations',
    ])
      expect([path, (await browser.send(path)).status]).toEqual([path, 401]);
  });
});

describe('HTTP Basic', () => {
  it('is refused, with the password and with password and code', async () => {
    const { account, secret } = await enrol();
    for (const password of [account.password, account.password + nextCode(secret)]) {
      const headers = { Authorization: basicAuth(account.username, password) };
      const answer = await app.send('/api/users/self', { headers });
      expect(refusal(answer)).toEqual([401, { detail: 'Invalid username/password.' }]);
    }
  });

  it('is refused from the moment on that the factor is set up, although the password was right just before', async () => {
    const account = await app.register();
    const { basic: headers } = account;
    expect((await app.send('/api/users/self', { headers })).status).toBe(200);
    await enrol(account);
    expect((await app.send('/api/users/self', { headers })).status).toBe(401);
  });
});

describe('A reset by mail', () => {
  it('sets a password and leaves the factor', async () => {
    const { account } = await enrol();
    const admin = app.browser();
    await logIn(admin, app.admin, app.admin.password);
    const made = await admin.send(`/api/users/${account.id}/password_reset_link`, { method: 'POST' });
    const { searchParams } = new URL((made.json() as { link: string }).link);
    const answer = await app.send('/api/auth/password/reset/confirm', {
      method: 'POST',
      body: {
        uid: searchParams.get('uid'),
        token: searchParams.get('token'),
        new_password1: 'Marder-17-hosen',
        new_password2: 'Marder-17-hosen',
      },
    });
    expect(answer.status).toBe(200);
    expect(refusal(await logIn(app.browser(), account, 'Marder-17-hosen'))).toEqual([400, MISSING]);
  });
});
