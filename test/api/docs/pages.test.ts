import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createTestApp, type TestAccount, type TestApp, useTestApp } from '../../support/app.js';

const YAML = 'application/vnd.oai.openapi; charset=utf-8';
const HTML = 'text/html; charset=utf-8';

describe('the documentation', () => {
  const app = useTestApp();

  it.each(['/api/schema', '/api/schema/'])('%s answers YAML to whoever does not mind', async (path) => {
    const answer = await app.send(path);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, YAML]);
    expect(answer.headers['content-disposition']).toBe('inline; filename="CVAT REST API (2.0).yaml"');
    expect(answer.headers['allow']).toBe('GET, HEAD, OPTIONS');
    expect(parse(answer.text)).toMatchObject({
      openapi: '3.0.3',
      info: { title: 'CVAT REST API', version: '2.62.0' },
    });
  });

  it.each([
    ['/api/schema/', 'application/yaml', 'application/yaml; charset=utf-8', 'yaml'],
    [
      '/api/schema/',
      'application/vnd.oai.openapi+json',
      'application/vnd.oai.openapi+json; charset=utf-8',
      'json',
    ],
    ['/api/schema/', 'application/json, text/plain, */*', 'application/json; charset=utf-8', 'json'],
    ['/api/schema/?scheme=json', '*/*', 'application/vnd.oai.openapi+json; charset=utf-8', 'json'],
    [
      '/api/schema/?scheme=json&org=',
      'application/json, text/plain, */*',
      'application/json; charset=utf-8',
      'json',
    ],
    ['/api/schema/?scheme=yaml&lang=en', 'text/html,application/xhtml+xml,*/*;q=0.8', YAML, 'yaml'],
  ])('%s answers Accept: %s with %s', async (path, accept, type, suffix) => {
    const answer = await app.send(path, { headers: { Accept: accept } });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, type]);
    expect(answer.headers['content-disposition']).toContain(`(2.0).${suffix}"`);
    const { paths } = (suffix === 'json' ? answer.json() : parse(answer.text)) as { paths: object };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/auth/login', '/api/auth/register', '/api/schema/']),
    );
  });

  it('indents JSON by four spaces', async () => {
    expect((await app.send('/api/schema/?scheme=json')).text).toMatch(/^\{\n {4}"openapi": "3\.0\.3",\n/);
  });

  it.each([
    [
      'an Accept header of the API itself',
      '/api/schema/',
      'application/vnd.cvat+json',
      406,
      'not_acceptable',
    ],
    ['an unknown format', '/api/schema/?scheme=xml', '*/*', 404, 'not_found'],
  ])('refuses %s in the YAML of drf-spectacular', async (_what, path, accept, status, code) => {
    const answer = await app.send(path, { headers: { Accept: accept } });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, YAML]);
    expect(parse(answer.text)).toEqual({ detail: { string: expect.any(String), code } });
  });

  it('refuses wrong credentials also where none are needed', async () => {
    const headers = { Authorization: `Token ${'0'.repeat(40)}` };
    const schema = await app.send('/api/schema/', { headers });
    expect([schema.status, schema.text]).toEqual([
      401,
      'detail:\n  string: Invalid token.\n  code: authentication_failed\n',
    ]);
    const page = await app.send('/api/docs/', { headers });
    expect([page.status, page.text, page.headers['www-authenticate']]).toEqual([
      401,
      '401 Unauthorized',
      'Token',
    ]);
  });

  it('has nothing to write to', async () => {
    const answer = await app.send('/api/schema/', {
      method: 'POST',
      headers: { Accept: 'application/json' },
    });
    expect([answer.status, answer.json()]).toEqual([405, { detail: 'Method "POST" not allowed.' }]);
  });

  it.each(['/api/docs', '/api/docs/', '/api/redoc', '/api/redoc/', '/'])(
    '%s is a page under a strict policy',
    async (path) => {
      const answer = await app.send(path, { headers: { Accept: 'text/html' } });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, HTML]);
      const policy = answer.headers['content-security-policy'];
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(policy).not.toContain('unsafe');
      expect(answer.text).not.toMatch(/(src|href)="https?:/);
    },
  );

  it('begins at /, which links what answers', async () => {
    const { text } = await app.send('/');
    const links = [...text.matchAll(/<a href="(\/api[^"]+)"/g)].map(([, link = '']) => link);
    expect(links).toEqual(['/api/docs', '/api/redoc', '/api/schema', '/api/server/about']);
    const answers = await Promise.all(links.map((link) => app.send(link)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('loads what its pages name, and keeps it', async () => {
    const pages = await Promise.all(['/', '/api/docs', '/api/redoc'].map((path) => app.send(path)));
    const files = new Set(
      pages.flatMap(({ text }) =>
        [...text.matchAll(/(?:src|href)="(\/[^"]+\.\w+)"/g)].map(([, file = '']) => file),
      ),
    );
    expect([...files]).toEqual(
      expect.arrayContaining([
        '/static/logo.svg',
        '/api/docs/swagger-ui-bundle.js',
        '/api/redoc/redoc.standalone.js',
      ]),
    );
    for (const file of files) {
      const answer = await app.send(file);
      expect([file, answer.status]).toEqual([file, 200]);
      const again = await app.send(file, { headers: { 'If-None-Match': answer.headers.etag ?? '' } });
      expect([file, again.status, again.text]).toEqual([file, 304, '']);
    }
  });

  it('compresses what is long', async () => {
    const [plain, packed] = await Promise.all([
      app.send('/api/redoc/redoc.standalone.js'),
      app.send('/api/redoc/redoc.standalone.js', { headers: { 'Accept-Encoding': 'gzip' } }),
    ]);
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(Number(packed.headers['content-length'])).toBeLessThan(
      Number(plain.headers['content-length']) / 2,
    );
    expect(plain.text).not.toContain('cdn.redoc.ly');
  });

  it.each([
    'index.html',
    'swagger-initializer.js',
    'package.json',
    'oauth2-redirect.html',
    '..%2Fpackage.json',
  ])('does not serve %s of Swagger UI', async (file) => {
    expect((await app.send(`/api/docs/${file}`)).status).toBe(404);
  });

  it.each(['/api/swagger', '/api/swagger/'])('%s leads to /api/docs', async (path) => {
    const answer = await app.send(path);
    expect([answer.status, answer.headers.location]).toEqual([301, '/api/docs']);
  });

  it('serves the logo that /api/server/about names', async () => {
    const { logo_url: logo } = (await app.send('/api/server/about')).json() as { logo_url: string };
    const answer = await app.send(new URL(logo).pathname);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/svg+xml']);
    expect(answer.text).toMatch(/^<svg /);
  });
});

describe('the documentation with other settings', () => {
  const withApp = async (
    env: Record<string, string>,
    use: (app: TestApp, account: TestAccount | undefined) => Promise<void>,
  ) => {
    const app = await createTestApp({ env });
    try {
      await use(app, env['REGISTRATION_MODE'] === 'closed' ? undefined : await app.register());
    } finally {
      await app.close();
    }
  };

  it('asks for credentials when it is not public', () =>
    withApp({ API_DOCS_PUBLIC: 'false' }, async (app, account) => {
      const anonymous = 'Authentication credentials were not provided.';
      const yaml = await app.send('/api/schema/');
      expect([yaml.status, yaml.text]).toEqual([
        401,
        `detail:\n  string: ${anonymous}\n  code: not_authenticated\n`,
      ]);
      const json = await app.send('/api/schema/?scheme=json');
      expect([json.status, json.text]).toEqual([401, `{\n    "detail": "${anonymous}"\n}`]);
      expect(json.headers['www-authenticate']).toBe('Token');
      for (const path of ['/api/docs', '/api/redoc/']) {
        const page = await app.send(path);
        expect([page.status, page.headers['content-type'], page.text]).toEqual([
          401,
          HTML,
          '401 Unauthorized',
        ]);
        const refused = await app.send(path, { headers: { Accept: 'application/json' } });
        expect([refused.status, refused.text]).toEqual([406, '406 Not Acceptable']);
        expect((await app.send(path, { headers: account?.basic ?? {} })).status).toBe(200);
      }
      const schema = await app.send('/api/schema/?scheme=json', { headers: account?.authorization ?? {} });
      const { paths } = schema.json() as { paths: Record<string, { get: { security: object[] } }> };
      expect(paths['/api/schema/']?.get.security).not.toContainEqual({});
      expect((await app.send('/')).status).toBe(200);
    }));

  it('does not speak of registration where it is closed', () =>
    withApp({ REGISTRATION_MODE: 'closed' }, async (app) => {
      const { paths } = (await app.send('/api/schema/?scheme=json')).json() as { paths: object };
      expect(Object.keys(paths)).toContain('/api/auth/login');
      expect(Object.keys(paths)).not.toContain('/api/auth/register');
    }));

  it('counts anonymous readers', () =>
    withApp({ THROTTLE_ANON: '2/minute' }, async (app) => {
      await app.send('/api/redoc');
      const answer = await app.send('/api/docs');
      expect([answer.status, answer.text]).toEqual([429, '429 Too Many Requests']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }));

  it('sends / to the user interface that the settings name', () =>
    withApp({ UI_URL: 'https://cvat.example.org' }, async (app) => {
      const answer = await app.send('/');
      expect([answer.status, answer.headers.location]).toEqual([302, 'https://cvat.example.org']);
    }));
});
