import { describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/http.js';
import {
  clusterIsWhole,
  type RedisGroup,
  startRedisCluster,
  startRedisWithSentinel,
  until,
} from '../support/redis-topologies.js';

const SESSIONS = 12;

/** A server on a group of Redis processes; removed when `work` is done. */
async function withApp(
  start: () => Promise<RedisGroup>,
  work: (app: TestApp, group: RedisGroup) => Promise<void>,
): Promise<void> {
  const group = await start();
  const app = await createTestApp({ env: { REDIS_URL: group.url, THROTTLE_ANON: '20/minute' } });
  try {
    await work(app, group);
  } finally {
    await app.close();
    await group.remove();
  }
}

/** Sessions with keys that fall on every node. */
async function openSessions(app: TestApp): Promise<readonly Browser[]> {
  const browsers = Array.from({ length: SESSIONS }, () => app.browser());
  for (const [index, browser] of browsers.entries()) {
    const headers = { 'X-Forwarded-For': `192.0.2.${index + 1}` };
    const answer = await browser.send('/api/auth/login', { method: 'POST', headers, body: app.admin });
    expect(answer.status).toBe(200);
  }
  return browsers;
}

const statuses = (browsers: readonly Browser[]): Promise<number[]> =>
  Promise.all(browsers.map(async (browser) => (await browser.send('/api/users/self')).status));

const readiness = async (app: TestApp): Promise<unknown> => (await app.send('/readyz')).json();

describe('a cluster of Redis', () => {
  it('keeps sessions and counts requests on all its nodes', async () => {
    await withApp(startRedisCluster, async (app) => {
      const browsers = await openSessions(app);
      expect(await statuses(browsers)).toEqual(browsers.map(() => 200));
      await browsers[0]?.send('/api/auth/logout', { method: 'POST' });
      expect(await statuses(browsers)).toEqual(browsers.map((_, index) => (index === 0 ? 401 : 200)));

      const list = async () =>
        (await browsers[1]?.send('/api/auth/sessions?page_size=all'))?.json() as {
          results: { id: string; current: boolean }[];
        };
      const { results } = await list();
      expect(results).toHaveLength(SESSIONS - 1);
      const other = results.find(({ current }) => !current)?.id;
      await browsers[1]?.send(`/api/auth/sessions/${other}`, { method: 'DELETE' });
      expect((await list()).results).toHaveLength(SESSIONS - 2);

      const headers = { 'X-Forwarded-For': '198.51.100.7' };
      const asked = [];
      for (let i = 0; i < 21; i += 1) asked.push((await app.send('/api/server/about', { headers })).status);
      expect(asked).toEqual([...Array(20).fill(200), 429]);
      expect(app.logs.filter((line) => line.includes('counts requests on its own'))).toEqual([]);
    });
  });

  it('is 503 for sessions while a node is away, lets tokens in, and heals with it', async () => {
    await withApp(startRedisCluster, async (app, { nodes }) => {
      const person = await app.register();
      const browsers = await openSessions(app);
      const [, lost, left] = nodes;
      if (lost === undefined || left === undefined) throw new Error('A cluster has three nodes.');
      await lost.kill();
      await until(async () => !(await clusterIsWhole(left.port)));
      expect(new Set(await statuses(browsers))).toEqual(new Set([503]));
      expect((await app.send('/api/users/self', { headers: person.authorization })).status).toBe(200);
      await lost.start();
      await until(() => clusterIsWhole(left.port));
      // What the node kept is gone with it, and only that.
      await until(async () => !(await statuses(browsers)).includes(503));
      const after = await statuses(browsers);
      expect(after).toContain(200);
      expect(after.filter((status) => status !== 200 && status !== 401)).toEqual([]);
      expect(await readiness(app)).toMatchObject({ status: 'ok', redis: 'ok' });
    });
  });
});

describe('Redis behind sentinels', () => {
  it('goes on with the sessions it has when its master is lost and a replica takes over', async () => {
    await withApp(startRedisWithSentinel, async (app, { nodes: [master] }) => {
      const browsers = await openSessions(app);
      expect(await statuses(browsers)).toEqual(browsers.map(() => 200));
      await master?.kill();
      expect(new Set(await statuses(browsers))).toEqual(new Set([503]));
      await until(async () => (await statuses(browsers)).every((status) => status === 200));
      await browsers[0]?.send('/api/auth/logout', { method: 'POST' });
      expect((await statuses(browsers))[0]).toBe(401);
      expect(await readiness(app)).toMatchObject({ status: 'ok', redis: 'ok' });
    });
  });
});
