import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createFallbackRateStore,
  createMemoryRateStore,
  type RateStore,
} from '../../../../src/platform/throttle/rate-store.js';

const clock = { now: () => 0 };
const TWO = { limit: 2, periodSeconds: 60 };

/** A shared log that can be switched off. */
function createShared() {
  const memory = createMemoryRateStore(clock);
  const state = { isDown: false, asked: 0 };
  const ask = <T>(work: () => Promise<T>): Promise<T> => {
    state.asked += 1;
    return state.isDown ? Promise.reject(new Error('away')) : work();
  };
  const store: RateStore = {
    take: (key, rate) => ask(() => memory.take(key, rate)),
    peek: (key, rate) => ask(() => memory.peek(key, rate)),
    forget: (key) => ask(() => memory.forget(key)),
  };
  return { state, store };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a rate store whose Redis is away', () => {
  it('goes on counting in this process', async () => {
    const { state, store } = createShared();
    const rates = createFallbackRateStore(store, createMemoryRateStore(clock), () => undefined);
    state.isDown = true;
    expect((await rates.take('a', TWO)).allowed).toBe(true);
    expect((await rates.take('a', TWO)).allowed).toBe(true);
    expect((await rates.take('a', TWO)).allowed).toBe(false);
    expect((await rates.peek('a', TWO)).allowed).toBe(false);
    await rates.forget('a');
    expect((await rates.take('a', TWO)).allowed).toBe(true);
  });

  it('asks it once a second, not with every request, and reports that once', async () => {
    const { state, store } = createShared();
    const reports: unknown[] = [];
    const rates = createFallbackRateStore(store, createMemoryRateStore(clock), (error) =>
      reports.push(error),
    );
    state.isDown = true;
    for (let i = 0; i < 20; i += 1) await rates.peek('a', TWO);
    expect(state.asked).toBe(1);
    expect(reports).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    for (let i = 0; i < 20; i += 1) await rates.peek('a', TWO);
    expect(state.asked).toBe(2);
  });

  it('counts in Redis again a second after that is back', async () => {
    const { state, store } = createShared();
    const rates = createFallbackRateStore(store, createMemoryRateStore(clock), () => undefined);
    state.isDown = true;
    await rates.take('a', TWO);
    state.isDown = false;
    await rates.take('a', TWO);
    expect((await rates.take('a', TWO)).allowed).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await rates.take('a', TWO)).allowed).toBe(true);
  });

  it('reports requests that fail together as one', async () => {
    const { state, store } = createShared();
    const reports: unknown[] = [];
    const rates = createFallbackRateStore(store, createMemoryRateStore(clock), (error) =>
      reports.push(error),
    );
    state.isDown = true;
    await Promise.all(Array.from({ length: 10 }, () => rates.take('a', TWO)));
    expect(reports).toHaveLength(1);
  });
});
