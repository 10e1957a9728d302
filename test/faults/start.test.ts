import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../support/app.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { freePort, type Service, startOpa, startRedis } from '../support/services.js';

/** A server that is there before what it needs. */

describe('started before PostgreSQL', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.stop();
  });
  afterAll(() => postgres.remove());
  const app = useTestApp(() => ({
    env: { DATABASE_URL: postgres.url, DATABASE_TIMEOUT: '20' },
    prepare: false,
  }));

  const logIn = () => app.send('/api/auth/login', { method: 'POST', body: app.admin });

  it('it serves the rules, so that OPA is ready before the database is', async () => {
    const answer = await app.send('/api/auth/rules');
    expect(answer.status).toBe(200);
    expect(answer.headers.etag).toMatch(/^"[0-9a-f]{128}"$/);
    expect((await app.send('/livez')).status).toBe(200);
  });

  it('everything else is 503 with the name of what is missing', async () => {
    await expect(app.container.prepare()).rejects.toMatchObject({ code: 'database_unreachable' });
    for (const answer of [
      await logIn(),
      await app.send('/api/users/self', { headers: { Authorization: 'Token x' } }),
      await app.send('/api/users/self', { headers: { Cookie: `sessionid=${'a'.repeat(32)}` } }),
    ]) {
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({ code: 'database_unreachable' });
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    }
    expect((await app.send('/readyz')).json()).toMatchObject({
      status: 'not ready',
      database: 'does not answer',
      migrations: 'unknown: the database does not answer',
    });
  });

  it('nobody gets in between the database and its tables', async () => {
    await postgres.start();
    await expect
      .poll(async () => ((await app.send('/readyz')).json() as { database: string }).database, {
        timeout: 15_000,
      })
      .toBe('ok');
    expect((await logIn()).status).toBe(503);
  });

  it('then it prepares the database and lets its administrator in', async () => {
    await app.container.prepare();
    expect((await logIn()).status).toBe(200);
    expect((await app.send('/readyz')).status).toBe(200);
  });
});

describe('started before Redis', () => {
  let redis: Service | undefined;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
  });
  afterAll(() => redis?.stop());
  const app = useTestApp(() => ({
    env: { REDIS_URL: `redis://127.0.0.1:${port}/0`, THROTTLE_ANON: '10/minute' },
  }));

  const from = (address: string) => ({ 'X-Forwarded-For': address });
  const logIn = (address: string) =>
    app.send('/api/auth/login', { method: 'POST', headers: from(address), body: app.admin });

  it('it opens no session, lets Basic in, and counts for itself', async () => {
    const answer = await logIn('192.0.2.1');
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'redis_unreachable' });
    const basic = Buffer.from(`${app.admin.username}:${app.admin.password}`).toString('base64');
    expect((await app.send('/api/users/self', { headers: { Authorization: `Basic ${basic}` } })).status).toBe(
      200,
    );
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1)
      statuses.push((await app.send('/api/server/about', { headers: from('192.0.2.2') })).status);
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
    expect((await app.send('/readyz')).json()).toMatchObject({
      status: 'not ready',
      redis: 'does not answer',
    });
  });

  it('it opens sessions as soon as Redis is there', async () => {
    redis = await startRedis(port);
    await expect
      .poll(async () => (await logIn('192.0.2.3')).status, { timeout: 15_000, interval: 1000 })
      .toBe(200);
    expect((await app.send('/readyz')).status).toBe(200);
  });
});

describe('started before Open Policy Agent', () => {
  let opa: Service | undefined;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
  });
  afterAll(() => opa?.stop());
  const app = useTestApp(() => ({ env: { OPA_URL: `http://127.0.0.1:${port}` } }));

  it('it signs people in and permits nothing, until OPA is there', async () => {
    const answer = await app.send('/api/auth/login', { method: 'POST', body: app.admin });
    expect(answer.status).toBe(200);
    const headers = { Authorization: `Token ${(answer.json() as { key: string }).key}` };
    const self = () => app.send('/api/users/self', { headers });
    expect((await self()).json()).toMatchObject({ code: 'opa_unreachable' });
    opa = await startOpa(port);
    expect((await self()).status).toBe(200);
  });
});
