import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';

let person: TestAccount;
const app = useTestApp();
const strict = useTestApp({ env: { SECURE_REFERRER_POLICY: 'no-referrer' } });
beforeAll(async () => {
  person = await app.register();
});

const NOT_FOUND_PAGE =
  '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n';

describe('every answer', () => {
  it.each([
    ['GET', '/api/server/about', 200],
    ['GET', '/api/users/self', 401],
    ['POST', '/api/auth/login', 400],
    ['DELETE', '/api/auth/login', 405],
    ['GET', '/nowhere', 404],
    ['GET', '/api/server/health/', 200],
    ['GET', '/api/auth/rules', 200],
  ])('to %s %s carries the security headers', async (method, path, status) => {
    const answer = await app.send(path, { method });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'cross-origin-opener-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['server']).toBeUndefined();
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });

  it('carries the Referrer-Policy of SECURE_REFERRER_POLICY', async () => {
    for (const path of ['/api/server/about', '/nowhere'])
      expect((await strict.send(path)).headers['referrer-policy']).toBe('no-referrer');
  });

  it('has a request id of its own, whatever the client sends', async () => {
    const ids = new Set<unknown>();
    for (let i = 0; i < 5; i += 1) {
      const { headers } = await app.send('/nowhere', { headers: { 'X-Request-Id': 'mine' } });
      expect(headers['x-request-id']).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      ids.add(headers['x-request-id']);
    }
    expect(ids.size).toBe(5);
  });

  it.each(['/api/users/self', '/api/server/about', '/api/auth/login', '/nowhere', '/livez'])(
    'of %s is kept by no cache',
    async (path) => {
      const { headers } = await app.send(path, { headers: person.authorization });
      expect(headers['cache-control']).toMatch(/no-store/);
      expect(headers.etag).toBeUndefined();
    },
  );

  it('says its length in bytes', async () => {
    const { authorization } = await app.register(undefined, { first_name: 'Žofie \u{1f427}' });
    const answer = await app.send('/api/users/self', { headers: authorization });
    expect(answer.text).toContain('Žofie \u{1f427}');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
  });
});

describe('Allow', () => {
  it.each([
    ['/api/auth/login', 'POST, OPTIONS'],
    ['/api/auth/register', 'POST, OPTIONS'],
    ['/api/auth/logout', 'GET, POST, HEAD, OPTIONS'],
    ['/api/auth/rules', 'GET, HEAD, OPTIONS'],
    ['/api/server/about', 'GET, HEAD, OPTIONS'],
    ['/api/users/self', 'GET, HEAD, OPTIONS'],
  ])('of %s is %s, on errors as on success', async (path, allow) => {
    for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
      expect((await app.send(path, { method })).headers.allow).toBe(allow);
    }
  });

  it.each(['/nowhere', '/livez', '/api/server/health/'])(
    'is not there for %s, which is no view',
    async (path) => {
      expect((await app.send(path)).headers.allow).toBeUndefined();
    },
  );
});

describe('Vary', () => {
  it.each([
    ['/api/server/about', 'Accept, Accept-Encoding, Origin, Cookie'],
    ['/api/users/self', 'Accept, Origin, Cookie'],
    ['/nowhere', 'Origin, Cookie'],
  ])('of %s is %s', async (path, vary) => {
    expect((await app.send(path)).headers.vary).toBe(vary);
  });
});

describe('HEAD', () => {
  it.each([
    '/api/server/about',
    '/api/users/self',
    '/api/server/health/',
    '/api/auth/rules',
    '/nowhere',
    '/livez',
  ])('of %s has the headers of GET and no body', async (path) => {
    const [get, head] = [
      await app.send(path, { headers: person.authorization }),
      await app.send(path, { method: 'HEAD', headers: person.authorization }),
    ];
    expect(head.status).toBe(get.status);
    expect(head.text).toBe('');
    for (const name of ['content-type', 'content-length', 'vary', 'allow', 'etag'] as const) {
      expect(head.headers[name], name).toEqual(get.headers[name]);
    }
  });

  it('of a view without GET is 405', async () => {
    expect((await app.send('/api/auth/login', { method: 'HEAD' })).status).toBe(405);
  });
});

