import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, useTestApp } from '../support/app.js';
import { useSetUp } from '../support/hooks.js';
import { basicAuth } from '../support/http.js';
import { type PostgresServer, runOnce, startPostgres } from '../support/postgres-server.js';
import { createDatabaseOn } from '../support/real-database.js';
import { type Service, startRedis } from '../support/services.js';

/** What `/readyz` says of services that are there, and of little or no use. */

const PROMPT = { timeout: 15_000, interval: 100 };

describe('PostgreSQL', () => {
  let postgres: PostgresServer;
  let database: Awaited<ReturnType<typeof createDatabaseOn>>;
  beforeAll(async () => {
    postgres = await startPostgres();
    database = await createDatabaseOn(postgres.url);
    await runOnce(postgres.url, `create role anna login password 'right'`);
    await runOnce(postgres.url, `alter database ${database.name} owner to anna`);
    await postgres.letIn('host all anna 127.0.0.1/32 scram-sha-256');
  });
  const app = useTestApp(() => ({
    env: { DATABASE_URL: database.url.replace('postgres@', 'anna:right@'), DATABASE_TIMEOUT: '3' },
  }));
  // After the hooks of the server, which is started before it.
  const registered = useSetUp(() => app.register());
  afterAll(() => postgres.remove());

  const readiness = async () => (await app.send('/readyz')).json();
  const self = () => app.send('/api/users/self', { headers: registered().authorization });
  const disconnect = () =>
    runOnce(
      postgres.url,
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'anna'`,
    );

  it.each([
    [
      'whose password was changed',
      `alter role anna password 'other'`,
      `alter role anna password 'right'`,
      'refuses the login (28P01)',
    ],
    [
      'that lets the role in no more',
      'alter role anna nologin',
      'alter role anna login',
      'refuses the login (28000)',
    ],
  ])('%s is named, requests get 503, and all heals alone', async (_what, shut, openAgain, words) => {
    await runOnce(postgres.url, shut);
    await disconnect();
    const answer = await self();
    expect([answer.status, answer.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'database_unreachable' }),
    ]);
    expect(await readiness()).toMatchObject({ status: 'not ready', database: words });
    await runOnce(postgres.url, openAgain);
    await expect.poll(async () => (await self()).status, PROMPT).toBe(200);
    expect(await readiness()).toMatchObject({ status: 'ok', database: 'ok' });
  });

  it('whose database was renamed is named, and all heals alone', async () => {
    await disconnect();
    await runOnce(postgres.url, `alter database ${database.name} rename to elsewhere`);
    expect((await self()).status).toBe(503);
    expect(await readiness()).toMatchObject({ status: 'not ready', database: 'is not there (3D000)' });
    await runOnce(postgres.url, `alter database elsewhere rename to ${database.name}`);
    await expect.poll(async () => (await self()).status, PROMPT).toBe(200);
  });

  it('whose tables were given to somebody else is named, and all heals alone', async () => {
    const own = (role: string) => runOnce(database.url, `alter table auth_user owner to ${role}`);
    await own('postgres');
    const answer = await self();
    expect([answer.status, answer.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'database_unreachable' }),
    ]);
    expect(await readiness()).toMatchObject({
      status: 'not ready',
      database: 'refuses access to the table auth_user (42501)',
    });
    await own('anna');
    expect((await self()).status).toBe(200);
  });

  it('that only reads is ready, and named', async () => {
    const set = (isReadOnly: boolean) =>
      runOnce(
        postgres.url,
        `alter database ${database.name} set default_transaction_read_only = ${isReadOnly}`,
      );
    await set(true);
    await disconnect();
    await expect.poll(readiness, PROMPT).toMatchObject({ status: 'ok', database: 'read-only' });
    await set(false);
    await disconnect();
    await expect.poll(readiness, PROMPT).toMatchObject({ status: 'ok', database: 'ok' });
  });

  it('that is silent is named within two seconds, however long a statement may take', async () => {
    postgres.pause();
    try {
      const started = performance.now();
      const answer = await app.send('/readyz');
      expect(performance.now() - started).toBeLessThan(2000);
      expect([answer.status, answer.json()]).toEqual([
        503,
        expect.objectContaining({ database: 'does not answer', redis: 'ok', policy: 'ok' }),
      ]);
    } finally {
      postgres.resume();
    }
    await expect.poll(async () => (await self()).status, PROMPT).toBe(200);
  });
});

describe('Redis', () => {
  let redis: Service;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  describe('that is full or a replica', () => {
    const app = useTestApp(() => ({ env: { REDIS_URL: redis.url } }));
    const readiness = async () => (await app.send('/readyz')).json();

    it('is ready, and named', async () => {
      await admin.config('SET', 'maxmemory', '100kb');
      expect(await readiness()).toMatchObject({ status: 'ok', redis: 'full (maxmemory)' });
      await admin.config('SET', 'maxmemory', '0');
      await admin.replicaof('127.0.0.1', 9);
      expect(await readiness()).toMatchObject({ status: 'ok', redis: 'read-only' });
      await admin.replicaof('NO', 'ONE');
      expect(await readiness()).toMatchObject({ status: 'ok', redis: 'ok' });
    });
  });

  describe('without the database that the URL names', () => {
    const app = useTestApp(() => ({ env: { REDIS_URL: redis.url.replace(/0$/, '99') } }));

    it('is not ready, opens no session, and nothing is written to another database', async () => {
      const { username, password } = app.admin;
      for (let round = 0; round < 3; round += 1) {
        const answer = await app.send('/api/auth/login', { method: 'POST', body: { username, password } });
        expect([answer.status, answer.json()]).toEqual([
          503,
          expect.objectContaining({ code: 'redis_unreachable' }),
        ]);
      }
      expect((await app.send('/readyz')).json()).toMatchObject({
        status: 'not ready',
        redis: 'refuses the database (ERR DB index is out of range)',
      });
      const headers = { Authorization: basicAuth(username, password) };
      expect((await app.send('/api/users/self', { headers })).status).toBe(200);
      expect(await admin.info('keyspace')).not.toContain('keys=');
    });
  });

  describe('that asks for another password', () => {
    it('is not ready, and named', async () => {
      await admin.config('SET', 'requirepass', 'right');
      const app = await createTestApp({
        env: { REDIS_URL: redis.url.replace('redis://', 'redis://:wrong@') },
      });
      try {
        expect((await app.send('/readyz')).json()).toMatchObject({
          status: 'not ready',
          redis: expect.stringMatching(/^refuses the login \(WRONGPASS /),
        });
      } finally {
        await app.close();
        await admin.config('SET', 'requirepass', '');
      }
    });
  });
});
