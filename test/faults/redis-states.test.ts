import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import type { Browser } from '../support/http.js';
import { insertAccessToken } from '../support/rows.js';
import { freePort, type Service, startRedis } from '../support/services.js';

/** A Redis that answers, and is no use all the same. */

const PREFIX = 'states:';
const ACCESS_TOKEN = `states00.${'r'.repeat(32)}`;

let redis: Service;
let admin: Redis;
let person: TestAccount;
let browser: Browser;

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
});
const app = useTestApp(() => ({
  env: { REDIS_URL: redis.url, REDIS_KEY_PREFIX: PREFIX, THROTTLE_ANON: '30/minute' },
}));
beforeAll(async () => {
  person = await app.register();
  await insertAccessToken(app.db, { ownerId: person.id, key: ACCESS_TOKEN });
});
beforeEach(async () => {
  browser = app.browser();
  expect((await logIn(browser)).status).toBe(200);
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

const logIn = (with_: Pick<Browser, 'send'>) =>
  with_.send('/api/auth/login', {
    method: 'POST',
    headers: { 'X-Forwarded-For': nextAddress() },
    body: { username: person.username, password: person.password },
  });
const self = (headers: Readonly<Record<string, string>>) => app.send('/api/users/self', { headers });

let addresses = 0;
/** Each login counts for a client of its own. */
function nextAddress(): string {
  addresses += 1;
  return `192.0.2.${addresses}`;
}

async function expectOtherWaysIn(): Promise<void> {
  expect((await self(person.authorization)).status).toBe(200);
  expect((await self(person.basic)).status).toBe(200);
  expect((await self({ Authorization: `Bearer ${ACCESS_TOKEN}` })).status).toBe(200);
}

async function expectNoLogin(): Promise<void> {
  const answer = await logIn(app);
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'redis_unreachable' });
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  expect(answer.setCookies).toEqual([]);
}

async function expectLimit(): Promise<void> {
  const client = { 'X-Forwarded-For': nextAddress() };
  const answers = await Promise.all(
    Array.from({ length: 45 }, () => app.send('/api/server/about', { headers: client })),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(15 - 1);
  expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
}

const expectRecovery = () =>
  expect.poll(async () => (await logIn(app)).status, { timeout: 15_000, interval: 200 }).toBe(200);

describe('a Redis that takes no writes, as a replica after a failover', () => {
  it('keeps sessions readable and limits shut, opens none, and is well again by itself', async () => {
    await admin.replicaof('127.0.0.1', await freePort());
    await expectNoLogin();
    // Not renewed, which is no reason to refuse it: it has not expired.
    const answer = await self({ Cookie: `sessionid=${browser.jar.get('sessionid')}` });
    expect(answer.status).toBe(200);
    expect(answer.setCookies).toEqual([]);
    await expectOtherWaysIn();
    await expectLimit();
    await admin.replicaof('NO', 'ONE');
    await expectRecovery();
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });
});

describe('a Redis that is full', () => {
  it('opens no session, keeps those that are, counts on, and is well again by itself', async () => {
    await admin.config('SET', 'maxmemory', '1');
    await expectNoLogin();
    expect((await browser.send('/api/users/self')).status).toBe(200);
    await expectOtherWaysIn();
    await expectLimit();
    await admin.config('SET', 'maxmemory', '0');
    await expectRecovery();
  });
});

describe('a Redis that lost everything', () => {
  it('knows no session any more: 401, and the next login works', async () => {
    await admin.flushall();
    const answer = await browser.send('/api/users/self');
    expect(answer.status).toBe(401);
    expect(answer.setCookies).toHaveLength(2);
    expect((await logIn(browser)).status).toBe(200);
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });
});

describe('a key of Redis that holds something else', () => {
  it.each([
    ['a list', (key: string) => admin.multi().del(key).lpush(key, 'a').exec()],
    ['a hash', (key: string) => admin.multi().del(key).hset(key, 'cookie', '{}').exec()],
    ['no JSON', (key: string) => admin.set(key, 'nonsense')],
    ['JSON that is no session', (key: string) => admin.set(key, '[]')],
    ['JSON of nothing', (key: string) => admin.set(key, 'null')],
    ['a session of nobody', (key: string) => admin.set(key, '{"cookie":{}}')],
    [
      'a session of somebody who is gone',
      (key: string) => admin.set(key, '{"cookie":{},"_auth_user_id":"999999","_auth_user_hash":"x"}'),
    ],
    [
      'a session with a binding of another',
      (key: string) => admin.set(key, `{"cookie":{},"_auth_user_id":"${person.id}","_auth_user_hash":"x"}`),
    ],
  ])('such as %s is no session, and a new one can be opened', async (_what, spoil) => {
    await spoil(`${PREFIX}session:${browser.jar.get('sessionid')}`);
    expect((await self({ Cookie: browser.cookieHeader() })).status).toBe(401);
    await spoil(`${PREFIX}session:${browser.jar.get('sessionid')}`);
    expect((await logIn(browser)).status).toBe(200);
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });

  it('instead of a count leaves the limit shut', async () => {
    const address = nextAddress();
    await admin.set(`${PREFIX}rate:anon:${address}`, 'nonsense');
    const answers = await Promise.all(
      Array.from({ length: 45 }, () =>
        app.send('/api/server/about', { headers: { 'X-Forwarded-For': address } }),
      ),
    );
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
    await expectRecovery();
  });
});
