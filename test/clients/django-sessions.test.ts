import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { type CvatDatabase, createCvatDatabase, HASHES, PASSWORD } from '../support/cvat.js';
import {
  type CvatServer,
  createSharedBrowser,
  type SharedBrowser,
  startCvatServer,
} from '../support/cvat-server.js';
import { hasSessionRow } from '../support/django-rows.js';
import type { Answer } from '../support/http.js';
import { type CvatRelease, installCvatServer } from '../support/python.js';
import { readUser, setPassword } from '../support/rows.js';

/** Sessions in the table of CVAT, which Django itself writes and reads beside this server: SESSION_STORE=django. */

/** As CVAT makes one: fifty characters. */
const SECRET_KEY = 'k7$w#2&q!x(9v_b@m=4z)j^t*1n-s+8d6f%h3g5r0pyceuiolak';
const ENV = { SESSION_STORE: 'django', SECRET_KEY, ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: 'false' };
const RELEASES: readonly CvatRelease[] = ['2.62', '2.73'];
const WAYS = ['here', 'there'] as const;
const BOTH = { here: 200, there: 200 };
const NEITHER = { here: 401, there: 401 };

const attributesOf = (answer: Answer, name: string): readonly string[] =>
  (answer.setCookies.find((line) => line.startsWith(`${name}=`)) ?? '')
    .split('; ')
    .slice(1)
    .map((attribute) => attribute.replace(/^expires=.*/i, 'expires'))
    .sort();

