import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { connectRedis, type RedisConnection } from '../../../src/platform/redis/client.js';
import {
  createMemoryRateStore,
  createRedisRateStore,
  type RateStore,
} from '../../../src/platform/throttle/rate-store.js';

/** The sliding log, in memory in one project and in Redis in the other. */

const time = { now: 0 };
const at = (seconds: number): void => {
  time.now = Math.round(seconds * 1000);
};
const clock = { now: () => time.now };

let redis: RedisConnection | undefined;
let store: RateStore;
beforeAll(async () => {
  if (inject('engines') === 'real') {
    redis = await connectRedis({ url: inject('services')?.redis ?? '' }, () => undefined);
    store = createRedisRateStore(redis.client, `test:${randomUUID()}:`, clock);
  } else store = createMemoryRateStore(clock);
});
afterAll(() => redis?.close());

let key = '';
beforeEach(() => {
  key = randomUUID();
});

const THREE = { limit: 3, periodSeconds: 60 };

describe('the sliding log', () => {
  it('decides as DRF does, time by time', async () => {
    const vector: readonly (readonly [seconds: number, wait: number])[] = [
      [1000, 0],
      [1010.5, 0],
      [1020, 0],
      [1030, 30],
      [1059.99, 0.01],
      [1060, 0],
      [1060.1, 10.4],
      [1070, 0.5],
      [1070.5, 0],
      [1071, 9],
    ];
    for (const [seconds, waitSeconds] of vector) {
      at(seconds);
      const decision = await store.take(key, THREE);
      expect(decision, `at ${seconds}`).toMatchObject({ allowed: waitSeconds === 0, waitSeconds });
      expect(decision.hits <= THREE.limit, `at ${seconds}`).toBe(decision.allowed);
    }
  });

  it('does not prolong a wait by attempts that were refused', async () => {
    at(0);
    for (let i = 0; i < 3; i += 1) await store.take(key, THREE);
    for (let second = 1; second < 60; second += 1) {
      at(second);
      expect(await store.take(key, THREE)).toEqual({ allowed: false, hits: 4, waitSeconds: 60 - second });
    }
    at(60);
    expect((await store.take(key, THREE)).allowed).toBe(true);
  });

  it('never lets twice the limit through at the edge of a window', async () => {
    at(59.9);
    for (let i = 0; i < 3; i += 1) expect((await store.take(key, THREE)).allowed).toBe(true);
    at(60.1);
    expect((await store.take(key, THREE)).allowed).toBe(false);
  });

  it('keeps no one waiting for longer than the window after the clock was set back', async () => {
    const [late, early] = [10_000, 2_800];
    at(late);
    for (let i = 0; i < 3; i += 1) await store.take(key, THREE);
    at(early);
    expect(await store.peek(key, THREE)).toEqual({ allowed: false, hits: 4, waitSeconds: 60 });
    at(early + 59);
    expect(await store.take(key, THREE)).toEqual({ allowed: false, hits: 4, waitSeconds: 1 });
    at(early + 60);
    for (let i = 0; i < 3; i += 1) expect((await store.take(key, THREE)).allowed).toBe(true);
    expect((await store.take(key, THREE)).waitSeconds).toBe(60);
  });

  it('corrects only the attempts that the clock left in the future', async () => {
    at(100);
    await store.take(key, THREE);
    at(140);
    for (let i = 0; i < 2; i += 1) await store.take(key, THREE);
    at(130);
    expect((await store.take(key, THREE)).waitSeconds).toBe(30);
    at(160);
    expect((await store.take(key, THREE)).allowed).toBe(true);
    expect((await store.take(key, THREE)).waitSeconds).toBe(30);
  });

  it('counts each of many attempts at one moment', async () => {
    at(5);
    const decisions = await Promise.all(
      Array.from({ length: 50 }, () => store.take(key, { limit: 20, periodSeconds: 60 })),
    );
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(20);
    expect(decisions.map(({ hits }) => hits).sort((a, b) => a - b)).toEqual([
      ...Array.from({ length: 20 }, (_, index) => index + 1),
      ...Array.from({ length: 30 }, () => 21),
    ]);
  });

  it('records nothing when it is only looked at', async () => {
    at(10);
    for (let i = 0; i < 5; i += 1) expect((await store.peek(key, THREE)).allowed).toBe(true);
    for (let i = 0; i < 3; i += 1) expect((await store.take(key, THREE)).allowed).toBe(true);
    expect(await store.peek(key, THREE)).toEqual({ allowed: false, hits: 4, waitSeconds: 60 });
  });

  it('starts anew when it is forgotten', async () => {
    at(20);
    for (let i = 0; i < 3; i += 1) await store.take(key, THREE);
    await store.forget(key);
    expect((await store.take(key, THREE)).allowed).toBe(true);
  });

  it('keeps keys apart', async () => {
    at(30);
    for (let i = 0; i < 3; i += 1) await store.take(key, THREE);
    expect((await store.take(`${key}:other`, THREE)).allowed).toBe(true);
  });
});

describe.runIf(inject('engines') === 'real')('the sliding log in Redis', () => {
  it('leaves nothing behind: its keys expire with the window', async () => {
    const prefix = `test:${randomUUID()}:`;
    at(40);
    if (redis === undefined) throw new Error('Redis is not connected.');
    await createRedisRateStore(redis.client, prefix, clock).take('a', THREE);
    const life = await redis.client.pttl(`${prefix}a`);
    expect(life).toBeGreaterThan(50_000);
    expect(life).toBeLessThanOrEqual(60_000);
  });
});
