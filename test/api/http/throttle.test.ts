import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../../src/kernel/clock.js';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth, type RequestOptions } from '../../support/http.js';

/** The limit on requests without credentials, at CVAT's 100 a minute. Loopback is a trusted proxy here. */

let person: TestAccount;
let client: string;
let clients = 0;
const app = useTestApp({ env: { THROTTLE_ANON: '100/minute', LOGIN_FAILURES_PER_ADDRESS: 'none' } });
beforeAll(async () => {
  person = await app.register();
});
beforeEach(() => {
  clients += 1;
  client = `192.0.2.${clients}`;
});

const ask = (path: string, { headers = {}, ...options }: RequestOptions = {}) =>
  app.send(path, { ...options, headers: { 'X-Forwarded-For': client, ...headers } });

async function spend(
  count: number,
  path = '/api/server/about',
  options: RequestOptions = {},
): Promise<readonly number[]> {
  const statuses: number[] = [];
  while (statuses.length < count) {
    const batch = Math.min(20, count - statuses.length);
    const answers = await Promise.all(Array.from({ length: batch }, () => ask(path, options)));
    statuses.push(...answers.map(({ status }) => status));
  }
  return statuses;
}
const countOf = (statuses: readonly number[], wanted: number) =>
  statuses.filter((status) => status === wanted).length;

describe('a client without credentials', () => {
  it('gets 100 answers a minute and then 429', async () => {
    const statuses = await spend(105);
    expect(countOf(statuses, 200)).toBe(100);
    expect(countOf(statuses, 429)).toBe(5);
    const answer = await ask('/api/server/about');
    expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  it('waits for the oldest request to be a minute old, and not for the refused ones', async () => {
    await spend(1);
    app.clock.advance(50 * SECOND);
    await spend(99);
    expect((await ask('/api/server/about')).status).toBe(429);
    app.clock.advance(10 * SECOND);
    expect((await ask('/api/server/about')).status).toBe(200);
    expect((await ask('/api/server/about')).status).toBe(429);
  });

  it('is told how long to wait, rounded up', async () => {
    app.clock.stop();
    await spend(100);
    for (const [passed, text] of [
      [0, '60 seconds'],
      [58_000, '2 seconds'],
      [500, '2 seconds'],
      [500, '1 second'],
      [999, '1 second'],
    ] as const) {
      app.clock.advance(passed);
      const answer = await ask('/api/server/about');
      expect(answer.status).toBe(429);
      expect(answer.json()).toEqual({ detail: `Request was throttled. Expected available in ${text}.` });
      expect(answer.headers['retry-after']).toBe(text.split(' ')[0]);
    }
    app.clock.advance(1);
    expect((await ask('/api/server/about')).status).toBe(200);
    app.clock.go();
  });

  it('waits for a minute at most when the clock is set back by two hours', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    await spend(100);
    app.clock.advance(-2 * HOUR);
    expect((await ask('/api/server/about')).headers['retry-after']).toBe('60');
    app.clock.advance(MINUTE);
    expect((await ask('/api/server/about')).status).toBe(200);
  });

  it('has one count for all views and spellings of a request', async () => {
    await spend(100);
    for (const path of ['/api/auth/rules', '/api/server/about?x=1', '/api/server/about?scheme=json']) {
      expect((await ask(path)).status).toBe(429);
    }
    for (const path of [
      '/api/auth/login',
      '/api/auth/register',
      '/api/auth/logout',
      '/api/auth/password/reset',
    ]) {
      expect((await ask(path, { method: 'POST', body: {} })).status).toBe(429);
    }
    for (const method of ['HEAD', 'OPTIONS', 'POST'])
      expect((await ask('/api/server/about', { method })).status).toBe(429);
  });

  it('is counted for 405, malformed bodies and refused fields on public views', async () => {
    const malformed = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{' };
    expect(countOf(await spend(30, '/api/auth/login'), 405)).toBe(30);
    expect(countOf(await spend(30, '/api/auth/login', malformed), 400)).toBe(30);
    expect(countOf(await spend(40, '/api/auth/login', { method: 'POST', body: {} }), 400)).toBe(40);
    expect((await ask('/api/server/about')).status).toBe(429);
  });

  it('is not counted for 401, 403, 404 pages and 406', async () => {
    const browser = app.browser();
    await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username: person.username, password: person.password },
    });
    await spend(60, '/api/users/self');
    await spend(60, '/api/users/self', { headers: { Authorization: 'Token bad' } });
    await spend(30, '/api/server/about', { headers: { Authorization: basicAuth('nobody', 'x') } });
    await spend(60, '/api/server/about', { headers: { Accept: 'image/png' } });
    await spend(60, '/nowhere');
    await spend(30, '/api/auth/login', { method: 'POST', headers: { Cookie: browser.cookieHeader() } });
    expect(countOf(await spend(100), 200)).toBe(100);
  });

  it('is not counted by probes and the health page, which answer when all is spent', async () => {
    await spend(100);
    for (const path of ['/livez', '/readyz', '/api/server/health/'])
      expect((await ask(path)).status).toBe(200);
  });
});

