import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';

/** Requests that two readers could understand in two ways: refused before anything reads them, and the connection closed. */

let person: TestAccount;
let other: TestAccount;
const app = useTestApp({
  env: { METRICS_TOKEN: 'a-token-for-the-metrics', ALLOWED_HOSTS: 'localhost' },
});
beforeAll(async () => {
  person = await app.register();
  other = await app.register();
});

const ask = (lines: readonly string[], behind = '') =>
  sendRaw(
    app.url,
    rawRequest(lines.includes('Host: localhost') ? lines : [...lines, 'Host: localhost'], behind),
  );

describe('a header that may come once', () => {
  const SINGLE: readonly (readonly [name: string, first: string, second: string])[] = [
    ['Host', 'localhost', 'evil.example'],
    ['Authorization', 'Token one', 'Token two'],
    ['Content-Type', 'application/json', 'text/plain'],
    ['Origin', 'http://localhost', 'http://evil.example'],
    ['Referer', 'http://localhost/', 'http://evil.example/'],
    ['X-Organization', 'one', 'two'],
  ];

  it.each(SINGLE)('is refused when it came twice: %s', async (name, first, second) => {
    for (const path of ['/api/server/about', '/nowhere', '/livez', '/metrics']) {
      for (const [one, two] of [
        [first, second],
        [second, first],
        [first, first],
      ]) {
        const answer = await ask([
          `GET ${path} HTTP/1.1`,
          `${name}: ${one}`,
          `${name.toLowerCase()}: ${two}`,
        ]);
        expect([answer.statuses, answer.closed]).toEqual([[400], true]);
        expect(answer.text).toMatch(/\r\nConnection: close\r\n/i);
        expect(answer.text).toContain('<h1>Bad Request (400)</h1>');
      }
    }
  });

  it('is refused to a preflight, too', async () => {
    const lines = ['OPTIONS /api/server/about HTTP/1.1', 'Access-Control-Request-Method: POST'];
    expect((await ask([...lines, 'Origin: http://a', 'Origin: http://b'])).statuses).toEqual([400]);
  });

  it('is not obeyed in either of its lines', async () => {
    for (const [one, two] of [
      [person, other],
      [other, person],
    ] as const) {
      const lines = ['GET /api/users/self HTTP/1.1', `Authorization: Token ${one.token}`];
      const answer = await ask([...lines, `Authorization: Token ${two.token}`]);
      expect(answer.statuses).toEqual([400]);
      expect(answer.text).not.toContain(person.username);
      expect(answer.text).not.toContain(other.username);
    }
  });

  it('lets nothing behind it be read as a request', async () => {
    const logout = rawRequest([
      'POST /api/auth/logout HTTP/1.1',
      'Host: localhost',
      `Authorization: Token ${other.token}`,
      'Content-Length: 0',
    ]);
    const answer = await ask(['GET /nowhere HTTP/1.1', 'Authorization: a', 'Authorization: b'], logout);
    expect(answer.statuses).toEqual([400]);
    expect((await app.send('/api/users/self', { headers: other.authorization })).status).toBe(200);
    expect(app.logs.filter((line) => line.includes('/api/auth/logout'))).toEqual([]);
  });
});

describe('a header that is a list', () => {
  it.each([
    'Accept: application/json',
    'Cookie: a=b',
    'X-Forwarded-For: 192.0.2.1',
    'If-None-Match: "a"',
    'Accept-Encoding: gzip',
  ])('may come in two lines: %s', async (line) => {
    expect((await ask(['GET /api/server/about HTTP/1.1', line, line])).statuses).toEqual([200]);
  });
});

describe('a request target', () => {
  const token = () => `Authorization: Token ${person.token}`;

  it('in absolute form names its own host, whatever Host says', async () => {
    const get = 'GET http://LOCALHOST:81/api/auth/access_tokens?page_size=1&x=http://y/ HTTP/1.1';
    for (const name of ['one', 'two'])
      await app.send('/api/auth/access_tokens', {
        method: 'POST',
        headers: person.authorization,
        body: { name },
      });
    const { statuses, text } = await sendRaw(app.url, rawRequest([get, 'Host: evil.example', token()]));
    expect(statuses).toEqual([200]);
    const { next } = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as { next: string };
    expect(next).toBe('http://LOCALHOST:81/api/auth/access_tokens?page=2&page_size=1&x=http%3A%2F%2Fy%2F');
    expect(text).not.toContain('evil');
  });

  it.each([
    'http://evil.example/api/server/about',
    'HTTPS://evil.example/api/server/about',
    'http://localhost@evil.example/api/server/about',
    'http://localhost:x/api/server/about',
    'http://evil.example\\@localhost/api/server/about',
    'http:///api/server/about',
    'http://',
    'ftp://localhost/api/server/about',
  ])('in absolute form is refused with a host that is not ours: %s', async (target) => {
    const answer = await ask([`GET ${target} HTTP/1.1`]);
    expect(answer.statuses).toEqual([400]);
    expect(answer.text).not.toMatch(/evil|logo/);
  });

  it.each([
    ['http://localhost', 200],
    ['http://localhost?x=1', 200],
    ['http://localhost/api/server/about', 200],
    ['http://localhost/api/server/health', 301],
    ['http://evil.example/livez', 200],
    ['http://localhost//api/server/about', 404],
    ['http://localhost/http://localhost/api/server/about', 404],
  ])('in absolute form is the path that it has: %s', async (target, status) => {
    const answer = await ask([`GET ${target} HTTP/1.1`]);
    expect(answer.statuses).toEqual([status]);
    if (status === 301) expect(answer.text).toMatch(/\r\nLocation: \/api\/server\/health\/\r\n/);
  });

  it('in absolute form gives way to the host of a trusted proxy', async () => {
    const lines = ['GET http://inner/api/server/about HTTP/1.1', 'X-Forwarded-Host: localhost:82'];
    expect((await ask(lines)).text).toContain('http://localhost:82/static/logo.svg');
  });

  it('is logged as a path', async () => {
    await ask(['GET http://localhost/nowhere/absolute?x=1 HTTP/1.1']);
    expect(app.logs.some((line) => line.includes('"path":"/nowhere/absolute"'))).toBe(true);
  });

  it.each([
    '/api/users/self#',
    '/api/users/self#/x',
    '/api\\users/self#',
    '/api/users/self\xa0',
    '/api/users/self?x=1#y',
    '/api/users/self?x=\xa0',
  ])('that a router and a link would read in two ways is refused: %j', async (target) => {
    const answer = await ask([`GET ${target} HTTP/1.1`, token()]);
    expect(answer.statuses).toEqual([400]);
    expect(answer.text).not.toContain(person.email);
  });

  it.each([
    ['GET', '*', 404],
    ['OPTIONS', '*', 404],
    ['GET', '//evil.example/api/users/self', 404],
    ['GET', '/\\evil.example/api/users/self', 404],
    ['GET', '/api\\users\\self', 404],
    ['GET', '/api/users/self\xe9', 400],
    ['GET', 'localhost:80', 400],
    ['GET', 'evil.example', 400],
    ['GET', 'api/users/self', 400],
    ['GET', '?x', 400],
  ])('of another form finds nothing: %s %s', async (method, target, status) => {
    const answer = await ask([`${method} ${target} HTTP/1.1`, token()]);
    expect(answer.statuses).toEqual([status]);
    expect(answer.text).not.toMatch(/evil|example\.org/);
  });
});
