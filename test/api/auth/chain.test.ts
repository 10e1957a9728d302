import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { type Browser, basicAuth } from '../../support/http.js';
import { insertAccessToken } from '../../support/rows.js';

let holder: TestAccount;
let other: TestAccount;
let browser: Browser;
const pat = `chain000.${'a'.repeat(32)}`;

const app = useTestApp();
beforeAll(async () => {
  [holder, other] = [await app.register(), await app.register()];
  browser = app.browser();
  await browser.send('/api/auth/login', {
    method: 'POST',
    body: { username: holder.username, password: holder.password },
  });
  await insertAccessToken(app.db, { ownerId: other.id, key: pat });
});

const self = (headers: Readonly<Record<string, string>>) => app.send('/api/users/self', { headers });
const cookie = () => ({ Cookie: browser.cookieHeader() });
/** A POST that says who was authenticated: its answer differs between the two accounts and a refusal. */
const post = (headers: Readonly<Record<string, string>>) =>
  app.send('/api/users/self', { method: 'POST', headers });

describe('the order of the four ways in', () => {
  it('puts a token before the session, and asks for no CSRF token then', async () => {
    const headers = { ...cookie(), ...other.authorization };
    expect((await self(headers)).json()).toMatchObject({ id: other.id });
    expect((await post(headers)).status).toBe(405);
  });

  it('puts an access token before the session, and asks for no CSRF token then', async () => {
    const headers = { ...cookie(), Authorization: `Bearer ${pat}` };
    expect((await self(headers)).json()).toMatchObject({ id: other.id });
    expect((await post(headers)).status).toBe(405);
  });

  it('puts the session before Basic, right or wrong', async () => {
    expect((await self({ ...cookie(), ...other.basic })).json()).toMatchObject({ id: holder.id });
    const answer = await self({ ...cookie(), Authorization: basicAuth(other.username, 'wrong') });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id: holder.id });
  });

  it('demands the CSRF token of a session that comes with right Basic credentials', async () => {
    const answer = await post({ ...cookie(), ...other.basic });
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({ detail: 'CSRF Failed: CSRF token missing.' });
  });

  it('goes on to Basic when the session is unknown', async () => {
    const headers = { Cookie: `sessionid=${'z'.repeat(32)}`, ...other.basic };
    expect((await self(headers)).json()).toMatchObject({ id: other.id });
  });

  it.each([
    ['token', 'Token bad'],
    ['access token', `Bearer ${'b'.repeat(8)}.${'b'.repeat(32)}`],
  ])('stops at a wrong %s, though the session is good', async (_what, authorization) => {
    const answer = await self({ ...cookie(), Authorization: authorization });
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Invalid token.' });
  });

  it('leaves the session alone under a token', async () => {
    const bare = { Cookie: `sessionid=${browser.jar.get('sessionid')}` };
    expect((await self({ ...bare, ...other.authorization })).setCookies).toEqual([]);
    expect((await self(bare)).setCookies.length).toBeGreaterThan(0);
  });

  it('leaves the cookie of an unknown session alone under a wrong token', async () => {
    const headers = { Cookie: `sessionid=${'z'.repeat(32)}`, Authorization: 'Token bad' };
    expect((await self(headers)).setCookies).toEqual([]);
  });

  it('never mixes the keys of tokens and access tokens', async () => {
    expect((await self({ Authorization: `Bearer ${holder.token}` })).json()).toEqual({
      detail: 'Invalid token.',
    });
    expect((await self({ Authorization: `Token ${pat}` })).json()).toEqual({ detail: 'Invalid token.' });
  });
});

describe('an answer 401', () => {
  it.each([
    ['no credentials', {}],
    ['a bad token', { Authorization: 'Token bad' }],
    ['a bad access token', { Authorization: 'Bearer bad' }],
    ['bad Basic credentials', { Authorization: basicAuth('nobody', 'x') }],
  ])('challenges with the first way of the view after %s', async (_what, headers) => {
    const answer = await self(headers);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Token');
  });

  it('has the headers of the contract', async () => {
    const answer = await self({ Authorization: 'Token bad' });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/vnd.cvat+json',
      'www-authenticate': 'Token',
      // No session was looked at: the token came first.
      vary: 'Accept, Origin',
      allow: 'GET, HEAD, OPTIONS',
      'x-frame-options': 'DENY',
      'content-length': String(Buffer.byteLength(answer.text)),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(answer.headers['x-request-id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('comes before 405 for the anonymous, and 405 for the known', async () => {
    expect((await app.send('/api/users/self', { method: 'PUT' })).status).toBe(401);
    const answer = await app.send('/api/users/self', { method: 'PUT', headers: holder.authorization });
    expect(answer.status).toBe(405);
    expect(answer.json()).toEqual({ detail: 'Method "PUT" not allowed.' });
  });

  it('comes after 406', async () => {
    expect((await self({ Accept: 'image/png' })).status).toBe(406);
  });

  it('comes before 400 and 415 of the body', async () => {
    const options = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{' };
    expect((await app.send('/api/auth/password/change', options)).status).toBe(401);
  });
});

describe('OPTIONS', () => {
  it('describes a view to everybody who is signed in, without asking the policy', async () => {
    const answer = await app.send('/api/users/self', { method: 'OPTIONS', headers: holder.authorization });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      renders: ['application/vnd.cvat+json', 'text/html'],
      parses: ['application/json'],
    });
  });

  it('is 401 for the anonymous on a protected view, and open on a public one', async () => {
    expect((await app.send('/api/users/self', { method: 'OPTIONS' })).status).toBe(401);
    expect((await app.send('/api/auth/login', { method: 'OPTIONS' })).status).toBe(200);
  });

  it('needs no CSRF token in a session', async () => {
    expect((await app.send('/api/auth/login', { method: 'OPTIONS', headers: cookie() })).status).toBe(200);
  });
});
