import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { createDatabaseOn } from '../support/real-database.js';

let postgres: PostgresServer;
let person: TestAccount;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.remove());
const app = useTestApp(async () => ({
  env: { DATABASE_URL: (await createDatabaseOn(postgres.url)).url, DATABASE_TIMEOUT: '1' },
}));
beforeAll(async () => {
  person = await app.register();
});

const self = () => app.send('/api/users/self', { headers: person.authorization });

async function expectOutage(): Promise<void> {
  const answer = await self();
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({
    code: 'database_unreachable',
    detail: expect.stringContaining('database') as string,
  });
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  const basic = await app.send('/api/users/self', { headers: person.basic });
  expect(basic.status).toBe(503);
  for (const path of ['/api/auth/rules', '/api/server/about', '/livez'])
    expect((await app.send(path)).status).toBe(200);
  expect((await app.send('/readyz')).json()).toMatchObject({
    status: 'not ready',
    database: 'does not answer',
  });
  const health = await app.send('/api/server/health/?format=json');
  expect(health.status).toBe(503);
  expect(health.json()).toMatchObject({ DatabaseBackend: 'unavailable: Database error' });
}

const heals = () => expect.poll(async () => (await self()).status, { timeout: 15_000 }).toBe(200);

describe('PostgreSQL', () => {
  it('paused: refuses in bounded time with its name, serves the rules, and heals', async () => {
    postgres.pause();
    const before = performance.now();
    await expectOutage();
    expect(performance.now() - before).toBeLessThan(25_000);
    postgres.resume();
    await heals();
  });

  it('stopped under requests: none succeeds without it, none is lost for ever, and all is well when it is back', async () => {
    await postgres.stop();
    const answers = await Promise.all(Array.from({ length: 20 }, self));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    await expectOutage();
    await postgres.start();
    await heals();
    expect((await app.send('/readyz')).json()).toMatchObject({ status: 'ok' });
  });
});
