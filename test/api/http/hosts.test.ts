import { describe, expect, it } from 'vitest';
import { createTestApp, useTestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';

const app = useTestApp({
  env: {
    ALLOWED_HOSTS: 'cvat.example.org,.example.net,[::1],localhost',
    PUBLIC_URL: 'https://public.example.com:8443',
  },
});

const about = (headers: Readonly<Record<string, string>>) => app.send('/api/server/about', { headers });
const PAGE =
  '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Bad Request (400)</title>\n</head>\n<body>\n  <h1>Bad Request (400)</h1><p></p>\n</body>\n</html>\n';

describe('a host', () => {
  it.each([
    'cvat.example.org',
    'cvat.example.org:80',
    'cvat.example.org:65536',
    'CVAT.Example.ORG',
    'cvat.example.org.',
    'example.net',
    'a.b.example.net',
    'public.example.com',
    'public.example.com:1',
    '[::1]:8080',
    'localhost',
  ])('is accepted as %s', async (host) => {
    const answer = await about({ Host: host });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-frame-options']).toBe('DENY');
    expect(answer.json()).toMatchObject({ logo_url: `http://${host}/static/logo.svg` });
  });

  it.each([
    'evil.example',
    'cvat.example.org.evil.example',
    'evilexample.net',
    'cvat.example.org:',
    'cvat.example.org:x',
    'cvat.example.org:80:80',
    'cvat.example.org@evil.example',
    'user:pass@cvat.example.org',
    'cvat.example.org/path',
    'cvat.example.org?',
    'cvat.example.org#',
    'cvat.example.org, evil.example',
    'cvat example.org',
    'cvat_example.org',
    'cvat.example.org..',
    '127.0.0.1',
    '[::1',
    '[::2]',
    'c\xe4vat.example.org',
  ])('is refused as %j, before anything else is looked at', async (host) => {
    const answer = await app.send('/api/users/self', {
      headers: { Host: host, Accept: 'image/png', Authorization: 'Token bad' },
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(PAGE);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['x-frame-options']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers.vary).toBe('Origin');
    expect(answer.headers.allow).toBeUndefined();
  });

  it('may be anything syntactically right where ALLOWED_HOSTS is *', async () => {
    const open = await createTestApp({ env: { ALLOWED_HOSTS: '*' } });
    try {
      expect((await open.send('/api/server/about', { headers: { Host: 'any.thing' } })).status).toBe(200);
      for (const host of ['any_thing', 'a b', 'a@b', 'a,b', 'a:']) {
        expect((await open.send('/api/server/about', { headers: { Host: host } })).status).toBe(400);
      }
    } finally {
      await open.close();
    }
  });

  it.each(['/livez', '/readyz', '/api/auth/rules'])(
    'may be any for %s, which names none in its answer',
    async (path) => {
      expect((await app.send(path, { headers: { Host: '10.1.2.3:8080' } })).status).toBe(200);
    },
  );

  it('is refused when it is empty', async () => {
    expect(
      (await sendRaw(app.url, rawRequest(['GET /api/server/about HTTP/1.1', 'Host:']))).statuses,
    ).toEqual([400]);
  });

  it('is refused for addresses that do not exist, too', async () => {
    expect((await app.send('/nowhere', { headers: { Host: 'evil.example' } })).status).toBe(400);
  });
});

describe('X-Forwarded-Host of a trusted proxy', () => {
  it('takes the place of Host', async () => {
    const answer = await about({ Host: 'inner', 'X-Forwarded-Host': 'cvat.example.org' });
    expect(answer.json()).toMatchObject({ logo_url: 'http://cvat.example.org/static/logo.svg' });
  });

  it.each(['evil.example', 'cvat.example.org, evil.example', 'evil.example, cvat.example.org', '', 'a b'])(
    'is refused as %j, though Host is good',
    async (forwarded) => {
      expect((await about({ Host: 'cvat.example.org', 'X-Forwarded-Host': forwarded })).status).toBe(400);
    },
  );

  it('is refused when it came twice', async () => {
    const lines = [
      'GET /api/server/about HTTP/1.1',
      'Host: localhost',
      'X-Forwarded-Host: localhost',
      'X-Forwarded-Host: evil.example',
    ];
    expect((await sendRaw(app.url, rawRequest(lines))).statuses).toEqual([400]);
  });

  it('comes with a scheme for links', async () => {
    const answer = await about({ 'X-Forwarded-Host': 'cvat.example.org', 'X-Forwarded-Proto': 'https' });
    expect(answer.json()).toMatchObject({ logo_url: 'https://cvat.example.org/static/logo.svg' });
  });
});

describe('forwarding headers of anybody else', () => {
  it('change neither host nor scheme', async () => {
    const far = await createTestApp({ env: { TRUSTED_PROXIES: '10.0.0.0/8' } });
    try {
      const headers = {
        Host: 'localhost',
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'https',
        Forwarded: 'host=evil.example',
      };
      const answer = await far.send('/api/server/about', { headers });
      expect(answer.json()).toMatchObject({ logo_url: 'http://localhost/static/logo.svg' });
    } finally {
      await far.close();
    }
  });
});

describe('an address without its trailing slash', () => {
  it.each(['/api/server/health', '/api/server/health?format=json&x=%2F'])(
    '%s is redirected to the one with it, query kept',
    async (path) => {
      for (const method of ['GET', 'POST', 'HEAD']) {
        const answer = await app.send(path, { method, headers: { Host: 'cvat.example.org' } });
        expect(answer.status).toBe(301);
        expect(answer.headers.location).toBe(path.replace('/health', '/health/'));
        expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
        expect(answer.headers['x-frame-options']).toBeUndefined();
        expect(answer.headers['x-content-type-options']).toBe('nosniff');
        expect(answer.headers.vary).toBe('Origin');
        expect(answer.text).toBe('');
      }
    },
  );

  it('is never made from one with a slash too many', async () => {
    for (const path of [
      '/api/auth/login/',
      '/api/users/self/',
      '/api/server/about/',
      '/api/server/health//',
    ]) {
      const answer = await app.send(path, {
        method: path.includes('login') ? 'POST' : 'GET',
        headers: { Host: 'cvat.example.org' },
      });
      expect(answer.status).toBe(404);
    }
  });

  it('leads to no other host', async () => {
    for (const path of [
      '//evil.example/api/server/health',
      '/\\evil.example/api/server/health',
      '//api/server/health',
    ]) {
      const { status, headers } = await app.send(path, { headers: { Host: 'cvat.example.org' } });
      expect(status).toBe(404);
      expect(headers.location).toBeUndefined();
    }
  });
});
