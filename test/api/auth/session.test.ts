import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { type Answer, type Browser, cookieOf } from '../../support/http.js';
import { readUser } from '../../support/rows.js';
import { openSessionLives } from '../../support/sessions.js';

let person: TestAccount;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
});

const DATE = '[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT';
const DELETED = (name: string) =>
  `${name}=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`;

const logIn = (browser: Pick<Browser, 'send'>, { username, password }: TestAccount): Promise<Answer> =>
  browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
const whoIs = async (cookie: string) => app.send('/api/users/self', { headers: { Cookie: cookie } });
const lineOf = ({ setCookies }: Answer, name: string) =>
  setCookies.find((line) => line.startsWith(`${name}=`)) ?? '';
const expiresOf = (line: string) => Date.parse(line.match(/expires=([^;]+)/)?.[1] ?? '');

async function signedIn(account = person): Promise<Browser> {
  const browser = app.browser();
  await logIn(browser, account);
  return browser;
}

describe('the cookies of a login', () => {
  it('are three, byte for byte', async () => {
    const answer = await logIn(app, person);
    expect(answer.setCookies).toHaveLength(3);
    expect(lineOf(answer, 'csrftoken')).toMatch(
      new RegExp(`^csrftoken=[a-zA-Z0-9]{32}; expires=${DATE}; Max-Age=31449600; Path=/; SameSite=Lax$`),
    );
    expect(lineOf(answer, 'sessionid')).toMatch(
      new RegExp(
        `^sessionid=[a-z0-9]{32}; expires=${DATE}; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax$`,
      ),
    );
    expect(lineOf(answer, 'sessionfresh')).toMatch(
      new RegExp(`^sessionfresh=1; expires=${DATE}; HttpOnly; Max-Age=86400; Path=/; SameSite=Lax$`),
    );
  });

  it('expire when their age says so', async () => {
    const before = Math.floor(app.clock.now() / 1000) * 1000;
    const answer = await logIn(app, person);
    for (const [name, seconds] of [
      ['csrftoken', 31_449_600],
      ['sessionid', 1_209_600],
      ['sessionfresh', 86_400],
    ] as const) {
      const expires = expiresOf(lineOf(answer, name));
      expect(expires).toBeGreaterThanOrEqual(before + seconds * 1000);
      expect(expires).toBeLessThanOrEqual(app.clock.now() + seconds * 1000);
    }
  });

  it('put Cookie before Origin in Vary', async () => {
    expect((await logIn(app, person)).headers.vary).toBe('Accept, Cookie, Origin');
  });

  it('are not set by a failed login', async () => {
    const body = { username: person.username, password: 'wrong' };
    expect((await app.send('/api/auth/login', { method: 'POST', body })).setCookies).toEqual([]);
  });

  it('hold keys that never repeat', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => logIn(app, person)));
    for (const name of ['sessionid', 'csrftoken']) {
      expect(new Set(answers.map((answer) => cookieOf(answer, name))).size).toBe(20);
    }
  });
});

