import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { maskCsrf } from '../../support/csrf.js';
import { type Browser, cookieOf } from '../../support/http.js';

let person: TestAccount;
let browser: Browser;
let session: string;
let secret: string;
let host: string;

const app = useTestApp({
  env: { CSRF_TRUSTED_ORIGINS: 'https://ui.example.org,http://*.example.net:81' },
});
beforeAll(async () => {
  person = await app.register();
  browser = app.browser();
  await browser.send('/api/auth/login', {
    method: 'POST',
    body: { username: person.username, password: person.password },
  });
  session = `sessionid=${browser.jar.get('sessionid')}; sessionfresh=1`;
  secret = browser.jar.get('csrftoken') ?? '';
  host = new URL(app.url).host;
});

type Headers = Readonly<Record<string, string>>;
/** A POST that is 405 once the CSRF check has passed. */
const post = (headers: Headers, method = 'POST') => app.send('/api/users/self', { method, headers });
const good = (): Headers => ({ Cookie: `${session}; csrftoken=${secret}`, 'X-CSRFToken': secret });
const PASSED = 405;

async function expectRefusal(headers: Headers, reason: string): Promise<void> {
  const answer = await post(headers);
  expect(answer.json()).toEqual({ detail: `CSRF Failed: ${reason}` });
  expect(answer.status).toBe(403);
  expect(answer.headers['www-authenticate']).toBeUndefined();
}