describe.each(RELEASES)('sessions shared with CVAT %s', (release) => {
  const bin = installCvatServer(release);
  if (bin === undefined) return;
  let cvat: CvatDatabase;
  let app: TestApp;
  let django: CvatServer;
  let root: SharedBrowser;
  beforeAll(async () => {
    cvat = await createCvatDatabase(inject('services')?.database ?? '', '2.62');
    django = await startCvatServer(bin, { database: cvat.url, secretKey: SECRET_KEY });
    app = await createTestApp({
      env: { ...ENV, DATABASE_URL: cvat.url },
    });
    await setPassword(app.db, 1, HASHES.django42);
    root = visitor();
    await root.signIn('here', { username: 'root', password: PASSWORD });
  });
  afterAll(async () => {
    await django.stop();
    await app.close();
    await cvat.drop();
  });

  const visitor = (): SharedBrowser => createSharedBrowser(app.url, django.url);

  /** A person whose password both have stored in a format that neither replaces. */
  const newcomer = async (): Promise<TestAccount> => {
    const person = await app.register();
    await visitor().signIn('there', person);
    return person;
  };

  const signedIn = async (where: (typeof WAYS)[number], person: TestAccount): Promise<SharedBrowser> => {
    const browser = visitor();
    await browser.signIn(where, person);
    return browser;
  };

  const changePassword = (browser: SharedBrowser, where: (typeof WAYS)[number], person: TestAccount) =>
    browser[where].send('/api/auth/password/change', {
      method: 'POST',
      body: {
        old_password: person.password,
        new_password1: 'Another-Otter-3',
        new_password2: 'Another-Otter-3',
      },
    });

  describe.each(WAYS)('that began %s', (where) => {
    it('are known at both, with a key of 32 characters and the same cookies', async () => {
      const person = await newcomer();
      const browser = await signedIn(where, person);
      expect(browser.key()).toMatch(/^[a-z0-9]{32}$/);
      expect([...browser.jar.keys()].sort()).toEqual(['csrftoken', 'sessionfresh', 'sessionid']);
      expect(await browser.known()).toEqual(BOTH);
      const { user, key, data } = await browser.seen();
      expect({ user, key }).toEqual({ user: person.username, key: browser.key() });
      expect(data).toMatchObject({
        _auth_user_id: String(person.id),
        _auth_user_backend: 'django.contrib.auth.backends.ModelBackend',
        _auth_user_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    });

    it.each(WAYS)('end at both with a sign-out %s', async (place) => {
      const browser = await signedIn(where, await newcomer());
      expect(await browser.known()).toEqual(BOTH);
      const key = browser.key();
      const cookie = browser.here.cookieHeader();
      expect((await browser[place].send('/api/auth/logout', { method: 'POST' })).status).toBe(200);
      expect(browser.jar.has('sessionid')).toBe(false);
      expect(await hasSessionRow(app.db, key)).toBe(false);
      const headers = { Cookie: cookie };
      expect((await browser.here.send('/api/users/self', { headers })).status).toBe(401);
      expect((await browser.there.send('/api/users/self', { headers })).status).toBe(401);
    });

    it.each(WAYS)(
      'end at both with a password change %s, but for the session that changed it',
      async (place) => {
        const person = await newcomer();
        const [mine, other] = [await signedIn(where, person), await signedIn(where, person)];
        const before = mine.key();
        expect((await changePassword(mine, place, person)).status).toBe(200);
        expect(mine.key()).not.toBe(before);
        expect(await hasSessionRow(app.db, before)).toBe(false);
        expect(await mine.known()).toEqual(BOTH);
        const ended = place === 'here' ? other.there : other.here;
        expect((await ended.send('/api/users/self')).status).toBe(401);
        expect(await other.known()).toEqual(NEITHER);
      },
    );

    it('end at both when their account is deactivated here, and do not come back with it', async () => {
      const person = await newcomer();
      const browser = await signedIn(where, person);
      const setActive = (value: boolean) =>
        root.here.send(`/api/users/${person.id}`, { method: 'PATCH', body: { is_active: value } });
      expect((await setActive(false)).status).toBe(200);
      expect(await hasSessionRow(app.db, browser.key())).toBe(false);
      expect((await setActive(true)).status).toBe(200);
      expect(await browser.known()).toEqual(NEITHER);
    });

    it('end at both when it is deactivated there, for good once this server has seen it', async () => {
      const person = await newcomer();
      const browser = await signedIn(where, person);
      const { username } = person;
      await browser.there.send(`/test/active/${username}/false`, { method: 'POST' });
      expect(await browser.known()).toEqual(NEITHER);
      await browser.there.send(`/test/active/${username}/true`, { method: 'POST' });
      expect(await browser.known()).toEqual(NEITHER);
    });

    it('end at both when their owner ends all others here, also those that this server never saw', async () => {
      const person = await newcomer();
      const others = [await signedIn(where, person), await signedIn('there', person)];
      const mine = await signedIn('here', person);
      const answer = await mine.here.send('/api/auth/sessions?others=true', { method: 'DELETE' });
      expect(answer.status).toBe(204);
      for (const other of others) expect(await other.known()).toEqual(NEITHER);
      expect(await mine.known()).toEqual(BOTH);
      // What begins afterwards is bound to the same password, and counts at both.
      for (const way of WAYS) expect(await (await signedIn(way, person)).known()).toEqual(BOTH);
    });

    it('end at both when an administrator ends all of the account, and nobody else’s', async () => {
      const [person, neighbour] = [await newcomer(), await newcomer()];
      const [theirs, other] = [await signedIn(where, person), await signedIn(where, neighbour)];
      const answer = await root.here.send(`/api/users/${person.id}/sessions`, { method: 'DELETE' });
      expect(answer.status).toBe(204);
      expect(await theirs.known()).toEqual(NEITHER);
      expect(await other.known()).toEqual(BOTH);
    });

    it('are listed once they were used here, with what is known of them, and end from the list', async () => {
      const person = await newcomer();
      const browser = await signedIn(where, person);
      expect(await browser.known()).toEqual(BOTH);
      // Django saves the session anew, with what is ours in it.
      await browser.seen({ method: 'POST', body: { cart: 1 } });
      const list = async (): Promise<readonly Record<string, unknown>[]> => {
        const answer = await browser.here.send('/api/auth/sessions');
        return (answer.json() as { results: Record<string, unknown>[] }).results;
      };
      await expect.poll(async () => (await list()).length).toBe(1);
      const [session] = await list();
      const isOurs = where === 'here';
      expect(session).toMatchObject({
        current: true,
        ip: isOurs ? '127.0.0.1' : null,
        created_date: isOurs ? expect.any(String) : null,
        last_seen: expect.any(String),
        expires: expect.any(String),
      });
      const ended = await browser.here.send(`/api/auth/sessions/${String(session?.['id'])}`, {
        method: 'DELETE',
      });
      expect(ended.status).toBe(204);
      expect(await browser.known()).toEqual(NEITHER);
    });

    it('keep what Django has in them under each new key', async () => {
      const person = await newcomer();
      const browser = await signedIn(where, person);
      const body = '{"cart":{"large":123456789012345678901,"one":1.0,"text":"é名😀"},"empty":null}';
      const kept = (await browser.seen({ method: 'POST', body })).data;
      expect(kept).toMatchObject({ empty: null, cart: { text: 'é名😀' } });
      const text = async () => (await browser.there.send('/test/session')).text;
      expect(await text()).toContain('{"large": 123456789012345678901, "one": 1.0,');
      const before = browser.key();
      await browser.signIn('here', person);
      expect(browser.key()).not.toBe(before);
      expect(await text()).toContain('{"large": 123456789012345678901, "one": 1.0,');
      await changePassword(browser, 'here', person);
      expect(await text()).toContain('{"large": 123456789012345678901, "one": 1.0,');
      expect(await browser.known()).toEqual(BOTH);
    });

    it('give nothing to another account that signs in here', async () => {
      const browser = await signedIn(where, await newcomer());
      await browser.seen({ method: 'POST', body: { cart: 1 } });
      const before = browser.key();
      const other = await newcomer();
      await browser.signIn('here', other);
      const { user, data } = await browser.seen();
      expect(user).toBe(other.username);
      expect(data).not.toHaveProperty('cart');
      expect(await hasSessionRow(app.db, before)).toBe(false);
    });

    it('take the CSRF token of either at both, and no other', async () => {
      const browser = await signedIn(where, await newcomer());
      const post = (place: (typeof WAYS)[number], token?: string) =>
        browser[place].send(place === 'there' ? '/api/users/self' : '/api/auth/sessions?others=true', {
          method: place === 'there' ? 'POST' : 'DELETE',
          ...(token === undefined ? {} : { headers: { 'X-CSRFToken': token } }),
        });
      const token = browser.jar.get('csrftoken') ?? '';
      expect((await post('there')).status).toBe(200);
      expect((await post('here')).status).toBe(204);
      const wrong = `${token.slice(1)}${token.startsWith('a') ? 'b' : 'a'}`;
      const refusals = [await post('there', wrong), await post('here', wrong)];
      for (const refusal of refusals) expect(refusal.status).toBe(403);
      expect(refusals[0]?.json()).toEqual(refusals[1]?.json());
    });
  });

  /** @returns the attributes of all cookies that a sign-in sets and a sign-out deletes */
  const cookiesOf = async (
    browser: Pick<SharedBrowser['here'], 'send'>,
    { username, password }: TestAccount,
  ): Promise<readonly (readonly string[])[]> => {
    const body = { username, password };
    const opened = await browser.send('/api/auth/login', { method: 'POST', body });
    const closed = await browser.send('/api/auth/logout', { method: 'POST' });
    return [
      ...['sessionid', 'sessionfresh', 'csrftoken'].map((name) => attributesOf(opened, name)),
      ...['sessionid', 'sessionfresh'].map((name) => attributesOf(closed, name)),
    ];
  };

  it('have the same attributes in all cookies, whoever sets or deletes them', async () => {
    const person = await newcomer();
    const here = await cookiesOf(visitor().here, person);
    expect(here).toEqual(await cookiesOf(visitor().there, person));
    expect(here[0]).toEqual(['HttpOnly', 'Max-Age=1209600', 'Path=/', 'SameSite=Lax', 'expires']);
  });

  it('have them too where both send cookies over HTTPS only', async () => {
    const person = await newcomer();
    const secure = await createTestApp({
      env: { ...ENV, DATABASE_URL: cvat.url, SESSION_COOKIE_SECURE: 'true', CSRF_COOKIE_SECURE: 'true' },
    });
    const other = await startCvatServer(bin, {
      database: cvat.url,
      secretKey: SECRET_KEY,
      secureCookies: true,
    });
    const { here, there } = createSharedBrowser(secure.url, other.url);
    const ours = await cookiesOf(here, person);
    expect(ours).toEqual(await cookiesOf(there, person));
    expect(ours[0]).toContain('Secure');
    await other.stop();
    await secure.close();
  });

  it('keep what Django had in a session of nobody, under a new key', async () => {
    const person = await newcomer();
    const browser = visitor();
    const { key } = await browser.seen({ method: 'POST', body: { cart: [1, 2] } });
    expect(browser.key()).not.toBe('');
    expect((await browser.here.send('/api/users/self')).status).toBe(401);
    await browser.signIn('here', person);
    expect(browser.key()).not.toBe(key);
    const { user, data } = await browser.seen();
    expect({ user, cart: data['cart'] }).toEqual({ user: person.username, cart: [1, 2] });
  });

  it('end when CVAT replaces a hash that was made here, once; a sign-in here replaces none', async () => {
    const person = await app.register();
    const hashed = async () => (await readUser(app.db, person.username)).password;
    const first = await signedIn('here', person);
    expect(await hashed()).toMatch(/^bcrypt_sha256\$/);
    const second = await signedIn('there', person);
    const replaced = await hashed();
    expect(replaced).toMatch(/^pbkdf2_sha256\$/);
    expect(await first.known()).toEqual(NEITHER);
    const third = await signedIn('here', person);
    expect(await hashed()).toBe(replaced);
    await signedIn('there', person);
    for (const browser of [second, third]) expect(await browser.known()).toEqual(BOTH);
  });
});