describe('a method', () => {
  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    'is not what %s says',
    async (name) => {
      const answer = await app.send('/api/auth/logout', {
        method: 'GET',
        headers: { ...person.authorization, [name]: 'POST' },
      });
      expect(answer.status).toBe(405);
      expect(
        (
          await app.send('/api/users/self', {
            method: 'POST',
            headers: { ...person.authorization, [name]: 'GET' },
          })
        ).status,
      ).toBe(405);
    },
  );

  it.each(['?_method=POST', '?method=POST', '?x-http-method-override=POST'])(
    'is not what the query %s says',
    async (query) => {
      expect((await app.send(`/api/auth/logout${query}`, { headers: person.authorization })).status).toBe(
        405,
      );
    },
  );

  it.each(['TRACE', 'PROPFIND', 'PURGE', 'QUERY', 'LINK'])('such as %s is 405', async (method) => {
    const answer = await app.send('/api/server/about', { method });
    expect(answer.status).toBe(405);
    expect(answer.json()).toEqual({ detail: `Method "${method}" not allowed.` });
  });

  it('of a state change is never GET', async () => {
    const browser = app.browser();
    await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username: person.username, password: person.password },
    });
    for (const path of [
      '/api/auth/logout',
      '/api/auth/login',
      '/api/auth/register',
      '/api/auth/password/change',
      '/api/auth/password/reset',
    ]) {
      expect((await browser.send(path)).status).toBe(405);
    }
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });
});

describe('an address', () => {
  it.each([
    '/api',
    '/api/',
    '//api/users/self',
    '/api//users/self',
    '/./api/users/self',
    '/api/./users/self',
    '/api/../api/users/self',
    '/api/x/../users/self',
    '/api/users/self/',
    '/api/users/self//',
    '/API/users/self',
    '/api/users/Self',
    '/api/users/self;x=1',
    '/api/users/self%00',
    '/api/users/self%20',
    '/api/users%2fself',
    '/api/users/..%2fusers/self',
    '/api/users\\self',
    '/api/users/self.json',
    '/api/users/self/x.css',
    '/static/../api/users/self',
    '/..;/api/users/self',
  ])('is not what it is almost: %s is no way to the account', async (path) => {
    const answer = await app.send(path, { headers: person.authorization });
    expect([400, 403, 404, 410]).toContain(answer.status);
    expect(answer.text).not.toContain(person.email);
  });

  it('that is unknown gets the page of Django', async () => {
    const answer = await app.send('/nowhere');
    expect(answer.status).toBe(404);
    expect(answer.text).toBe(NOT_FOUND_PAGE);
    expect(Buffer.byteLength(answer.text)).toBe(179);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it.each(['*/*', 'application/json, text/plain, */*', 'application/vnd.cvat+json', 'text/csv', ''])(
    'that is unknown below /api is told as the API tells it, to who accepts %s',
    async (accept) => {
      const answer = await app.send('/api/tasks', { headers: { Accept: accept } });
      expect([answer.status, answer.text]).toEqual([404, '{"detail":"Not found."}']);
      expect(answer.headers['content-type']).toMatch(/json/);
    },
  );

  it('that is unknown below /api gets the page too where a page is what the client prefers', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    expect((await app.send('/api/tasks', { headers: { Accept: accept } })).text).toBe(NOT_FOUND_PAGE);
  });

  it('that is unknown says nothing of what was asked', async () => {
    const answer = await app.send('/<script>alert(1)</script>?x=<script>');
    expect(answer.status).toBe(404);
    expect(answer.text).toBe(NOT_FOUND_PAGE);
  });

  it.each([
    '/api/users/%ff',
    '/api/users/%',
    '/api/users/%zz',
    '/api/auth/account-confirm-email/%ff/',
    '/api/organizations/%c0%af',
  ])('with broken escapes is no error of ours: %s', async (path) => {
    expect((await app.send(path, { headers: person.authorization })).status).toBeLessThan(500);
  });
});