describe('the CSRF check of a session', () => {
  it('takes the bare secret', async () => {
    expect((await post(good())).status).toBe(PASSED);
  });

  it('takes any mask over the secret, in the header, the cookie or both', async () => {
    const [one, two] = [
      maskCsrf(secret, 'MASKmaskMASKmaskMASKmaskMASKmask'),
      maskCsrf(secret, '0'.repeat(32)),
    ];
    expect((await post({ ...good(), 'X-CSRFToken': one })).status).toBe(PASSED);
    expect((await post({ ...good(), Cookie: `${session}; csrftoken=${one}` })).status).toBe(PASSED);
    expect((await post({ Cookie: `${session}; csrftoken=${one}`, 'X-CSRFToken': two })).status).toBe(PASSED);
  });

  it.each(['x-csrftoken', 'X-Csrftoken', 'X-CSRFTOKEN'])('reads the header as %s', async (name) => {
    expect((await post({ Cookie: good()['Cookie'] ?? '', [name]: secret })).status).toBe(PASSED);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('guards %s', async (method) => {
    expect((await post({ Cookie: good()['Cookie'] ?? '' }, method)).status).toBe(403);
    expect((await post(good(), method)).status).toBe(PASSED);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('leaves %s alone', async (method) => {
    expect((await post({ Cookie: session }, method)).status).toBe(200);
  });

  it.each(['/api/auth/login', '/api/auth/logout', '/api/auth/register', '/api/auth/password/reset'])(
    'guards the public %s in a session, and asks the anonymous for nothing',
    async (path) => {
      const refused = await app.send(path, { method: 'POST', headers: { Cookie: session }, body: {} });
      expect(refused.status).toBe(403);
      expect(refused.json()).toEqual({ detail: 'CSRF Failed: CSRF cookie not set.' });
      expect((await app.send(path, { method: 'POST', body: {} })).status).not.toBe(403);
    },
  );

  it('is not made for a session that is no longer one', async () => {
    const headers = { Cookie: `sessionid=${'x'.repeat(32)}` };
    expect((await app.send('/api/auth/login', { method: 'POST', headers, body: {} })).status).toBe(400);
  });
});

describe('a request is refused', () => {
  it('without the cookie', () =>
    expectRefusal({ Cookie: session, 'X-CSRFToken': secret }, 'CSRF cookie not set.'));

  it.each([
    ['empty', '', 'CSRF cookie has incorrect length.'],
    ['too short', 'a'.repeat(31), 'CSRF cookie has incorrect length.'],
    ['between the lengths', 'a'.repeat(33), 'CSRF cookie has incorrect length.'],
    ['of foreign characters', `${'a'.repeat(31)}-`, 'CSRF cookie has invalid characters.'],
    ['of foreign characters in the long form', `${'a'.repeat(63)}_`, 'CSRF cookie has invalid characters.'],
  ])('with a cookie that is %s', (_what, value, reason) =>
    expectRefusal({ Cookie: `${session}; csrftoken=${value}`, 'X-CSRFToken': secret }, reason),
  );

  it('without the header', () => expectRefusal({ Cookie: good()['Cookie'] ?? '' }, 'CSRF token missing.'));

  it.each([
    ['empty', '', 'has incorrect length.'],
    ['too short', 'b'.repeat(31), 'has incorrect length.'],
    ['too long', 'b'.repeat(65), 'has incorrect length.'],
    ['of foreign characters', `${'b'.repeat(31)}!`, 'has invalid characters.'],
    ['another secret', 'b'.repeat(32), 'incorrect.'],
    ['another secret under a mask', maskCsrf('b'.repeat(32), 'c'.repeat(32)), 'incorrect.'],
  ])('with a header that is %s', (_what, value, reason) =>
    expectRefusal(
      { ...good(), 'X-CSRFToken': value },
      `CSRF token from the 'X-Csrftoken' HTTP header ${reason}`,
    ),
  );

  it('with two headers', async () => {
    const headers = { Cookie: good()['Cookie'] ?? '', 'X-CSRFToken': [secret, secret] };
    expect((await app.send('/api/users/self', { method: 'POST', headers })).status).toBe(403);
  });

  it('with the token in the query or in the body', async () => {
    const headers = { Cookie: good()['Cookie'] ?? '' };
    const path = `/api/users/self?csrfmiddlewaretoken=${secret}`;
    const answer = await app.send(path, { method: 'POST', headers, body: { csrfmiddlewaretoken: secret } });
    expect(answer.json()).toEqual({ detail: 'CSRF Failed: CSRF token missing.' });
  });

  it('as a form that carries the token', async () => {
    const headers = { Cookie: good()['Cookie'] ?? '', 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await app.send('/api/users/self', {
      method: 'POST',
      headers,
      body: `csrfmiddlewaretoken=${secret}`,
    });
    expect(answer.status).toBe(415);
  });

  it('for its Origin before its cookie is looked at', () =>
    expectRefusal(
      { Cookie: session, Origin: 'https://evil.example' },
      'Origin checking failed - https://evil.example does not match any trusted origins.',
    ));
});

describe('the Origin of a request', () => {
  it.each([
    'http://HOST',
    'https://ui.example.org',
    'http://deep.sub.example.net:81',
    'http://example.net:81',
  ])('passes as %s', async (origin) => {
    expect((await post({ ...good(), Origin: origin.replace('HOST', host) })).status).toBe(PASSED);
  });

  it.each([
    'null',
    '',
    'https://HOST',
    'http://HOST/',
    'http://HOST.evil.example',
    'HTTP://HOST',
    'http://localhost',
    'https://evil.example',
    'http://ui.example.org',
    'https://ui.example.org.evil.example',
    'https://ui.example.org:8443',
    'https://UI.example.org',
    'https://evilui.example.org',
    'http://evilexample.net:81',
    'https://sub.example.net:81',
    'http://sub.example.net',
  ])('is refused as %j', (origin) => {
    const sent = origin.replace('HOST', host);
    return expectRefusal(
      { ...good(), Origin: sent },
      `Origin checking failed - ${sent} does not match any trusted origins.`,
    );
  });

  it('may be missing over http, whatever the Referer says', async () => {
    expect((await post({ ...good(), Referer: 'https://evil.example/' })).status).toBe(PASSED);
  });
});

describe('the body of a POST in a session', () => {
  const send = (headers: Headers, body: string, method = 'POST') =>
    app.send('/api/users/self', { method, headers, body });

  it('is reported before permissions and methods when it is malformed', async () => {
    const answer = await send({ ...good(), 'Content-Type': 'application/json' }, '{');
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ detail: expect.stringMatching(/^JSON parse error - /) });
  });

  it('is reported when it is of another type', async () => {
    const answer = await send({ ...good(), 'Content-Type': 'text/plain; charset=x' }, 'hello');
    expect(answer.status).toBe(415);
    expect(answer.json()).toEqual({ detail: 'Unsupported media type "text/plain; charset=x" in request.' });
  });

  it('is reported after the cookie and before the header', async () => {
    const bad = { 'Content-Type': 'text/plain' };
    expect((await send({ ...bad, Cookie: session }, 'x')).status).toBe(403);
    expect((await send({ ...bad, Cookie: good()['Cookie'] ?? '' }, 'x')).status).toBe(415);
  });

  it.each(['PUT', 'PATCH', 'DELETE'])('is not looked at for %s', async (method) => {
    expect((await send({ ...good(), 'Content-Type': 'text/plain' }, 'x', method)).status).toBe(PASSED);
  });
});

describe('a csrftoken cookie that can not be one', () => {
  it.each(['', 'short', 'a'.repeat(33), `${'a'.repeat(31)}-`])(
    'is replaced on any answer: %j',
    async (value) => {
      for (const [path, status] of [
        ['/api/server/about', 200],
        ['/api/users/self', 401],
        ['/nowhere', 404],
      ] as const) {
        const answer = await app.send(path, { headers: { Cookie: `csrftoken=${value}` } });
        expect(answer.status).toBe(status);
        expect(cookieOf(answer, 'csrftoken')).toMatch(/^[a-zA-Z0-9]{32}$/);
        expect(answer.headers.vary).toMatch(/Cookie, Origin$/);
      }
    },
  );

  it('is replaced on the 403 that it causes', async () => {
    const answer = await post({ Cookie: `${session}; csrftoken=bad`, 'X-CSRFToken': secret });
    expect(answer.status).toBe(403);
    expect(cookieOf(answer, 'csrftoken')).toMatch(/^[a-zA-Z0-9]{32}$/);
  });

  it.each([`${'a'.repeat(32)}`, `${'a'.repeat(64)}`])(
    'is left alone when it is well-formed: %s',
    async (value) => {
      expect(
        (await app.send('/api/server/about', { headers: { Cookie: `csrftoken=${value}` } })).setCookies,
      ).toEqual([]);
    },
  );
});