describe('the key of a session', () => {
  it('is a new one when the same account signs in again, with a new CSRF secret, and the old session is over', async () => {
    const browser = await signedIn();
    const [old, csrf] = [browser.cookieHeader(), browser.jar.get('csrftoken')];
    const key = browser.jar.get('sessionid');
    expect((await logIn(browser, person)).status).toBe(200);
    expect(browser.jar.get('sessionid')).not.toBe(key);
    expect(browser.jar.get('csrftoken')).not.toBe(csrf);
    expect((await whoIs(browser.cookieHeader())).status).toBe(200);
    expect((await whoIs(old)).status).toBe(401);
  });

  it('is a new one when another account signs in, and the old session is over', async () => {
    const other = await app.register();
    const browser = await signedIn();
    const old = browser.cookieHeader();
    await logIn(browser, other);
    expect((await whoIs(browser.cookieHeader())).json()).toMatchObject({ id: other.id });
    expect((await whoIs(old)).status).toBe(401);
  });

  it.each([
    ['planted in its form', 'a'.repeat(32)],
    ['planted in another form', 'attacker'],
    ['empty', ''],
  ])('is never one that was %s', async (_what, planted) => {
    const headers = { Cookie: `sessionid=${planted}` };
    const body = { username: person.username, password: person.password };
    const answer = await app.send('/api/auth/login', { method: 'POST', headers, body });
    expect(cookieOf(answer, 'sessionid')).toMatch(/^[a-z0-9]{32}$/);
    expect(cookieOf(answer, 'sessionid')).not.toBe(planted);
    expect((await whoIs(`sessionid=${planted}`)).status).toBe(401);
  });

  it('means one session of many: each login opens another, all live', async () => {
    const browsers = [await signedIn(), await signedIn(), await signedIn()];
    expect(new Set(browsers.map(({ jar }) => jar.get('sessionid'))).size).toBe(3);
    for (const { cookieHeader } of browsers) expect((await whoIs(cookieHeader())).status).toBe(200);
  });
});

