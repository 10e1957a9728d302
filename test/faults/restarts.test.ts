import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import type { Answer, Browser } from '../support/http.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { createDatabaseOn } from '../support/real-database.js';
import { freePort, type Service, startOpa, startRedis } from '../support/services.js';

/** Each service restarted while requests are under way: they succeed or are 503 by name, and nothing has to be restarted. */

let postgres: PostgresServer;
let redis: Service;
let opa: Service;
const ports = { redis: 0, opa: 0 };
let person: TestAccount;
let browser: Browser;

beforeAll(async () => {
  [ports.redis, ports.opa] = [await freePort(), await freePort()];
  [postgres, redis, opa] = await Promise.all([startPostgres(), startRedis(ports.redis), startOpa(ports.opa)]);
});
afterAll(() => Promise.all([postgres.remove(), redis.stop(), opa.stop()]));
const app = useTestApp(async () => ({
  env: {
    DATABASE_URL: (await createDatabaseOn(postgres.url)).url,
    DATABASE_TIMEOUT: '1',
    REDIS_URL: redis.url,
    OPA_URL: opa.url,
    OPA_TIMEOUT_MS: '500',
  },
}));
beforeAll(async () => {
  person = await app.register();
  browser = app.browser();
});

const logIn = () =>
  browser.send('/api/auth/login', {
    method: 'POST',
    body: { username: person.username, password: person.password },
  });

/** One request of each way in, over and over, until `work` is done and all of them succeed again. */
async function during(work: () => Promise<void>): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const state = { isRunning: true };
  const attempts = [
    () => app.send('/api/users/self', { headers: person.authorization }),
    () => app.send('/api/users/self', { headers: person.basic }),
    () => app.send('/api/users/self', { headers: { Cookie: browser.cookieHeader() } }),
    () => app.send('/api/server/about'),
  ];
  const loops = attempts.map(async (attempt) => {
    while (state.isRunning) answers.push(await attempt());
  });
  await work();
  state.isRunning = false;
  await Promise.all(loops);
  return answers;
}

async function expectAllWell(): Promise<void> {
  await expect.poll(async () => (await app.send('/readyz')).status, { timeout: 20_000 }).toBe(200);
  await expect.poll(async () => (await logIn()).status, { timeout: 20_000 }).toBe(200);
  expect((await browser.send('/api/users/self')).status).toBe(200);
}

it.each<readonly [name: string, code: RegExp, restart: () => Promise<void>]>([
  [
    'PostgreSQL',
    /^database_unreachable$/,
    async () => {
      await postgres.stop();
      await postgres.start();
    },
  ],
  [
    'Redis',
    /^redis_unreachable$/,
    async () => {
      await redis.stop();
      redis = await startRedis(ports.redis);
    },
  ],
  [
    'Open Policy Agent',
    /^opa_(unreachable|no_bundle)$/,
    async () => {
      await opa.stop();
      opa = await startOpa(ports.opa);
    },
  ],
])('a restart of %s shows in 503 by its name and in nothing else', async (name, code, restart) => {
  await expectAllWell();
  const answers = await during(restart);
  const failures = answers.filter(({ status }) => status !== 200);
  for (const failure of failures) {
    // Redis comes back empty: its sessions are then unknown.
    if (name === 'Redis' && failure.status === 401) continue;
    expect(failure.status, failure.text.slice(0, 200)).toBe(503);
    expect((failure.json() as { code: string }).code).toMatch(code);
  }
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThan(answers.length);
  await expectAllWell();
});
