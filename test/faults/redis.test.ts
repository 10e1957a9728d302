import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import type { Browser } from '../support/http.js';
import { freePort, type Service, startRedis } from '../support/services.js';

let redis: Service;
let port: number;
let person: TestAccount;
let browser: Browser;
beforeAll(async () => {
  port = await freePort();
  redis = await startRedis(port);
});
const app = useTestApp(() => ({ env: { REDIS_URL: redis.url, THROTTLE_ANON: '20/minute' } }));
beforeAll(async () => {
  person = await app.register();
  browser = app.browser();
  const { username, password } = person;
  await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
});
afterAll(async () => {
  await redis.stop();
});

const bySession = () => browser.send('/api/users/self');
const byToken = () => app.send('/api/users/self', { headers: person.authorization });
const byBasic = () => app.send('/api/users/self', { headers: person.basic });

async function expectOutage(): Promise<void> {
  const answer = await bySession();
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({
    code: 'redis_unreachable',
    detail: expect.stringContaining('Redis') as string,
  });
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  expect((await byToken()).status).toBe(200);
  expect((await byBasic()).status).toBe(200);
  expect((await app.send('/readyz')).json()).toMatchObject({ status: 'not ready', redis: 'does not answer' });
}

describe('Redis', () => {
  it('keeps the sessions', async () => {
    expect((await bySession()).status).toBe(200);
    expect((await app.send('/readyz')).json()).toMatchObject({ redis: 'ok' });
  });

  it('paused: sessions are 503 in bounded time, tokens and Basic go on, and the session is there afterwards', async () => {
    redis.pause();
    const before = performance.now();
    await expectOutage();
    expect(performance.now() - before).toBeLessThan(20_000);
    redis.resume();
    await expect.poll(async () => (await bySession()).status, { timeout: 10_000 }).toBe(200);
  });

  it('stopped: the process counts anonymous requests for itself instead of letting all through', async () => {
    await redis.stop();
    await expectOutage();
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async () => (await app.send('/api/server/about')).status),
    );
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(10);
    expect(statuses.every((status) => status === 200 || status === 429)).toBe(true);
  });

  it('back and empty: sessions are gone, the answer is 401, and a new login works', async () => {
    redis = await startRedis(port);
    await expect.poll(async () => (await bySession()).status, { timeout: 10_000 }).toBe(401);
    const { username, password } = person;
    app.clock.advance(61_000);
    const answer = await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
    expect(answer.status).toBe(200);
    expect((await bySession()).status).toBe(200);
  });
});