describe('a client with credentials', () => {
  it('is not limited, and does not use up the limit of its address', async () => {
    expect(countOf(await spend(120, '/api/server/about', { headers: person.authorization }), 200)).toBe(120);
    expect(countOf(await spend(100), 200)).toBe(100);
    expect((await ask('/api/server/about', { headers: person.authorization })).status).toBe(200);
  });

  it('is limited when they are refused elsewhere than in an Authorization header', async () => {
    const headers = { Cookie: `sessionid=${'x'.repeat(32)}` };
    expect(countOf(await spend(105, '/api/server/about', { headers }), 429)).toBe(5);
  });
});

describe('a route that credentials open no further', () => {
  it.each([
    '/api/auth/login',
    '/api/auth/register',
    '/api/auth/password/reset',
    '/api/auth/password/reset/confirm',
    '/api/auth/password/change',
    '/api/auth/email/change',
    '/api/auth/email/resend',
  ])('counts for the address with them as without: %s', async (path) => {
    const statuses = await spend(105, path, { method: 'POST', headers: person.authorization, body: {} });
    expect(countOf(statuses, 400)).toBe(100);
    expect(countOf(statuses, 429)).toBe(5);
    expect((await ask('/api/server/about')).status).toBe(429);
    expect((await ask('/api/server/about', { headers: person.authorization })).status).toBe(200);
  });

  it('counts with a session and a personal access token, too', async () => {
    const browser = app.browser();
    const headers = { 'X-Forwarded-For': client };
    const entrance = { username: person.username, password: person.password };
    await browser.send('/api/auth/login', { method: 'POST', headers, body: entrance });
    const { value } = (
      await app.send('/api/auth/access_tokens', {
        method: 'POST',
        headers: person.authorization,
        body: { name: 'registers' },
      })
    ).json() as { value: string };
    await spend(97, '/api/auth/register', { method: 'POST', body: {} });
    const bearer = { Authorization: `Bearer ${value}` };
    const register = (more: Readonly<Record<string, string>>) =>
      browser.send('/api/auth/register', { method: 'POST', headers: { ...headers, ...more }, body: {} });
    expect([(await register({})).status, (await register(bearer)).status]).toEqual([400, 400]);
    expect([(await register({})).status, (await register(bearer)).status]).toEqual([429, 429]);
  });

  it('is refused before it is counted where it needs credentials and has none', async () => {
    await spend(60, '/api/auth/password/change', { method: 'POST', body: {} });
    expect(countOf(await spend(100), 200)).toBe(100);
  });
});

describe('the address that counts', () => {
  it('is the last one that is no proxy, whatever the client writes before it', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 102; i += 1) {
      const answer = await ask('/api/server/about', {
        headers: { 'X-Forwarded-For': `10.0.0.${i}, ${client}` },
      });
      statuses.push(answer.status);
    }
    expect(countOf(statuses, 429)).toBe(2);
  });

  it('is another one for another client', async () => {
    await spend(100);
    expect((await ask('/api/server/about')).status).toBe(429);
    expect((await ask('/api/server/about', { headers: { 'X-Forwarded-For': '192.0.2.250' } })).status).toBe(
      200,
    );
  });

  it.each(['X-Real-IP', 'X-Client-IP', 'Forwarded', 'X_Forwarded_For', 'True-Client-IP'])(
    'is never read from %s',
    async (name) => {
      await spend(100);
      expect((await ask('/api/server/about', { headers: { [name]: '192.0.2.251' } })).status).toBe(429);
    },
  );
});

describe('behind a peer that is no trusted proxy', () => {
  it('the peer counts, whatever X-Forwarded-For says', async () => {
    const far = await createTestApp({ env: { THROTTLE_ANON: '5/minute', TRUSTED_PROXIES: '10.0.0.0/8' } });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 7; i += 1) {
        statuses.push(
          (await far.send('/api/server/about', { headers: { 'X-Forwarded-For': `192.0.2.${i}` } })).status,
        );
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
      expect((await far.send('/api/server/about', { from: '127.0.0.9' })).status).toBe(200);
    } finally {
      await far.close();
    }
  });
});
