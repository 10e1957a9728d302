import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrowser } from '../support/http.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { missingServices } from '../support/programs.js';
import { freePort, type Service, startRedis } from '../support/services.js';
import { send, slowness, startServer, temporaryFolder, until } from './server.js';

const PASSWORD = 'Wiesel-42-quarks';

describe.skipIf(missingServices().length > 0)('several workers on one port', () => {
  let database: PostgresServer;
  let redis: Service;

  beforeAll(async () => {
    [database, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(async () => {
    await Promise.all([database.remove(), redis.stop()]);
  });

  it('share sessions, replace one that dies, and end together', { timeout: 120_000 }, async () => {
    const env = {
      WEB_CONCURRENCY: '2',
      PORT: String(await freePort()),
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      ADMIN_PASSWORD: PASSWORD,
      SECRET_KEY: 'workers-share-what-signs-their-sessions',
    };
    const server = await startServer({ cwd: temporaryFolder(), env });
    const readyLines = () => server.log().filter(({ msg }) => msg.startsWith('Ready at')).length;
    await until(() => readyLines() === 2 || undefined);
    const workers = childrenOf(server.process.pid);
    expect(workers).toHaveLength(2);

    const browser = createBrowser(server.url);
    await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username: 'admin', password: PASSWORD },
    });
    const whoIs = () => browser.send('/api/users/self');
    const answers = await Promise.all(Array.from({ length: 12 }, whoIs));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));

    const [victim = 0] = workers;
    process.kill(victim, 'SIGKILL');
    await until(() => readyLines() === 3 || undefined);
    expect(childrenOf(server.process.pid)).toHaveLength(2);
    expect(childrenOf(server.process.pid)).not.toContain(victim);
    expect((await whoIs()).status).toBe(200);

    const all = childrenOf(server.process.pid);
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(all.filter(isAlive)).toEqual([]);
    await expect(send(server.url, '/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('leave no client waiting when one dies', { timeout: 120_000 }, async () => {
    const server = await startServer({
      cwd: temporaryFolder(),
      env: {
        WEB_CONCURRENCY: '2',
        PORT: String(await freePort()),
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
      },
    });
    const readyLines = () => server.log().filter(({ msg }) => msg.startsWith('Ready at')).length;
    await until(() => readyLines() === 2 || undefined);
    const [victim = 0, other = 0] = childrenOf(server.process.pid);
    // Neither can take a connection, as if both were busy: what comes now was given to none of them, or to both.
    for (const worker of [victim, other]) process.kill(worker, 'SIGSTOP');
    const answers = Array.from({ length: 8 }, () => send(server.url, '/livez'));
    await delay(500);
    process.kill(victim, 'SIGKILL');
    await delay(100);
    process.kill(other, 'SIGCONT');
    const ended = Promise.allSettled(answers);
    expect(await Promise.race([ended.then(() => 'ended'), delay(5000 * slowness(), 'waiting')])).toBe(
      'ended',
    );
    const statuses = (await ended).map((answer) => answer.status === 'fulfilled' && answer.value.status);
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 200));
  });

  it('give up together when their start fails', { timeout: 60_000 }, async () => {
    const env = {
      WEB_CONCURRENCY: '2',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      HOST: '192.0.2.1',
      PORT: String(await freePort()),
    };
    await expect(startServer({ cwd: temporaryFolder(), env })).rejects.toThrow(
      /ended with 1: [\s\S]*HOST 192\.0\.2\.1 can't be listened on \(EADDRNOTAVAIL\)/,
    );
  });
});

const childrenOf = (pid: number | undefined): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
