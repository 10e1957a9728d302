import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/platform/config/load.js';
import { useTestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';

/** UI_URL: pages of CVAT's user interface that a browser opens at this server. */

const UI = 'https://ui.example.org';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

const app = useTestApp({ env: { UI_URL: `${UI}/` } });
const open = (path: string, method = 'GET') => app.send(path, { method, headers: { Accept: BROWSER } });

describe('a page of the user interface', () => {
  it.each([
    '/auth/login',
    '/auth/login?email=ann%40example.org&invitation=abc',
    '/auth/password/reset/confirm?uid=1&token=c0-ffee&next=//evil.example',
    '/auth/email-confirmation',
    '/auth/incorrect-email-confirmation',
    '/auth/login/',
    '/profile',
    '/organization',
    '/tasks?page=2',
    '/tasks/5/jobs/7',
    '/invitations',
    '/apian',
    '/a//b',
    '/caf%C3%A9%20au%20lait',
  ])('redirects a browser to the same one there: %s', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await open(path, method);
      expect([answer.status, answer.headers.location, answer.text]).toEqual([302, UI + path, '']);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it.each([
    '*/*',
    'application/json',
    'application/vnd.cvat+json',
    'application/json, text/plain, */*',
    'application/json, text/html',
    'text/html;q=0.5, application/json',
    'image/avif,image/webp,*/*',
  ])('is 404 for who does not want a page first: Accept %j', async (accept) => {
    const answer = await app.send('/tasks', { headers: { Accept: accept } });
    expect([answer.status, answer.headers.location]).toEqual([404, undefined]);
    expect(answer.text).toContain('<h1>Not Found</h1>');
  });

  it('is 404 without an Accept header', async () => {
    expect((await app.send('/tasks')).status).toBe(404);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is 404 for %s', async (method) => {
    expect((await open('/auth/login', method)).status).toBe(404);
  });
});

describe('a path of this server', () => {
  it.each([
    '/api',
    '/api/',
    '/api/tasks',
    '/api/auth/nothing',
    '/api/docs/nothing',
    '/static/nothing.js',
    '/static',
    '/metrics/',
    '/livez/x',
    '/readyz/',
  ])('is 404 if nothing is there, for browsers too: %s', async (path) => {
    const answer = await open(path);
    expect([answer.status, answer.headers.location]).toEqual([404, undefined]);
  });

  it.each(['/livez', '/api/docs', '/api/server/about', '/static/logo.svg'])(
    'is served to browsers: %s',
    async (path) => {
      expect((await open(path)).status).toBe(200);
    },
  );
});

describe('an address that leads elsewhere', () => {
  const ask = (target: string, host = 'localhost') =>
    sendRaw(app.url, rawRequest([`GET ${target} HTTP/1.1`, `Host: ${host}`, `Accept: ${BROWSER}`], ''));

  it.each([
    '//evil.example',
    '//evil.example/%2f..',
    '///evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/x\\..\\evil.example',
    '/../evil',
    '/x/../../evil',
    '/%2e%2e/evil',
    '/x/.%2E/evil',
    '/./evil',
    '/tasks/..',
    '/tab\there',
    '/vertical\x0bhere',
    '/null\0here',
    '/delete\x7fhere',
    '/caf\xe9',
    '/tasks#fragment',
    'evil.example/tasks',
    'http:evil.example',
    'ftp://localhost/tasks',
  ])('is not followed: %j', async (target) => {
    const { text, statuses } = await ask(target);
    expect([[400], [404]]).toContainEqual(statuses);
    expect(text).not.toMatch(/^location:/im);
  });

  it('is not that of another host in the target', async () => {
    expect((await ask('http://evil.example/tasks')).statuses).toEqual([400]);
    const own = await ask('http://localhost/tasks', 'evil.example');
    expect(own.text).toContain(`\r\nLocation: ${UI}/tasks\r\n`);
  });

  it('cannot add a header', async () => {
    const { text } = await ask('/tasks?x=%0d%0aSet-Cookie:%20a=b');
    expect(text).toContain(`\r\nLocation: ${UI}/tasks?x=%0d%0aSet-Cookie:%20a=b\r\n`);
    expect(text).not.toMatch(/^set-cookie:/im);
  });
});

describe('a user interface below a path', () => {
  const below = useTestApp({ env: { UI_URL: 'http://proxy.example.org/cvat', ALLOWED_HOSTS: '*' } });
  const ask = (path: string, host: string) =>
    below.send(path, { headers: { Accept: BROWSER, 'X-Forwarded-Host': host } });

  it('gets its own paths', async () => {
    const answer = await ask('/tasks', 'proxy.example.org:8080');
    expect([answer.status, answer.headers.location]).toEqual([302, 'http://proxy.example.org/cvat/tasks']);
  });

  it('gets no request again that its proxy sent here', async () => {
    for (const host of ['proxy.example.org', 'proxy.example.org:80', 'PROXY.example.org'])
      expect((await ask('/cvat/tasks', host)).status).toBe(404);
    expect((await ask('/tasks', 'proxy.example.org')).status).toBe(302);
  });

  it.each(['256.256.256.256', 'a:99999'])('is not looked for at %s', async (host) => {
    expect((await ask('/cvat/tasks', host)).status).toBe(302);
  });
});

describe('UI_URL', () => {
  it.each([`${UI}/?org=`, `${UI}/#/`])('that no path can be appended to stops the start: %s', (url) => {
    expect(() => loadConfig({ UI_URL: url })).toThrow(
      'UI_URL is wrong: it must be a URL without ? and #, because paths are appended to it.',
    );
  });
});

describe('without a user interface', () => {
  const alone = useTestApp();
  const bare = useTestApp({ env: { ACCOUNT_PAGES: 'false' } });

  it.each([
    ['/auth/login?email=a%40b.example&invitation=x', '/account/sign-in?email=a%40b.example&invitation=x'],
    ['/auth/register', '/account/register'],
    ['/auth/logout', '/account/sign-out'],
    ['/auth/password/reset', '/account/reset'],
    ['/auth/password/reset/confirm?uid=1&token=x', '/account/reset/confirm?uid=1&token=x'],
    ['/auth/email-confirmation', '/account/confirmed'],
    ['/auth/email-verification-sent', '/account/verification-sent'],
    ['/auth/incorrect-email-confirmation', '/account/link-wrong'],
  ])('%s leads to our page, with its query', async (path, ours) => {
    const answer = await alone.send(path, { headers: { Accept: BROWSER } });
    expect([answer.status, answer.headers.location]).toEqual([302, ours]);
    expect((await alone.send(ours)).status).not.toBe(404);
  });

  it('other pages of it are 404 for browsers', async () => {
    const answer = await alone.send('/tasks/1', { headers: { Accept: BROWSER } });
    expect([answer.status, answer.headers.location]).toEqual([404, undefined]);
  });

  it.each(['/auth/login', '/account', '/account/sign-in'])(
    '%s is a 404 with ACCOUNT_PAGES=false',
    async (path) => {
      const answer = await bare.send(path, { headers: { Accept: BROWSER } });
      expect([answer.status, answer.headers.location]).toEqual([404, undefined]);
    },
  );
});
