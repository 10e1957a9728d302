import { describe, expect, it } from 'vitest';
import { type TestApp, useTestApp } from '../../support/app.js';
import type { Answer } from '../../support/http.js';

const UI = 'https://ui.example.org';
const closed = useTestApp();
const open = useTestApp({ env: { CORS_ALLOWED_ORIGINS: `${UI},http://localhost:3000` } });

const corsHeaders = ({ headers }: Answer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
const preflight = (app: TestApp, path: string, headers: Readonly<Record<string, string>> = {}) =>
  app.send(path, { method: 'OPTIONS', headers: { 'Access-Control-Request-Method': 'POST', ...headers } });

const FOREIGN = [
  'https://evil.example',
  'null',
  'https://ui.example.org.evil.example',
  'https://evilui.example.org',
  'https://UI.EXAMPLE.ORG',
  'https://ui.example.org.',
  'https://ui.example.org:443',
  'http://ui.example.org',
  'https://ui.example.org/',
  'https://ui.example.org@evil.example',
  'http://localhost',
  '',
];

describe('without allowed origins', () => {
  it.each([UI, ...FOREIGN])('nothing is allowed to %j', async (origin) => {
    for (const path of ['/api/server/about', '/api/users/self', '/nowhere']) {
      expect(corsHeaders(await closed.send(path, { headers: { Origin: origin } }))).toEqual({});
      expect(corsHeaders(await preflight(closed, path, { Origin: origin }))).toEqual({});
    }
  });

  it('a preflight is 200 and empty, whatever the address and whatever the host', async () => {
    for (const [path, host] of [
      ['/api/users/self', 'localhost'],
      ['/nowhere', 'localhost'],
      ['/api/users/self', 'evil.example'],
    ] as const) {
      const answer = await preflight(closed, path, { Origin: UI, Host: host, Authorization: 'Token bad' });
      expect(answer.status).toBe(200);
      expect(answer.text).toBe('');
      expect(answer.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-length': '0',
        vary: 'Origin',
      });
      expect(answer.headers['x-frame-options']).toBeUndefined();
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
      });
    }
  });

  it('OPTIONS that asks for no method is no preflight', async () => {
    expect(
      (await closed.send('/api/users/self', { method: 'OPTIONS', headers: { Origin: UI } })).status,
    ).toBe(401);
  });
});

describe('with allowed origins', () => {
  it.each([UI, 'http://localhost:3000'])('%s may read answers with cookies', async (origin) => {
    const answer = await open.send('/api/users/self', { headers: { Origin: origin } });
    expect(answer.status).toBe(401);
    expect(corsHeaders(answer)).toEqual({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
    });
    expect(answer.headers.vary).toBe('Accept, Origin, Cookie');
  });

  it('a preflight tells what may be sent', async () => {
    expect(corsHeaders(await preflight(open, '/api/users/self', { Origin: UI }))).toEqual({
      'access-control-allow-origin': UI,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'DELETE, GET, OPTIONS, PATCH, POST, PUT',
      'access-control-allow-headers':
        'accept, accept-encoding, authorization, content-type, dnt, origin, user-agent, x-csrftoken, x-requested-with, upload-offset, upload-length, tus-version, tus-resumable, upload-start, upload-finish, upload-multiple, x-organization',
      'access-control-max-age': '86400',
    });
  });

  it.each(FOREIGN.filter((origin) => origin !== ''))('%s may read nothing', async (origin) => {
    for (const answer of [
      await open.send('/api/server/about', { headers: { Origin: origin } }),
      await preflight(open, '/api/users/self', { Origin: origin }),
    ]) {
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers['access-control-allow-methods']).toBeUndefined();
      // As django-cors-headers has it; without an allowed origin it allows nothing.
      expect(corsHeaders(answer)).toEqual({ 'access-control-allow-credentials': 'true' });
      expect(answer.headers.vary).toContain('Origin');
    }
  });

  it('nothing is said to a request without an origin', async () => {
    expect(corsHeaders(await open.send('/api/server/about'))).toEqual({});
  });

  it('an allowed origin is none that a session trusts', async () => {
    const browser = open.browser();
    await browser.send('/api/auth/login', { method: 'POST', body: open.admin });
    const answer = await browser.send('/api/auth/logout', { method: 'POST', headers: { Origin: UI } });
    expect(answer.status).toBe(403);
  });
});

describe('with CORS_ALLOW_HEADERS', () => {
  const more = useTestApp({ env: { CORS_ALLOWED_ORIGINS: UI, CORS_ALLOW_HEADERS: 'X-Trace, x-tenant' } });

  it('pages can send those headers besides the ones of CVAT', async () => {
    const allowed = async (app: TestApp) =>
      (await preflight(app, '/api/users/self', { Origin: UI })).headers['access-control-allow-headers'];
    expect(await allowed(more)).toBe(`${await allowed(open)}, X-Trace, x-tenant`);
  });
});