describe('two session cookies', () => {
  it('are both refused when they differ, whichever comes first', async () => {
    const key = (await signedIn()).jar.get('sessionid');
    const planted = (await signedIn(await app.register())).jar.get('sessionid');
    for (const cookie of [
      `sessionid=${key}; sessionid=${planted}`,
      `sessionid=${planted}; sessionid=${key}`,
    ]) {
      expect((await whoIs(cookie)).status).toBe(401);
    }
  });

  it('count as one when they are the same', async () => {
    const key = (await signedIn()).jar.get('sessionid');
    expect((await whoIs(`sessionid=${key}; sessionid=${key}`)).status).toBe(200);
  });

  it('leave none of the planted ones behind after a login', async () => {
    const planted = (await signedIn(await app.register())).jar.get('sessionid');
    const headers = { Cookie: `sessionid=${planted}; sessionid=${'b'.repeat(32)}` };
    const body = { username: person.username, password: person.password };
    const answer = await app.send('/api/auth/login', { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    const key = cookieOf(answer, 'sessionid');
    expect(key).not.toBe(planted);
    expect((await whoIs(`sessionid=${key}`)).json()).toMatchObject({ id: person.id });
  });
});

describe('a session cookie that is none', () => {
  it.each([
    ['unknown', 'q'.repeat(32)],
    ['too short', 'abcdefg'],
    ['too long', 'a'.repeat(33)],
    ['in upper case', 'A'.repeat(32)],
    ['of foreign characters', `${'a'.repeat(31)}*`],
    ['a path', '../../../../etc/passwd'.padEnd(32, 'a')],
  ])('is 401 and deleted when it is %s', async (_what, value) => {
    const answer = await whoIs(`sessionid=${value}; sessionfresh=1`);
    expect(answer.status).toBe(401);
    expect(answer.setCookies).toEqual([DELETED('sessionid'), DELETED('sessionfresh')]);
  });

  it('takes the helper cookie with it, also when that came alone', async () => {
    expect((await whoIs('sessionfresh=1')).setCookies).toEqual([DELETED('sessionfresh')]);
  });

  it('is quoted or bare', async () => {
    const key = (await signedIn()).jar.get('sessionid');
    expect((await whoIs(`sessionid="${key}"`)).status).toBe(200);
  });

  it('is read only as a cookie', async () => {
    const key = (await signedIn()).jar.get('sessionid');
    expect(
      (await app.send(`/api/users/self?sessionid=${key}`, { headers: { sessionid: key ?? '' } })).status,
    ).toBe(401);
  });
});

describe('the helper cookie sessionfresh', () => {
  it('keeps a session from being renewed with every request', async () => {
    expect((await whoIs((await signedIn()).cookieHeader())).setCookies).toEqual([]);
  });

  it('is set again when it is missing, and the session with it', async () => {
    const key = (await signedIn()).jar.get('sessionid');
    app.clock.advance(5000);
    const answer = await whoIs(`sessionid=${key}`);
    expect(answer.status).toBe(200);
    expect(answer.setCookies.map((line) => line.split('=')[0]).sort()).toEqual(['sessionfresh', 'sessionid']);
    expect(cookieOf(answer, 'sessionid')).toBe(key);
    expect(lineOf(answer, 'sessionid')).toMatch(/Max-Age=1209600/);
    expect(lineOf(answer, 'sessionfresh')).toMatch(/Max-Age=86400/);
  });

  it('is set on errors of the client as well', async () => {
    const key = (await signedIn()).jar.get('sessionid');
    const answer = await app.send('/api/users/self', {
      method: 'POST',
      headers: { Cookie: `sessionid=${key}` },
    });
    expect(answer.status).toBe(403);
    expect(cookieOf(answer, 'sessionfresh')).toBe('1');
  });

  it('lives half as long as a short session', async () => {
    const short = await createTestApp({ env: { SESSION_COOKIE_AGE: '601' } });
    try {
      const answer = await short.send('/api/auth/login', { method: 'POST', body: short.admin });
      expect(lineOf(answer, 'sessionid')).toMatch(/Max-Age=601;/);
      expect(lineOf(answer, 'sessionfresh')).toMatch(/Max-Age=300;/);
    } finally {
      await short.close();
    }
  });
});

describe('SESSION_MAX_AGE', () => {
  it('ends a session for good, however often it was renewed, and not before', async () => {
    const short = await createTestApp({ env: { SESSION_MAX_AGE: '3600' } });
    try {
      const browser = short.browser();
      await browser.send('/api/auth/login', { method: 'POST', body: short.admin });
      const key = browser.jar.get('sessionid');
      const ask = () => short.send('/api/users/self', { headers: { Cookie: `sessionid=${key}` } });
      short.clock.advance(1_800_000);
      expect(cookieOf(await ask(), 'sessionid')).toBe(key);
      short.clock.advance(1_790_000);
      expect((await ask()).status).toBe(200);
      short.clock.advance(11_000);
      const answer = await ask();
      expect(answer.status).toBe(401);
      expect(answer.setCookies).toEqual([DELETED('sessionid')]);
      // A clock that is set back brings nothing back.
      short.clock.advance(-3_000_000);
      expect((await ask()).status).toBe(401);
    } finally {
      await short.close();
    }
  });

  it('ends sessions of a release that did not keep when they began: they are not renewed', async () => {
    const lives = openSessionLives(app.db);
    const browser = await signedIn();
    const key = browser.jar.get('sessionid') ?? '';
    await lives.forgetStart(key);
    const answer = await whoIs(`sessionid=${key}`);
    expect([answer.status, answer.setCookies]).toEqual([200, []]);
    await lives.close();
  });
});

describe('Secure cookies', () => {
  it('carry the flag, and never at the end of the line, where Python would give up on them', async () => {
    const secure = await createTestApp({
      env: { SESSION_COOKIE_SECURE: 'true', CSRF_COOKIE_SECURE: 'true' },
    });
    try {
      const answer = await secure.send('/api/auth/login', { method: 'POST', body: secure.admin });
      expect(answer.setCookies).toHaveLength(3);
      for (const line of answer.setCookies) expect(line).toMatch(/; Path=\/; Secure; SameSite=Lax$/);
    } finally {
      await secure.close();
    }
  });
});

describe('a login', () => {
  it('is noted, and a request with any other credentials is not', async () => {
    const other = await app.register();
    const { lastLogin: registered } = await readUser(app.db, other.username);
    for (const headers of [other.authorization, other.basic]) await app.send('/api/users/self', { headers });
    expect((await readUser(app.db, other.username)).lastLogin).toBe(registered);
    app.clock.advance(1000);
    const browser = await signedIn(other);
    const { lastLogin } = await readUser(app.db, other.username);
    expect(lastLogin).not.toBe(registered);
    await whoIs(browser.cookieHeader());
    expect((await readUser(app.db, other.username)).lastLogin).toBe(lastLogin);
  });
});
