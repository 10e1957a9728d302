import { pbkdf2Sync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/kernel/clock.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { type Browser, cookieOf } from '../../support/http.js';
import { forgetPasswordLineage, readUser, setActive, setPassword } from '../../support/rows.js';
import { openSessionLives, type SessionLives } from '../../support/sessions.js';

/** What ends a session that nobody logged out of. */

const app = useTestApp();

async function signIn(
  { username, password }: Pick<TestAccount, 'username' | 'password'>,
  to = app,
): Promise<Browser> {
  const browser = to.browser();
  const answer = await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  if (answer.status !== 200) throw new Error(`The login failed: ${answer.status} ${answer.text}`);
  return browser;
}

const self = (browser: Browser) =>
  app.send('/api/users/self', { headers: { Cookie: browser.cookieHeader() } });

const encodePbkdf2 = (password: string, iterations: number) =>
  `pbkdf2_sha256$${iterations}$abcdefghijklmnopqrstuv$${pbkdf2Sync(password, 'abcdefghijklmnopqrstuv', iterations, 32, 'sha256').toString('base64')}`;

describe('another stored password', () => {
  it('ends every session of the account and deletes their cookies', async () => {
    const person = await app.register();
    const browsers = [await signIn(person), await signIn(person)];
    await setPassword(app.db, person.id, (await readUser(app.db, app.admin.username)).password);
    for (const browser of browsers) {
      const answer = await self(browser);
      expect(answer.status).toBe(401);
      expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided.' });
      expect(cookieOf(answer, 'sessionid')).toBe('""');
      expect(cookieOf(answer, 'sessionfresh')).toBe('""');
    }
  });

  it('ends them for good: the old password in its place again revives none that was used meanwhile', async () => {
    const person = await app.register();
    const browser = await signIn(person);
    const { password } = await readUser(app.db, person.username);
    await setPassword(app.db, person.id, '!gone');
    expect((await self(browser)).status).toBe(401);
    await setPassword(app.db, person.id, password);
    expect((await self(browser)).status).toBe(401);
  });

  it('leaves the sessions of others alone', async () => {
    const [one, two] = [await app.register(), await app.register()];
    const browser = await signIn(two);
    await setPassword(app.db, one.id, '!gone');
    expect((await self(browser)).status).toBe(200);
  });
});

describe('a silent upgrade of the stored hash', () => {
  it('happens at login and ends nobody else’s session', async () => {
    const person = await app.register();
    await setPassword(app.db, person.id, encodePbkdf2(person.password, 1000));
    const before = await signIn(person);
    const upgraded = await readUser(app.db, person.username);
    expect(upgraded.password).toMatch(/^bcrypt_sha256\$\$2b\$04\$/);
    const after = await signIn(person);
    expect((await readUser(app.db, person.username)).password).toBe(upgraded.password);
    expect((await self(before)).status).toBe(200);
    expect((await self(after)).status).toBe(200);
  });

  it('keeps sessions that were opened before it', async () => {
    const person = await app.register();
    const encoded = encodePbkdf2(person.password, 1000);
    await setPassword(app.db, person.id, encoded);
    const browser = await signIn(person);
    // As if that login had been one of CVAT's: the old hash is still there, and nothing is known of an upgrade.
    await setPassword(app.db, person.id, encoded);
    await forgetPasswordLineage(app.db, person.id);
    expect((await self(browser)).status).toBe(200);

    await signIn(person);
    expect((await readUser(app.db, person.username)).password).toMatch(/^bcrypt_sha256/);
    expect((await self(browser)).status).toBe(200);
  });

  it('happens with Basic as well', async () => {
    const person = await app.register();
    await setPassword(app.db, person.id, encodePbkdf2(person.password, 1000));
    expect((await app.send('/api/users/self', { headers: person.basic })).status).toBe(200);
    expect((await readUser(app.db, person.username)).password).toMatch(/^bcrypt_sha256/);
    expect((await app.send('/api/users/self', { headers: person.basic })).status).toBe(200);
  });

  it('does not happen for a wrong password', async () => {
    const person = await app.register();
    const encoded = encodePbkdf2(person.password, 1000);
    await setPassword(app.db, person.id, encoded);
    await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: person.username, password: 'wrong' },
    });
    expect((await readUser(app.db, person.username)).password).toBe(encoded);
  });

  it('is followed by a change that ends the sessions after all', async () => {
    const person = await app.register();
    await setPassword(app.db, person.id, encodePbkdf2(person.password, 1000));
    const browser = await signIn(person);
    await setPassword(app.db, person.id, encodePbkdf2('Another-Otter-3', 1000));
    await signIn({ username: person.username, password: 'Another-Otter-3' });
    expect((await self(browser)).status).toBe(401);
  });

  it('gives concurrent logins one hash', async () => {
    const person = await app.register();
    await setPassword(app.db, person.id, encodePbkdf2(person.password, 1000));
    const browsers = await Promise.all(Array.from({ length: 6 }, () => signIn(person)));
    for (const browser of browsers) expect((await self(browser)).status).toBe(200);
  });
});

describe('a deactivated account', () => {
  it('is locked out of its session at once and for good, whoever deactivated it', async () => {
    const person = await app.register();
    const browser = await signIn(person);
    await setActive(app.db, person.id, false);
    const answer = await self(browser);
    expect(answer.status).toBe(401);
    expect(answer.setCookies).toEqual([]);
    await setActive(app.db, person.id, true);
    expect((await self(browser)).status).toBe(401);
  });

  it('is treated as anonymous on public views, without a CSRF check', async () => {
    const person = await app.register();
    const browser = await signIn(person);
    await setActive(app.db, person.id, false);
    const headers = { Cookie: browser.cookieHeader() };
    expect((await app.send('/api/auth/login', { method: 'POST', headers, body: {} })).status).toBe(400);
  });
});

describe('the age of a session', () => {
  const AGE = 14 * DAY;
  let lives: SessionLives;
  beforeAll(() => {
    lives = openSessionLives(app.db);
  });
  afterAll(() => lives.close());

  /** Without the helper cookie, which keeps a session from being renewed. */
  const cookiesOf = (browser: Browser) => ({ Cookie: `sessionid=${browser.jar.get('sessionid')}` });
  const statusWith = async (headers: { Cookie: string }) =>
    (await app.send('/api/users/self', { headers })).status;

  it('is that of the settings, and starts again with each renewal', async () => {
    const browser = await signIn(await app.register());
    const key = browser.jar.get('sessionid') ?? '';
    const started = performance.now();
    for (const renew of [async () => 200, () => statusWith(cookiesOf(browser))]) {
      expect(await renew()).toBe(200);
      const left = await lives.remaining(key);
      expect(left).toBeLessThanOrEqual(AGE + SECOND);
      expect(left).toBeGreaterThan(AGE - SECOND - (performance.now() - started));
      await lives.endIn(key, MINUTE);
    }
  });

  it('ends it for good, whatever the clock of the server says afterwards', async () => {
    const browser = await signIn(await app.register());
    const quiet = { Cookie: `${cookiesOf(browser).Cookie}; sessionfresh=1` };
    await lives.endIn(browser.jar.get('sessionid') ?? '', MINUTE);
    expect(await statusWith(quiet)).toBe(200);
    await lives.endIn(browser.jar.get('sessionid') ?? '', 1);
    await delay(50);
    expect(await statusWith(quiet)).toBe(401);
    app.clock.advance(-HOUR);
    expect(await statusWith(quiet)).toBe(401);
    app.clock.advance(HOUR);
  });
});
