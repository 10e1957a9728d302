import { describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { type Browser, cookieOf } from '../../support/http.js';
import { insertAccessToken } from '../../support/rows.js';

const app = useTestApp();

const DONE = { detail: 'Successfully logged out.' };
const LOGOUT = '/api/auth/logout';

async function logIn({ username, password }: TestAccount): Promise<Browser> {
  const browser = app.browser();
  await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  return browser;
}

const statusWith = async (headers: Readonly<Record<string, string>>) =>
  (await app.send('/api/users/self', { headers })).status;

describe('POST /api/auth/logout', () => {
  it('is no error for the anonymous, and leaves cookies alone', async () => {
    const answer = await app.send(LOGOUT, { method: 'POST' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(DONE);
    expect(answer.setCookies).toEqual([]);
  });

  it('ends the session, deletes both its cookies and keeps the CSRF cookie', async () => {
    const browser = await logIn(await app.register());
    const answer = await browser.send(LOGOUT, { method: 'POST' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(DONE);
    expect(answer.setCookies).toEqual([
      'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax',
      'sessionfresh=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax',
    ]);
    expect([...browser.jar.keys()]).toEqual(['csrftoken']);
  });

  it('lets nobody replay the cookie', async () => {
    const browser = await logIn(await app.register());
    const cookie = browser.cookieHeader();
    expect(await statusWith({ Cookie: cookie })).toBe(200);
    await browser.send(LOGOUT, { method: 'POST' });
    expect(await statusWith({ Cookie: cookie })).toBe(401);
  });

  it('lets no request in that starts after its answer, whatever runs beside it', async () => {
    const browser = await logIn(await app.register());
    const bare = { Cookie: `sessionid=${browser.jar.get('sessionid')}` };
    // Without the helper cookie each of these renews the session while it ends.
    const beside = Array.from({ length: 10 }, () => statusWith(bare));
    await browser.send(LOGOUT, { method: 'POST' });
    expect(await statusWith(bare)).toBe(401);
    await Promise.all(beside);
    expect(await statusWith(bare)).toBe(401);
  });

  it('deletes the API token, and the next login makes another', async () => {
    const person = await app.register();
    const browser = await logIn(person);
    await browser.send(LOGOUT, { method: 'POST' });
    expect(await statusWith(person.authorization)).toBe(401);
    const body = { username: person.username, password: person.password };
    const { key } = (await app.send('/api/auth/login', { method: 'POST', body })).json() as { key: string };
    expect(key).not.toBe(person.token);
    expect(await statusWith({ Authorization: `Token ${key}` })).toBe(200);
  });

  it('leaves other sessions and access tokens of the account alone', async () => {
    const person = await app.register();
    const [here, there] = [await logIn(person), await logIn(person)];
    const key = `logout00.${'c'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: person.id, key });
    await here.send(LOGOUT, { method: 'POST' });
    expect(await statusWith({ Cookie: there.cookieHeader() })).toBe(200);
    expect(await statusWith({ Authorization: `Bearer ${key}` })).toBe(200);
  });

  it.each([
    ['a token', ({ authorization }: TestAccount) => authorization],
    ['Basic', ({ basic }: TestAccount) => basic],
  ])('deletes the API token of who comes by %s, and no session', async (_what, headersOf) => {
    const person = await app.register();
    const browser = await logIn(person);
    const answer = await app.send(LOGOUT, { method: 'POST', headers: headersOf(person) });
    expect(answer.json()).toEqual(DONE);
    expect(await statusWith(person.authorization)).toBe(401);
    expect(await statusWith({ Cookie: browser.cookieHeader() })).toBe(200);
  });

  it('deletes the API token of who comes by an access token that may write', async () => {
    const person = await app.register();
    const key = `logout11.${'d'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: person.id, key });
    const headers = { Authorization: `Bearer ${key}` };
    expect((await app.send(LOGOUT, { method: 'POST', headers })).json()).toEqual(DONE);
    expect(await statusWith(person.authorization)).toBe(401);
    expect(await statusWith(headers)).toBe(200);
  });

  it('ends the session of the cookie that comes with a token', async () => {
    const [one, two] = [await app.register(), await app.register()];
    const browser = await logIn(one);
    const headers = { Cookie: browser.cookieHeader(), ...two.authorization };
    const answer = await app.send(LOGOUT, { method: 'POST', headers });
    expect(cookieOf(answer, 'sessionid')).toBe('""');
    expect(await statusWith({ Cookie: browser.cookieHeader() })).toBe(401);
    expect(await statusWith(one.authorization)).toBe(200);
    expect(await statusWith(two.authorization)).toBe(401);
  });

  it('deletes the cookie of a session that is unknown', async () => {
    const answer = await app.send(LOGOUT, {
      method: 'POST',
      headers: { Cookie: `sessionid=${'y'.repeat(32)}` },
    });
    expect(answer.status).toBe(200);
    expect(cookieOf(answer, 'sessionid')).toBe('""');
  });

  it.each([
    ['malformed JSON', '{', 'application/json'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded'],
  ])('reads no body from the anonymous: %s is fine', async (_what, body, type) => {
    expect((await app.send(LOGOUT, { method: 'POST', headers: { 'Content-Type': type }, body })).status).toBe(
      200,
    );
  });

  it('answers 401 to a bad token', async () => {
    expect((await app.send(LOGOUT, { method: 'POST', headers: { Authorization: 'Token bad' } })).status).toBe(
      401,
    );
  });

  it('answers 403 to a session without the CSRF token, and the session goes on', async () => {
    const browser = await logIn(await app.register());
    const cookie = { Cookie: browser.cookieHeader() };
    const answer = await app.send(LOGOUT, { method: 'POST', headers: cookie });
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({ detail: 'CSRF Failed: CSRF token missing.' });
    expect(await statusWith(cookie)).toBe(200);
  });

  it.each(['GET', 'HEAD'])('answers 405 to %s and ends nothing, though Allow names it', async (method) => {
    const browser = await logIn(await app.register());
    const answer = await browser.send(LOGOUT, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
    if (method === 'GET') expect(answer.json()).toEqual({ detail: 'Method "GET" not allowed.' });
    expect(await statusWith({ Cookie: browser.cookieHeader() })).toBe(200);
  });
});
